import { connect, createServer, type Socket } from 'node:net';

export interface CutProxy {
  /** As the server's, but through the proxy. */
  url: string;
  /** Connections that were accepted so far. */
  accepted(): number;
  /** Destroys every connection, both sides. */
  cut(): void;
  /** While refusing, new connections are destroyed at once. */
  refuse(on: boolean): void;
  /** The next bytes of the server are thrown away, and with them the connections; done when that happened. */
  cutBeforeAnswer(): Promise<void>;
  /** The next bytes of a client are thrown away, and with them the connections; done when that happened. */
  cutBeforeRequest(): Promise<void>;
  /** From now on bytes vanish in both directions, and nobody is told: a dead link. */
  goDark(): void;
  stop(): Promise<void>;
}

/** A TCP proxy that fails exactly when a test says so. */
export async function startCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const dark = new Set<Socket>();
  let accepted = 0;
  let refusing = false;
  let beforeAnswer: (() => void) | undefined;
  let beforeRequest: (() => void) | undefined;

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    accepted++;
    if (refusing) return void client.destroy();
    const upstream = connect(Number(port), hostname);
    for (const [socket, peer] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        if (!dark.has(socket)) peer.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (dark.has(client)) return;
      if (beforeRequest) {
        cut();
        beforeRequest();
        beforeRequest = undefined;
      } else upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (dark.has(upstream)) return;
      if (beforeAnswer) {
        cut();
        beforeAnswer();
        beforeAnswer = undefined;
      } else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };

  return {
    url: `http://127.0.0.1:${address.port}`,
    accepted: () => accepted,
    cut,
    refuse: (on) => {
      refusing = on;
    },
    cutBeforeAnswer: () =>
      new Promise((resolve) => {
        beforeAnswer = resolve;
      }),
    cutBeforeRequest: () =>
      new Promise((resolve) => {
        beforeRequest = resolve;
      }),
    goDark: () => {
      for (const socket of sockets) dark.add(socket);
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
