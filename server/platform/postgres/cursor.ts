import { invalidInput } from '../runtime/failure.ts';

type Part = string | number;

/** An opaque page mark: the sort key of the last row of a page. */
export const encodeCursor = (parts: Part[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

/** Fails: INVALID_INPUT at `cursor` for anything that `encodeCursor` did not make with parts of these kinds. */
export function decodeCursor<K extends ('string' | 'number')[]>(
  cursor: string | null | undefined,
  kinds: [...K],
): { [I in keyof K]: K[I] extends 'string' ? string : number } | undefined {
  if (cursor === null || cursor === undefined) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parts) && parts.length === kinds.length && parts.every((part, i) => typeof part === kinds[i])) {
      return parts as { [I in keyof K]: K[I] extends 'string' ? string : number };
    }
  } catch {
    // Falls through to the one refusal.
  }
  throw invalidInput(['cursor'], 'not a cursor of this list');
}
