import { AsyncLocalStorage } from 'node:async_hooks';
import { type Logger, pino } from 'pino';

/** What every line written while a request is served carries. */
export interface RequestScope {
  requestId: string;
}

export const requestScope = new AsyncLocalStorage<RequestScope>();

/** JSON lines on standard error: standard output belongs to the few lines that a person or script reads. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => requestScope.getStore() ?? {},
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
