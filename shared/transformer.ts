import superjson, { type SuperJSONResult } from 'superjson';

/**
 * The one transformer of the wire: superjson's format, `{ json, meta? }`.
 *
 * Views are plain JSON values (instants as strings, money as integers), and walking a value that is
 * already plain costs 6–10 times its JSON encoding. So a plain value passes as `{ json }` untouched,
 * and only what JSON cannot carry (Date, Map, bigint, undefined inside …) goes through superjson.
 * Any superjson peer reads both.
 */
function isPlain(value: unknown): boolean {
  if (value === null) return true;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object': {
      if (Array.isArray(value)) return value.every(isPlain);
      const prototype = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return false;
      for (const key in value) if (!isPlain((value as Record<string, unknown>)[key])) return false;
      return true;
    }
    default:
      return false;
  }
}

const serialize = (value: unknown): SuperJSONResult =>
  isPlain(value) ? ({ json: value } as SuperJSONResult) : superjson.serialize(value);

/** The JSON of what a plain value becomes, from the value's own JSON. */
export const plainPayload = (json: string): string => `{"json":${json}}`;

function deserialize(payload: unknown): unknown {
  const { json, meta } = payload as SuperJSONResult;
  return meta === undefined ? json : superjson.deserialize({ json, meta });
}

const unreadable = Symbol('unreadable');

/** A missing input, `{ json: null }` and `undefined` all mean "no input". */
function deserializeInput(payload: unknown): unknown {
  if (payload === undefined || payload === null) return undefined;
  if (typeof payload !== 'object' || !('json' in payload)) return payload;
  try {
    return deserialize(payload) ?? undefined;
  } catch {
    // Nothing that any schema takes: the caller is answered under its own id that the input is not valid.
    return unreadable;
  }
}

export const transformer = {
  input: { serialize, deserialize: deserializeInput },
  output: { serialize, deserialize },
};
