/** What was found in the body of an answer. */
export interface GoogleBody {
  /** The arrays that answer, in the order in which they came. */
  payloads: unknown[][];
  /** Codes of errors that stand in place of a payload. */
  errors: number[];
  /** False: it breaks off, so what it lacks says nothing. */
  isWhole: boolean;
}

const guard = ")]}'";

/**
 * Reads the three shapes in which answers come: a page (its data stands in the script `ds:1`), the
 * body of a call (`)]}'`, then chunks, each after a line with its length or not), or the bare array.
 * Ends are found by counting brackets, so that a missing or wrong length does no harm. Where lengths
 * are given they count UTF-16 code units, with the line break before the chunk.
 */
export function readBody(text: string): GoogleBody {
  const trimmed = text.trimStart();
  if (trimmed.startsWith(guard)) return readChunks(trimmed.slice(guard.length));
  if (trimmed.startsWith('[')) return bodyOf([trimmed], arrayAt(trimmed, 0) === undefined);
  const key = /key:\s*'ds:1'/.exec(trimmed);
  const data = key && trimmed.indexOf('data:', key.index);
  if (!data || data < 0) return { payloads: [], errors: [], isWhole: /<\/html>\s*$/i.test(trimmed) };
  const array = arrayAt(trimmed, trimmed.indexOf('[', data));
  return bodyOf(array === undefined ? [] : [array], array === undefined);
}

function bodyOf(arrays: string[], isCut: boolean): GoogleBody {
  const payloads = arrays.flatMap((array) => {
    const parsed = parse(array);
    return Array.isArray(parsed) ? [parsed] : [];
  });
  return { payloads, errors: [], isWhole: !isCut && payloads.length === arrays.length };
}

function readChunks(text: string): GoogleBody {
  const body: GoogleBody = { payloads: [], errors: [], isWhole: true };
  let isEnded = false;
  for (let at = 0; ; ) {
    const start = /\s*(?:(\d+)(?=\n))?/y;
    start.lastIndex = at;
    const [blank = '', length] = start.exec(text) ?? [];
    at += blank.length;
    if (at >= text.length) break;
    const announced = length === undefined ? undefined : text.slice(at, at + Number(length));
    const open = text.indexOf('[', at);
    const array = announced !== undefined && parse(announced) !== undefined ? announced : arrayAt(text, open);
    if (array === undefined) {
      body.isWhole = false;
      break;
    }
    at = announced === array ? at + array.length : open + array.length;
    for (const row of (parse(array) as unknown[] | undefined) ?? []) {
      if (!Array.isArray(row)) continue;
      if (row[0] === 'e' || row[0] === 'di' || row[0] === 'af.httprm') isEnded = true;
      if (row[0] !== 'wrb.fr') continue;
      const payload = typeof row[2] === 'string' ? parse(row[2]) : undefined;
      if (Array.isArray(payload)) body.payloads.push(payload);
      else body.errors.push(errorCodeOf(row));
    }
  }
  body.isWhole &&= isEnded;
  return body;
}

/** A row without payload has its gRPC code in a list of its own; 0 where there is none. */
const errorCodeOf = (row: unknown[]): number => {
  const blob = row[5];
  return Array.isArray(blob) && typeof blob[0] === 'number' ? blob[0] : 0;
};

/** The text of the array that begins at `start`, up to its own closing bracket. Undefined: it has none. */
function arrayAt(text: string, start: number): string | undefined {
  if (start < 0) return undefined;
  let depth = 0;
  let isText = false;
  for (let at = start; at < text.length; at++) {
    const symbol = text[at];
    if (isText) {
      if (symbol === '\\') at++;
      else if (symbol === '"') isText = false;
    } else if (symbol === '"') isText = true;
    else if (symbol === '[' || symbol === '{') depth++;
    else if ((symbol === ']' || symbol === '}') && --depth === 0) return text.slice(start, at + 1);
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
