/**
 * Where the client keeps what must outlive it: its token, and the requests that it has sent without knowing
 * their outcome. Values are short texts. Any method may be asynchronous; `set` must have stored when it is done.
 */
export interface ClientStorage {
  get(key: string): string | null | Promise<string | null>;
  set(key: string, value: string): void | Promise<void>;
  remove(key: string): void | Promise<void>;
  /** Keys that start with `prefix`, in any order. */
  keys(prefix: string): string[] | Promise<string[]>;
}

/** Lives as long as the process: the default outside browsers. */
export function memoryStorage(): ClientStorage {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
    keys: (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** The part of `Storage` (localStorage, sessionStorage) that is used. */
export interface WebStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** `localStorage` or `sessionStorage`; one entry a request, so that two tabs never overwrite each other's. */
export function webStorage(storage: WebStorage): ClientStorage {
  return {
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
    remove: (key) => storage.removeItem(key),
    keys: (prefix) =>
      Array.from({ length: storage.length }, (_, index) => storage.key(index)).filter(
        (key): key is string => key?.startsWith(prefix) ?? false,
      ),
  };
}

/** localStorage in a browser that allows it, else memory. */
export function defaultStorage(): ClientStorage {
  // Newer Node has a localStorage as well, but one file for the whole machine is nobody's intention.
  if (!('document' in globalThis)) return memoryStorage();
  try {
    return webStorage((globalThis as unknown as { localStorage: WebStorage }).localStorage);
  } catch {
    // Blocked by the browser's settings: reading the property itself throws.
    return memoryStorage();
  }
}
