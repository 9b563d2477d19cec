import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { type Logger, pino } from 'pino';

/** What every line written while a request is served carries. The id is made for the first such line: most write none. */
export class RequestScope {
  #requestId: string | undefined;

  get requestId(): string {
    this.#requestId ??= randomUUID();
    return this.#requestId;
  }
}

export const requestScope = new AsyncLocalStorage<RequestScope>();

/** Driver errors drag their whole client along; a log line needs what happened and where. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack } = error;
  const code = 'code' in error ? error.code : undefined;
  const cause = error.cause === undefined ? undefined : plainError(error.cause);
  return { type: name, message, code, stack, cause };
}

/** JSON lines on standard error: standard output belongs to the few lines that a person or script reads. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: plainError },
      mixin: () => {
        const scope = requestScope.getStore();
        return scope ? { requestId: scope.requestId } : {};
      },
      redact: {
        paths: [
          'token',
          'apiKey',
          'password',
          'secret',
          '*.token',
          '*.apiKey',
          '*.password',
          '*.secret',
          '*.document',
          'req.headers.authorization',
          'req.headers["x-api-key"]',
        ],
        censor: '[redacted]',
      },
    },
    pino.destination({ fd: 2, sync: false }),
  );
}
