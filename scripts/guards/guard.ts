/** What the source is without a guard: one text in place of another. */
export interface Edit {
  file: string;
  /** The text is the first one behind this; without it there must be only one in the file. */
  after?: string;
  text: string;
  instead: string;
}

/** Something that keeps selling right, and the test that fails when it alone is taken out. */
export interface Guard {
  name: string;
  prevents: string;
  /** All of them together take the guard out. */
  out: Edit[];
  proof: {
    file: string;
    /** The title of the test, from its rule to its end, as vitest reports it. */
    title: string;
  };
  /** Others of the register stand behind it; what remains of it is told here. */
  behind?: string;
}

/** Throws when the source has no such text, or (without `after`) more than one. */
export function applyEdit(source: string, { file, after, text, instead }: Edit): string {
  const from = after === undefined ? 0 : source.indexOf(after);
  if (from < 0) throw new Error(`${file} has no «${after}»`);
  const at = source.indexOf(text, from);
  if (at < 0) throw new Error(`${file} has no «${text}»${after === undefined ? '' : ` behind «${after}»`}`);
  if (after === undefined && source.includes(text, at + 1)) throw new Error(`${file} has «${text}» more than once`);
  if (text === instead) throw new Error(`nothing is taken out of ${file}`);
  return source.slice(0, at) + instead + source.slice(at + text.length);
}
