import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { applyWSSHandler, type CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits } from '../../shared/limits.ts';
import type { RateLimit } from '../platform/redis/rate-limit.ts';
import { systemClock } from '../platform/runtime/clock.ts';
import { refuse } from '../platform/runtime/failure.ts';
import { appRouter } from './app.router.ts';
import { type Context, credentialsOf, type Rooms } from './context.ts';
import { serveDashboard } from './dashboard-files.ts';
import { trpcErrorOf } from './failures.ts';
import { gatherFrames } from './gather-frames.ts';
import { healthRoutes, type Readiness } from './health.routes.ts';
import { jobExport } from './job-export.route.ts';
import { callObserver } from './observe-calls.ts';
import { originPolicy } from './origin-policy.ts';
import { paymentWebhook, type WebhookSettings, webhookPath } from './payment-webhook.route.ts';
import { remoteAddress } from './remote-address.ts';
import { allowMessages, createSocketLimits, messageBytesOf, noSocketLimits } from './socket-limits.ts';
import { acceptUpgrades } from './upgrades.ts';
import { watchCredentials } from './watch-credentials.ts';
import { exportWire } from './wire-metrics.ts';
import { openWsAdapter } from './ws-adapter/open-ws-adapter.ts';

export interface FrontDoorSettings {
  host: string;
  port: number;
  corsOrigins: string[];
  /** A process that only works in the background answers health and webhooks, nothing else. */
  publicRoutes: boolean;
  webhooks: WebhookSettings;
  readiness: Readiness;
  log: Logger;
  /** How fast somebody may call all processes. Absent, for load tests: nothing of the kind is limited. */
  callLimit: RateLimit | undefined;
  /** `stock`: tRPC's own, to compare with in tests and benchmarks. */
  adapter?: 'own' | 'stock';
}

export interface FrontDoor {
  url: string;
  /** Open sockets of this process. */
  sockets(): number;
  /** Looks now whether this user's or key's sockets are over, and closes those. */
  endSocketsOf(subjectId: string): void;
  /** Tells clients to come back, lets calls in flight end, then closes everything. */
  close(): Promise<void>;
}

/** How long a request may take to arrive (ms), so that half of one does not keep a connection. */
const slowest = { requestTimeout: 60_000, headersTimeout: 10_000, connectionsCheckingInterval: 2_000 };
/** After the reconnect notice: most clients have left by then on their own. */
const drainMs = 1_500;
/** More for those whose calls are still being worked on. */
const callsMs = 5_000;
/**
 * Connections that may wait to be taken, as far as the system lets them (`net.core.somaxconn`). After a
 * restart thousands come at once; one that finds Node's 511 places taken asks again after a second or more.
 */
const backlog = 16_384;

