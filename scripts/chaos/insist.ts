import { setTimeout as sleep } from 'node:timers/promises';
import type { FailureCode, FailureView } from '../../shared/failure.ts';
import type { Random } from '../stage/random.ts';
import type { WireClient } from '../stage/wire-client.ts';

/** After these nothing is decided, and the same call may be made again with the same id. */
const undecided: ReadonlySet<FailureCode> = new Set(['IN_PROGRESS', 'BUSY', 'RATE_LIMITED', 'UNAVAILABLE', 'INTERNAL']);
/** These leave it open whether the call had its effect. */
const doubtful: ReadonlySet<FailureCode> = new Set(['UNAVAILABLE', 'INTERNAL']);

export type Definite<T> = { kind: 'done'; value: T } | { kind: 'refused'; failure: FailureView };

export interface Insisted<T> {
  answer: Definite<T>;
  /** An attempt before the last one may have had its effect. */
  doubted: boolean;
  /** When the last attempt was sent (Unix milliseconds). */
  sentAt: number;
}

/** The wait after attempt n is random below `baseMs · 2^n`, at most `capMs`, on top of what the server asks for. */
const baseMs = 40;

/** No definite answer for so long, with everything running or coming up again: that is a fault. */
const patienceMs = 90_000;

/**
 * Repeats a call over whichever of the clients, until the answer is definite: the one way in which a buyer may
 * take the server's word.
 *
 * @param onRepeat told of each answer that was none, by its code; `lost` is no answer.
 * @param onAnswer told which client (by its place) had a definite answer to a call sent at that time.
 * @throws Error when there is no definite answer within ninety seconds.
 */
export async function insist<T>(
  clients: readonly WireClient[],
  random: Random,
  call: { method: 'query' | 'mutation'; path: string; input: unknown },
  on: {
    onRepeat: (code: string) => void;
    onAnswer: (client: number, sentAt: number) => void;
    /** The longest random wait between two attempts (1 s). */
    capMs?: number;
  },
): Promise<Insisted<T>> {
  const { capMs = 1_000 } = on;
  const endsAt = Date.now() + patienceMs;
  let doubted = false;
  for (let attempt = 1; Date.now() < endsAt; attempt++) {
    const place = random.below(clients.length);
    const sentAt = Date.now();
    const answer = await (clients[place] as WireClient).call<T>(call.method, call.path, call.input);
    let waitMs = random.below(Math.min(baseMs * 2 ** attempt, capMs));
    if (answer.kind === 'lost') {
      on.onRepeat('lost');
      doubted ||= answer.sent;
    } else if (answer.kind === 'refused' && undecided.has(answer.failure.code)) {
      on.onRepeat(answer.failure.code);
      doubted ||= doubtful.has(answer.failure.code);
      if ('retryAfterMs' in answer.failure.details) waitMs += Number(answer.failure.details.retryAfterMs);
    } else {
      on.onAnswer(place, sentAt);
      return { answer, doubted, sentAt };
    }
    await sleep(waitMs);
  }
  throw new Error(`no definite answer to ${call.path} ${JSON.stringify(call.input)} within ${patienceMs / 1_000} s`);
}
