import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { residentMb } from '../bench/memory-in-use.ts';
import { openStage } from '../bench/open-stage.ts';
import { openPublisher } from '../bench/publish-seats.ts';

export interface DeafProof {
  seconds: number;
  /** Changes of flights that passed. */
  changes: number;
  /** What each client cost the server while it did not read, in MB of resident memory: those who watch, those who ask. */
  watcherMb: number;
  askerMb: number;
  /** Sockets that the server closed, by code, once they read again. */
  closed: Record<string, number>;
  /** The longest that somebody who reads waited for an answer meanwhile (ms). */
  slowestMs: number;
  faults: string[];
}

const clients = 50;
const flights = 10;
const questionsEach = 5_000;
const promisedMb = 2;

/** Clients that stop reading while 10,000 changes pass, then others that ask and never read, at a real server. */
export async function proveDeaf(
  options: { seconds: number },
  closing: Closing,
  say: (line: string) => void,
): Promise<DeafProof> {
  const stage = await openStage(closing, say);
  const database = await stage.database('prove_deaf', flights, 1_000_000);
  const server = await stage.server(database);
  const publisher = await openPublisher(stage, database);
  closing.push('publisher', publisher.close);
  const proof: DeafProof = {
    seconds: options.seconds,
    changes: 0,
    watcherMb: Number.NaN,
    askerMb: Number.NaN,
    closed: {},
    slowestMs: 0,
    faults: [],
  };
  const url = `${server.ready.replace('http', 'ws')}/trpc`;
  const subscribe = JSON.stringify({
    id: 1,
    method: 'subscription',
    params: { path: 'flights.onSeats', input: { json: { flightIds: database.flightIds } } },
  });

  async function open(first: string[]): Promise<WebSocket> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      proof.closed[code] = (proof.closed[code] ?? 0) + 1;
    });
    for (const text of first) socket.send(text);
    return socket;
  }

  /** What so many of them cost, at the most that the server's memory reaches while they are there. */
  async function costOf(
    make: () => Promise<WebSocket>,
    meanwhile: (made: WebSocket[]) => Promise<unknown>,
  ): Promise<number> {
    const before = residentMb(server.pid);
    let most = before;
    const made = await Promise.all(Array.from({ length: clients }, make));
    let isOver = false;
    const looking = (async () => {
      while (!isOver) {
        most = Math.max(most, residentMb(server.pid));
        proof.slowestMs = Math.max(proof.slowestMs, await pingMs());
        await sleep(200);
      }
    })();
    await meanwhile(made);
    isOver = true;
    await looking;
    for (const socket of made) socket.resume();
    await sleep(500);
    for (const socket of made) socket.terminate();
    await sleep(1_000);
    return (most - before) / clients;
  }

  async function pingMs(): Promise<number> {
    const startedAt = performance.now();
    // A new connection each time: one that is kept may be closed for its idleness in the moment in which it is used.
    const [answer] = (await once(get(`${server.ready}/trpc/system.ping`, { agent: false }), 'response')) as [
      IncomingMessage,
    ];
    await once(answer.resume(), 'end');
    return performance.now() - startedAt;
  }

  // Once with readers, so that code and caches are there.
  const readers = await Promise.all(Array.from({ length: clients }, () => open([subscribe])));
  await publisher.publish(20, sleep(3_000));
  for (const socket of readers) socket.terminate();
  await sleep(1_000);

  say(`${clients} clients stop reading for ${options.seconds} s`);
  // At least 10,000 changes: each publication changes every flight.
  const perSecond = Math.max(10, Math.ceil(10_000 / flights / options.seconds));
  proof.watcherMb = await costOf(
    async () => {
      const socket = await open([subscribe]);
      socket.pause();
      return socket;
    },
    async () => {
      proof.changes = await publisher.publish(perSecond, sleep(options.seconds * 1_000));
    },
  );

  say(`${clients} clients ask ${questionsEach} times each and never read`);
  const question = (id: number) =>
    JSON.stringify({ id, method: 'query', params: { path: 'search.places', input: { json: { q: 'a', limit: 50 } } } });
  proof.askerMb = await costOf(
    async () => {
      const socket = await open([]);
      socket.pause();
      return socket;
    },
    async (made) => {
      for (let n = 1; n <= questionsEach; n++) {
        for (const socket of made) if (socket.bufferedAmount < 1_000_000) socket.send(question(n));
        // This process measures as well, and must not keep itself busy.
        if (n % 10 === 0) await sleep(2);
      }
      await sleep(Math.min(15_000, options.seconds * 1_000));
    },
  );
  for (const [who, cost] of [
    ['watches', proof.watcherMb],
    ['asks', proof.askerMb],
  ] as const) {
    if (cost >= promisedMb) proof.faults.push(`whoever ${who} and does not read costs ${cost.toFixed(2)} MB`);
  }
  return proof;
}
