/**
 * `{a,b}` for ids, numbers and plain words (and null), which need no quoting: pg's own quoting of
 * arrays is the dearest part of a large call. Texts that people wrote go to pg as arrays.
 */
export const arrayLiteral = (values: (string | number | null)[]): string => {
  let text = '{';
  for (let at = 0; at < values.length; at++) text += (at > 0 ? ',' : '') + (values[at] ?? 'null');
  return `${text}}`;
};
