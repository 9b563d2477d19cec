import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperatorLineView } from '../../shared/waiting.ts';
import { countSeats } from '../chaos/verdict.ts';
import { openShop } from '../sellout/open-shop.ts';
import { createFlight } from '../sellout/run-sellout.ts';
import { createRandom } from '../stage/random.ts';
import type { Visit } from './waiting-buyer.ts';
import type { CrowdNews, CrowdOrder } from './waiting-crowd.ts';

export interface WaitingOptions {
  dir: string;
  arrivals: number;
  seats: number;
  webs: number;
  /** Who opens the line: the pressure itself, or an operator ahead of the sale, whose places are drawn by lot. */
  by: 'pressure' | 'operator';
  seed: string;
  /** Life of a hold: so long is waited for the seats of those who give up. */
  holdSeconds?: number;
  onProgress?: (line: string) => void;
}

export interface WaitingProof {
  arrivals: number;
  seats: number;
  sold: number;
  held: number;
  drift: number;
  /** Who bought without standing in line, and who did. */
  straight: number;
  fromLine: number;
  abandoned: number;
  /** Who never was told a place, a booking, or that nothing is left. */
  withoutPlace: number;
  /** Answers without a place, before the line was open. */
  turnedAway: number;
  /** Time until the last was told something definite (ms), and until half were. */
  slowestAnswerMs: number;
  medianAnswerMs: number;
  /** Of a thousand holds from the line, those made while one with an earlier ticket was refused; ours, and the server's count. */
  inversionsPerThousand: number;
  inversionsAsCounted: number;
  seconds: number;
}

const abandoning = 0.1;
/** Sockets of one process: it has a bound of open files. */
const perCrowd = 5_000;
const saleMs = 300_000;
/** Until an operator's sale begins: long enough for all to come before. */
const saleInMsMax = 15_000;

export async function proveWaiting(options: WaitingOptions): Promise<WaitingProof> {
  const { dir, arrivals, seats, webs, by, seed, holdSeconds = 10, onProgress = () => undefined } = options;
  const shop = await openShop(dir, 0, {
    env: { WEB_CONCURRENCY: String(webs), HOLD_TTL_SECONDS: String(holdSeconds) },
  });
  const crowds: ChildProcess[] = [];
  try {
    const url = shop.url;
    for (let left = arrivals; left > 0; left -= perCrowd) {
      const crowd = fork(new URL('./waiting-crowd.ts', import.meta.url), {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      crowds.push(crowd);
      const buyers = Math.min(perCrowd, left);
      await ask(crowd, { connect: { url, buyers, seed: `${seed}/${crowds.length}` } });
      onProgress(`${arrivals - Math.max(0, left - perCrowd)} of ${arrivals} buyers are connected`);
    }
    const flight = await createFlight(shop.operator, seats, createRandom(`${seed}/flight`));
    const line = { flightId: flight.id, cabin: 'economy' };
    if (by === 'operator') {
      const startsAt = new Date(Date.now() + Math.min(saleInMsMax, arrivals * 5)).toISOString();
      const opened = await shop.operator.call('mutation', 'admin.waitingRoom.open', { ...line, startsAt });
      if (opened.kind !== 'done') throw new Error(`the line was not opened: ${JSON.stringify(opened)}`);
    }
    const startedAt = Date.now();
    const coming = Promise.all(crowds.map((crowd) => ask(crowd, { come: { flightId: flight.id, abandoning } })));
    let counted: OperatorLineView | undefined;
    for (const endsAt = Date.now() + saleMs; Date.now() < endsAt; await sleep(250)) {
      const { sold } = await countSeats(shop.db, [flight.id]);
      const listed = await shop.operator.call<{ lines: OperatorLineView[] }>('query', 'admin.waitingRoom.list');
      counted = (listed.kind === 'done' ? listed.value.lines[0] : undefined) ?? counted;
      onProgress(
        `${Math.round((Date.now() - startedAt) / 1_000)} s: ${sold} of ${seats} sold, ${counted ? `${counted.waiting} wait, now serving ${counted.nowServing}` : 'no line'}`,
      );
      if (sold === seats) break;
    }
    const seconds = (Date.now() - startedAt) / 1_000;
    for (const crowd of crowds) crowd.send({ over: true } satisfies CrowdOrder);
    const visits = (await coming).flatMap((news) => ('visits' in news ? news.visits : []));
    const audit = await shop.operator.call<{ drift: number }>('query', 'admin.seats.audit', { flightId: flight.id });
    const { sold, held } = await countSeats(shop.db, [flight.id]);
    const answers = visits.map(({ cameAt, answeredAt }) => (answeredAt ?? Number.POSITIVE_INFINITY) - cameAt);
    answers.sort((a, b) => a - b);
    const fromLine = visits.filter(({ heldAt, ticket }) => heldAt !== null && ticket !== null).length;
    return {
      ...{ arrivals, seats, sold, held, seconds },
      drift: audit.kind === 'done' ? audit.value.drift : Number.NaN,
      straight: visits.filter(({ heldAt, ticket }) => heldAt !== null && ticket === null).length,
      fromLine,
      abandoned: visits.filter(({ end }) => end === 'abandoned').length,
      withoutPlace: visits.filter(({ answeredAt }) => answeredAt === null).length,
      turnedAway: visits.reduce((sum, each) => sum + each.turnedAway, 0),
      slowestAnswerMs: answers.at(-1) ?? Number.NaN,
      medianAnswerMs: answers[answers.length >> 1] ?? Number.NaN,
      inversionsPerThousand: (1_000 * countInversions(visits)) / Math.max(1, fromLine),
      inversionsAsCounted: counted?.inversionsPerThousand ?? Number.NaN,
    };
  } finally {
    for (const crowd of crowds) crowd.kill('SIGKILL');
    await shop.close();
  }
}

/**
 * Holds from the line by somebody although another one with an earlier ticket had been let in and refused by then, and
 * got his seat later or never.
 */
function countInversions(visits: readonly Visit[]): number {
  const refused = visits.filter(({ ticket, refusedAt }) => ticket !== null && refusedAt !== null);
  return visits.filter(
    ({ ticket, heldAt }) =>
      ticket !== null &&
      heldAt !== null &&
      refused.some(
        (other) =>
          (other.ticket as number) < ticket &&
          (other.refusedAt as number) < heldAt &&
          (other.heldAt === null || other.heldAt > heldAt),
      ),
  ).length;
}

/** Answers the next message; rejects when the process ends instead. */
async function ask(crowd: ChildProcess, order: CrowdOrder): Promise<CrowdNews> {
  const ended = new AbortController();
  try {
    const news = once(crowd, 'message', { signal: ended.signal });
    const end = once(crowd, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('a crowd of buyers ended by itself');
    });
    end.catch(() => undefined);
    crowd.send(order);
    const [first] = (await Promise.race([news, end])) as [CrowdNews];
    return first;
  } finally {
    ended.abort();
  }
}
