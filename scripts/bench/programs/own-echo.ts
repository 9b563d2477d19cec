import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { initTRPC } from '@trpc/server';
import { WebSocketServer } from 'ws';
import { createMetrics } from '../../../server/domain/operations/metrics.ts';
import { systemClock } from '../../../server/platform/runtime/clock.ts';
import { createLogger } from '../../../server/platform/telemetry/logger.ts';
import { createFailureMap } from '../../../server/transport/failures.ts';
import { callObserver } from '../../../server/transport/observe-calls.ts';
import { openWsAdapter } from '../../../server/transport/ws-adapter/open-ws-adapter.ts';
import { limits } from '../../../shared/limits.ts';
import { transformer } from '../../../shared/transformer.ts';
import { idleGauges } from '../../stage/idle-gauges.ts';

// The stock echo's procedure on our adapter, as our server uses it: our transformer, our limits, every call counted and
// timed for the metrics.

const t = initTRPC.create({ transformer });
const rooms = {
  metrics: createMetrics(idleGauges),
  log: createLogger('error'),
  failureOf: createFailureMap(() => 'none'),
};

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: limits.messageBytes });
openWsAdapter({
  wss: sockets,
  router: t.router({ echo: t.procedure.input((value: unknown) => value).query(({ input }) => input) }),
  createContext: () => ({ rooms }),
  limits: limits.socket,
  clock: systemClock,
  observer: callObserver,
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());
process.send?.({ ready: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
