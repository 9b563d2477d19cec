import { invalidInput } from '../runtime/failure.ts';

type Part = string | number;

/** An opaque page mark: the sort key of the last row of a page. */
export const encodeCursor = (parts: Part[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** What a part of a cursor may be; Postgres must be able to take it as that. */
const kinds = {
  id: (part: unknown) => typeof part === 'string' && uuid.test(part),
  instant: (part: unknown) => typeof part === 'string' && instant.test(part) && !Number.isNaN(Date.parse(part)),
  number: (part: unknown) => typeof part === 'number' && Number.isSafeInteger(part),
  text: (part: unknown) => typeof part === 'string' && /^[\x20-\x7e]{0,40}$/.test(part),
};
type Kind = keyof typeof kinds;

/** Fails: INVALID_INPUT at `cursor` for anything that `encodeCursor` did not make with parts of these kinds. */
export function decodeCursor<K extends Kind[]>(
  cursor: string | null | undefined,
  expected: [...K],
): { [I in keyof K]: K[I] extends 'number' ? number : string } | undefined {
  if (cursor === null || cursor === undefined) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const fits =
      Array.isArray(parts) &&
      parts.length === expected.length &&
      expected.every((kind, place) => kinds[kind](parts[place]));
    if (fits) return parts as { [I in keyof K]: K[I] extends 'number' ? number : string };
  } catch {
    // Falls through to the one refusal.
  }
  throw invalidInput(['cursor'], 'not a cursor of this list');
}
