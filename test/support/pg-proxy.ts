import { connect, createServer, type Socket } from 'node:net';

/**
 * A wire to Postgres that a test can spoil. It stands between one client and the server, on a free
 * port of loopback.
 */
export interface PgProxy {
  url: string;
  /** What the server answers from now on is lost, and the client's connection breaks with it. */
  loseAnswers(): void;
  /** What the client sends from now on is kept back; the client's connection breaks at once. */
  keepBack(): void;
  /** Delivers what was kept back, though nobody waits for it any more; resolves when the server has dealt with it. */
  deliverLate(): Promise<void>;
  /** Everything passes again (for new connections). */
  heal(): void;
  /** Bytes arrived that were kept back or whose answer was lost. */
  spoiled(): Promise<void>;
  close(): Promise<void>;
}

export async function startPgProxy(databaseUrl: string): Promise<PgProxy> {
  const target = new URL(databaseUrl);
  let mode: 'pass' | 'lose' | 'keep' = 'pass';
  let onSpoiled = () => {};
  let spoiled = new Promise<void>((resolve) => {
    onSpoiled = resolve;
  });
  const kept: { upstream: Socket; chunks: Buffer[] }[] = [];
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const late = { upstream, chunks: [] as Buffer[] };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk) => {
      if (mode !== 'keep') return void upstream.write(chunk);
      late.chunks.push(chunk);
      kept.push(late);
      client.destroy();
      onSpoiled();
    });
    upstream.on('data', (chunk) => {
      if (mode !== 'lose') return void client.write(chunk);
      client.destroy();
      onSpoiled();
    });
    client.on('close', () => {
      // What was kept back must still be deliverable, and an answer must not be cut off by us.
      if (!kept.includes(late) && mode === 'pass') upstream.end();
    });
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);

  return {
    url: url.href,
    loseAnswers: () => {
      mode = 'lose';
    },
    keepBack: () => {
      mode = 'keep';
    },
    heal: () => {
      mode = 'pass';
      spoiled = new Promise((resolve) => {
        onSpoiled = resolve;
      });
    },
    spoiled: () => spoiled,
    deliverLate: async () => {
      for (const { upstream, chunks } of kept.splice(0)) {
        const dealtWith = new Promise<void>((resolve) => {
          // The server ends each exchange with "ready for query".
          upstream.on('data', (chunk) => {
            if (chunk.at(-6) === 0x5a) resolve();
          });
          upstream.on('close', () => resolve());
        });
        for (const chunk of chunks) upstream.write(chunk);
        await dealtWith;
        upstream.destroy();
      }
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
