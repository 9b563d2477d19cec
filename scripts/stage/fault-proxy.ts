import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';

/** A TCP proxy that hurts what passes through it, for as long as it is told. */
export interface FaultProxy {
  port: number;
  /** Destroys this share of the connections, both sides. Answers how many. */
  cut(random: Random, share: number): number;
  /** For so long no byte passes, and nobody is told. */
  stall(ms: number): Promise<void>;
  /** For so long each answer is thrown away, and its connection with it: what was asked for has happened. */
  loseAnswers(ms: number): Promise<void>;
  /** For so long whoever asks is cut off at once, and what was asked arrives `lateMs` later all the same. */
  deliverLate(ms: number, lateMs: number): Promise<void>;
  /** From now on it leads there, and everybody has to come again. */
  aim(port: number): void;
  stop(): Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
}

export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  let stalled = false;
  let losing = false;
  let late: number | undefined;

  const destroy = ({ client, server }: Pair): void => {
    client.destroy();
    server.destroy();
  };

  /** Cuts the asker off and lets the bytes arrive later, as from a buffer on the way. */
  const orphan = (pair: Pair, bytes: Buffer, lateMs: number): void => {
    pairs.delete(pair);
    pair.server.removeAllListeners('data').resume();
    pair.client.removeAllListeners('close').destroy();
    setTimeout(() => {
      pair.server.write(bytes);
      setTimeout(() => pair.server.destroy(), 1_000);
    }, lateMs);
  };

  const listener = createServer((client) => {
    const server = connect(targetPort, '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', () => from.destroy());
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
      from.on('drain', () => {
        if (!stalled) to.resume();
      });
      from.on('data', (bytes: Buffer) => {
        if (from === server && losing) return destroy(pair);
        if (from === client && late !== undefined) return orphan(pair, bytes, late);
        if (!to.write(bytes)) from.pause();
      });
      if (stalled) from.pause();
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { port: number };

  return {
    port,
    aim: (next) => {
      targetPort = next;
      for (const pair of [...pairs]) destroy(pair);
    },
    cut: (random, share) => {
      const chosen = [...pairs].filter(() => random.chance(share));
      for (const pair of chosen) destroy(pair);
      return chosen.length;
    },
    stall: async (ms) => {
      stalled = true;
      for (const { client, server } of pairs) {
        client.pause();
        server.pause();
      }
      await sleep(ms);
      stalled = false;
      for (const { client, server } of pairs) {
        client.resume();
        server.resume();
      }
    },
    loseAnswers: async (ms) => {
      losing = true;
      await sleep(ms);
      losing = false;
    },
    deliverLate: async (ms, lateMs) => {
      late = lateMs;
      await sleep(ms);
      late = undefined;
    },
    stop: async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const pair of pairs) destroy(pair);
      await closed;
    },
  };
}
