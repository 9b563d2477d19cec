import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../runtime/clock.ts';

const quietMs = 5_000;
const kindsMax = 1_000;

/**
 * The port for errors that nobody expected. By default they go to the log under an opaque id; an
 * adapter for an outside service implements the same function. Returns the id that may be shown.
 */
export type ErrorReporter = (error: unknown, about?: Record<string, unknown>) => string;

export function logErrors(log: Logger, clock: Clock): ErrorReporter {
  const recent = new Map<string, { errorId: string; at: number; repeated: number }>();
  return (error, about = {}) => {
    const kind = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const now = clock.now();
    const last = recent.get(kind);
    // An outage fails every call in the same way: one line in a while, and its id for all of them.
    if (last && now - last.at < quietMs) {
      last.repeated++;
      return last.errorId;
    }
    const errorId = randomUUID();
    if (recent.size >= kindsMax) recent.clear();
    recent.set(kind, { errorId, at: now, repeated: 0 });
    log.error({ err: error, errorId, repeated: last?.repeated, ...about }, 'unexpected error');
    return errorId;
  };
}