/** One port for everything: tRPC over sockets and HTTP, health, metrics, webhooks, dashboard. */
export async function openFrontDoor(rooms: Rooms, settings: FrontDoorSettings): Promise<FrontDoor> {
  const { log, readiness } = settings;
  const origins = originPolicy(settings.corsOrigins);
  const health = healthRoutes(rooms, readiness);
  const webhook = paymentWebhook(rooms, settings.webhooks);
  const dashboard = serveDashboard();
  const harden = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'script-src': ["'self'"],
        // The component library writes <style> elements; scripts never come inline.
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'connect-src': ["'self'", 'ws:', 'wss:'],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
      },
    },
    // Whoever terminates TLS in front of us says this; on plain HTTP it would lock people out.
    strictTransportSecurity: false,
  });

  const watch = watchCredentials(rooms.identity, log);

  /** Who asks, from what a socket said at its start or else from the headers. */
  const admit = async (
    request: IncomingMessage,
    given: { token?: string; apiKey?: string },
    socket?: WebSocket,
  ): Promise<Omit<Context, 'rooms'>> => {
    const address = remoteAddress(request);
    const token = given.token ?? bearerOf(request.headers.authorization);
    const apiKey = given.apiKey ?? single(request.headers['x-api-key']);
    if (socket) allowMessages(socket, messageBytesOf(request, given));
    const credentials = await credentialsOf(rooms.identity, { token, apiKey }, address).catch((error: unknown) => {
      // Without a context tRPC tells nothing of an error but what it says itself.
      throw trpcErrorOf(rooms.failureOf(error));
    });
    if (socket) {
      watch.add(socket, credentials);
      if (credentials.actor.role === 'operator') allowMessages(socket, limits.messageBytes);
    }
    return { address, actor: credentials.actor, expiresAtMs: credentials.expiresAtMs };
  };

  const socketLimits = settings.callLimit ? createSocketLimits(systemClock, settings.callLimit) : noSocketLimits;
  const trpcOverHttp = createHTTPHandler({
    router: appRouter,
    basePath: '/trpc/',
    maxBodySize: limits.httpBodyBytes,
    maxBatchSize: limits.callsPerBatch,
    createContext: async ({ req, info }): Promise<Context> => {
      const context = { rooms, ...(await admit(req, {})) };
      const waitMs = socketLimits.waitMs(context, info.calls.length);
      if (waitMs > 0) throw trpcErrorOf(refuse('RATE_LIMITED', { retryAfterMs: waitMs }));
      return context;
    },
    onError: ({ error }) => log.debug({ err: error }, 'call failed'),
  });

  const exportOf = jobExport(rooms, (request) => admit(request, {}));

  const route = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    if (health(path, request, response)) return;
    if (path.startsWith(webhookPath)) {
      webhook(request, response, path.slice(webhookPath.length));
    } else if (!settings.publicRoutes) {
      response.writeHead(404).end();
    } else if (exportOf(path, request, response)) {
      return;
    } else if (path === '/trpc' || path.startsWith('/trpc/')) {
      if (origins.admit(request, response)) trpcOverHttp(request, response);
    } else {
      dashboard(request, response);
    }
  };

  const server = createServer(slowest, (request, response) => {
    // Headers that tell a browser what it may do; no browser is told anything by a webhook.
    if (request.url?.startsWith('/webhooks/')) route(request, response);
    else harden(request, response, () => route(request, response));
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.strangersMessageBytes,
    perMessageDeflate: false,
    // Whoever does not read will not answer a close frame either. (An option that its types do not know yet.)
    ...({ closeTimeout: 5_000 } as object),
  });
  const overSockets = {
    wss: sockets,
    router: appRouter,
    createContext: async ({ req, res, info }: CreateWSSContextFnOptions): Promise<Context> => ({
      rooms,
      ...(await admit(req, info.connectionParams ?? {}, res)),
    }),
    onError: ({ error }: { error: Error }) => log.debug({ err: error }, 'call failed'),
  };
  if (settings.adapter === 'stock')
    sockets.on('connection', (socket, { socket: connection }) => gatherFrames(socket, connection));
  const trpcOverSockets =
    settings.adapter === 'stock'
      ? { ...applyWSSHandler(overSockets), stats: undefined, close: () => undefined }
      : openWsAdapter({
          ...overSockets,
          limits: limits.socket,
          clock: systemClock,
          observer: callObserver,
          waitMs: (context, calls) => socketLimits.waitMs(context as Context, calls),
        });
  exportWire(rooms.metrics.registry, () => sockets.clients.size, trpcOverSockets.stats);
  acceptUpgrades(server, { sockets, origins, readiness, socketLimits, publicRoutes: settings.publicRoutes });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: settings.port, host: settings.host, backlog }, resolve);
  });

  return {
    url: urlOf(server, settings.host),
    sockets: () => sockets.clients.size,
    endSocketsOf: watch.look,
    close: async () => {
      readiness.draining = true;
      watch.stop();
      trpcOverSockets.broadcastReconnectNotification();
      trpcOverSockets.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await until(() => sockets.clients.size === 0, drainMs);
      const { stats } = trpcOverSockets;
      if (stats) await until(() => stats.callsInFlight === 0, callsMs);
      for (const socket of sockets.clients) socket.close(1012, 'restarting');
      await until(() => sockets.clients.size === 0, drainMs);
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      const drained = new AbortController();
      const cutOff = systemClock.sleep(drainMs, drained.signal).then(() => server.closeAllConnections());
      await closed;
      drained.abort();
      await cutOff;
    },
  };
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

const bearerOf = (header: string | undefined): string | undefined => /^Bearer (.+)$/i.exec(header ?? '')?.[1];

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

async function until(done: () => boolean, ms: number): Promise<void> {
  const endsAt = systemClock.now() + ms;
  while (!done() && systemClock.now() < endsAt) await systemClock.sleep(20);
}
