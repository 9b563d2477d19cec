import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import type { AdapterLimits } from '../../server/transport/ws-adapter/adapter-parts.ts';
import { openWsAdapter } from '../../server/transport/ws-adapter/open-ws-adapter.ts';
import { limits } from '../../shared/limits.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type ContractContext, contractRouter, Probe } from './contract-router.ts';

export type AdapterName = 'stock' | 'own';

export interface ContractOptions {
  /** What the name in the context becomes; it may throw, or take its time. */
  name?: (params: NodeJS.Dict<string> | null, probe: Probe) => string | Promise<string>;
  /** The largest message, in bytes. */
  maxPayload?: number;
  /** Silent sockets are asked, and ended. Ours does so always. */
  keepAlive?: true;
  watchBuffers?: true;
  /** Of ours alone. */
  limits?: Partial<AdapterLimits>;
}

export interface ContractServer {
  /** `http://HOST:PORT`; sockets connect at any path. */
  url: string;
  probe: Probe;
  sockets(): number;
  /** The most that any socket of this server has kept so far because the network did not take it, in bytes. */
  mostBuffered(): number;
  broadcastReconnect(): void;
  /** Lets so much time pass that a silent socket is asked, or ended. */
  silence(until: 'asked' | 'ended'): Promise<void>;
  /** Lets time pass, look by look; of ours alone. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

type ContextOf = (params: NodeJS.Dict<string> | null) => Promise<ContractContext>;

type Attach = (
  sockets: WebSocketServer,
  createContext: ContextOf,
  options: ContractOptions,
) => Pick<ContractServer, 'broadcastReconnect' | 'silence' | 'pass'>;

const attach: Record<AdapterName, Attach> = {
  stock: (sockets, createContext, { keepAlive }) => {
    const handler = applyWSSHandler({
      wss: sockets,
      router: contractRouter,
      createContext: ({ info }) => createContext(info.connectionParams as Record<string, string> | null),
      // It has its own timers; the test waits for what they do.
      keepAlive: { enabled: keepAlive ?? false, pingMs: 20, pongWaitMs: 400 },
    });
    return {
      broadcastReconnect: handler.broadcastReconnectNotification,
      silence: async () => undefined,
      pass: async () => undefined,
    };
  },
  own: (sockets, createContext, { limits: given }) => {
    const clock = new ManualClock();
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 2_500) {
        await clock.untilAsleep();
        clock.advance(2_500);
      }
    };
    const adapter = openWsAdapter({
      wss: sockets,
      router: contractRouter,
      createContext: ({ info }) => createContext(info.connectionParams),
      limits: { ...limits.socket, ...given },
      clock,
    });
    return {
      broadcastReconnect: adapter.broadcastReconnectNotification,
      // A look every 2.5 s: asked after 20 s of silence, ended after 10 s more.
      silence: (until) => pass(until === 'asked' ? 22_500 : 12_500),
      pass,
    };
  },
};

/** The contract's router on one of the adapters, with the same router over HTTP and SSE at `/trpc/` beside it. */
export async function openContract(adapter: AdapterName, options: ContractOptions = {}): Promise<ContractServer> {
  const probe = new Probe();
  const createContext: ContextOf = async (params) => {
    probe.note('context made');
    return { probe, name: (await options.name?.(params, probe)) ?? params?.name ?? 'nobody' };
  };
  const http = createHTTPHandler({
    router: contractRouter,
    basePath: '/trpc/',
    createContext: ({ req }) => createContext(typeof req.headers.name === 'string' ? { name: req.headers.name } : null),
  });
  const server = createServer(http);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxPayload, perMessageDeflate: false });
  const { broadcastReconnect, silence, pass } = attach[adapter](sockets, createContext, options);
  let mostBuffered = 0;
  // Looked at in each turn of the event loop, while anybody is there.
  const look = (): void => {
    for (const { bufferedAmount } of sockets.clients) mostBuffered = Math.max(mostBuffered, bufferedAmount);
    if (sockets.clients.size > 0) setImmediate(look);
  };
  if (options.watchBuffers) sockets.on('connection', () => setImmediate(look));
  server.on('upgrade', (request, connection, head) => {
    sockets.handleUpgrade(request, connection, head, (socket) => sockets.emit('connection', socket, request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    probe,
    sockets: () => sockets.clients.size,
    mostBuffered: () => mostBuffered,
    broadcastReconnect,
    silence,
    pass,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
