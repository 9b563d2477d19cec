import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';

/**
 * The port for errors that nobody expected. By default they go to the log under an opaque id; an
 * adapter for an outside service implements the same function. Returns the id that may be shown.
 */
export type ErrorReporter = (error: unknown, about?: Record<string, unknown>) => string;

export const logErrors =
  (log: Logger): ErrorReporter =>
  (error, about = {}) => {
    const errorId = randomUUID();
    log.error({ err: error, errorId, ...about }, 'unexpected error');
    return errorId;
  };
