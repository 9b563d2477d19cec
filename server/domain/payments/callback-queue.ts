import * as z from 'zod';
import type { HttpClient } from '../../platform/http/http-client.ts';
import { backoffMs } from '../../platform/runtime/backoff.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { paymentEventSchema } from './payment-event.ts';
import { signWebhook } from './webhook-signature.ts';

export type Callback = z.infer<typeof paymentEventSchema>;

export interface CallbackQueue {
  /**
   * Resolves true once the receiver has taken the event or refused it for good, false when it is
   * given up. `alone`: never in one body with others.
   */
  send(url: string, event: Callback, options?: { alone?: boolean }): Promise<boolean>;
  /** Gives up what is under way. */
  close(): void;
}

interface Entry {
  event: Callback;
  alone: boolean;
  attempt: number;
  resolve: (taken: boolean) => void;
}

interface Line {
  waiting: Entry[];
  sending: number;
  scheduled: boolean;
}

/** Bodies on their way to one url; while they are, others gather. */
const atOnce = 4;
/** Some 330 bytes each: far below the receiver's 64 KB. */
const bodyEventsMax = 100;
const attemptsMax = 12;
const answerTimeoutMs = 10_000;

const resultsSchema = z.object({ results: z.array(z.object({ status: z.int() })) });
const isDealtWith = (status: number): boolean => (status >= 200 && status < 300) || status === 400 || status === 404;

/**
 * Delivers signed events over few kept connections. Events that are ready in one tick of the event
 * loop, or while all connections are busy, go as one body; what is not taken is sent again after a
 * random pause that grows, twelve times at most.
 */
export function createCallbackQueue(options: { http: HttpClient; secret: string; clock: Clock }): CallbackQueue {
  const { http, secret, clock } = options;
  const stopping = new AbortController();
  const lines = new Map<string, Line>();

  const push = (url: string, entry: Entry): void => {
    const line = lines.get(url) ?? { waiting: [], sending: 0, scheduled: false };
    lines.set(url, line);
    line.waiting.push(entry);
    if (line.scheduled) return;
    line.scheduled = true;
    setImmediate(() => {
      line.scheduled = false;
      drain(url, line);
    });
  };

  const drain = (url: string, line: Line): void => {
    while (line.sending < atOnce && line.waiting.length > 0) {
      const batch = takeBatch(line.waiting);
      line.sending++;
      void post(url, batch)
        .then((statuses) => {
          for (const [index, entry] of batch.entries()) {
            if (isDealtWith(statuses[index] ?? 0)) entry.resolve(true);
            else again(url, entry);
          }
        })
        .finally(() => {
          line.sending--;
          drain(url, line);
        });
    }
  };

  const again = (url: string, entry: Entry): void => {
    if (++entry.attempt >= attemptsMax || stopping.signal.aborted) {
      entry.resolve(false);
      return;
    }
    void clock.sleep(backoffMs(entry.attempt, 100, 5_000), stopping.signal).then(() => {
      if (stopping.signal.aborted) entry.resolve(false);
      else push(url, entry);
    });
  };

  /** A status for each event; 0 where nothing was heard. */
  const post = async (url: string, batch: Entry[]): Promise<number[]> => {
    const events = batch.map((entry) => entry.event);
    const body = JSON.stringify(events.length === 1 ? events[0] : events);
    const headers = { 'content-type': 'application/json', 'airside-signature': signWebhook(secret, body, clock.now()) };
    try {
      const answer = await http.send(url, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(answerTimeoutMs),
      });
      if (batch.length === 1 || (answer.status >= 200 && answer.status < 300)) return batch.map(() => answer.status);
      const { results } = resultsSchema.parse(JSON.parse(answer.body.toString()));
      return results.map(({ status }) => status);
    } catch {
      // Not delivered, or an answer that says nothing of its members: each for itself the next time.
      for (const entry of batch) entry.alone = true;
      return batch.map(() => 0);
    }
  };

  return {
    send: (url, event, { alone = false } = {}) =>
      new Promise((resolve) => {
        if (stopping.signal.aborted) resolve(false);
        else push(url, { event, alone, attempt: 0, resolve });
      }),
    close: () => {
      stopping.abort();
      for (const { waiting } of lines.values()) for (const entry of waiting.splice(0)) entry.resolve(false);
    },
  };
}

function takeBatch(waiting: Entry[]): Entry[] {
  const alone = waiting.findIndex((entry) => entry.alone);
  if (alone === 0) return waiting.splice(0, 1);
  return waiting.splice(0, Math.min(bodyEventsMax, alone < 0 ? waiting.length : alone));
}
