import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnyRouter } from '@trpc/server';
import { applyWSSHandler, type CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';

export interface StockContext {
  /** Whether the caller's socket is still there. */
  connected(): boolean;
}

/** What tRPC's documentation shows, and nothing else: the measure for everything that is ours. */
export async function startStockServer(router: AnyRouter): Promise<void> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  applyWSSHandler({
    wss: sockets,
    router,
    createContext: ({ res }: CreateWSSContextFnOptions): StockContext => ({ connected: () => res.readyState === 1 }),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.on('SIGTERM', () => process.exit());
  process.on('disconnect', () => process.exit());
  process.send?.({ ready: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
