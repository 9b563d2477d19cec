import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { applyWSSHandler, type CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits } from '../../shared/limits.ts';
import { systemClock } from '../platform/runtime/clock.ts';
import { Failure } from '../platform/runtime/failure.ts';
import { appRouter } from './app.router.ts';
import { type Context, credentialsOf, type Rooms } from './context.ts';
import { serveDashboard } from './dashboard-files.ts';
import { trpcErrorOf } from './failures.ts';
import { healthRoutes, type Readiness } from './health.routes.ts';
import { jobExport } from './job-export.route.ts';
import { callObserver } from './observe-calls.ts';
import { originPolicy } from './origin-policy.ts';
import { paymentWebhook, type WebhookSettings, webhookPath } from './payment-webhook.route.ts';
import { remoteAddress } from './remote-address.ts';
import { allowMessages, createSocketLimits, messageBytesOf, noSocketLimits } from './socket-limits.ts';
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
  /** Off for load tests: how many sockets an address may have, and how fast a user may call. */
  rateLimits: boolean;
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

/** After the reconnect notice: most clients have left by then on their own. */
const drainMs = 1_500;

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
    const credentials = await refusing(() => credentialsOf(rooms.identity, { token, apiKey }, address));
    if (socket) {
      watch.add(socket, credentials);
      if (credentials.actor.role === 'operator') allowMessages(socket, limits.messageBytes);
    }
    return { address, actor: credentials.actor, expiresAtMs: credentials.expiresAtMs };
  };

  const trpcOverHttp = createHTTPHandler({
    router: appRouter,
    basePath: '/trpc/',
    maxBodySize: limits.httpBodyBytes,
    maxBatchSize: limits.callsPerBatch,
    createContext: async ({ req }): Promise<Context> => ({
      rooms,
      ...(await admit(req, {})),
    }),
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

  const server = createServer({ requestTimeout: 60_000, headersTimeout: 15_000 }, (request, response) => {
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
  const socketLimits = settings.rateLimits ? createSocketLimits(systemClock) : noSocketLimits;
  const overSockets = {
    wss: sockets,
    router: appRouter,
    createContext: async ({ req, res, info }: CreateWSSContextFnOptions): Promise<Context> => ({
      rooms,
      ...(await admit(req, info.connectionParams ?? {}, res)),
    }),
    onError: ({ error }: { error: Error }) => log.debug({ err: error }, 'call failed'),
  };
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
  server.on('upgrade', (request, socket, head) => {
    const path = (request.url ?? '/').split('?', 1)[0];
    // Node leaves it to us: whoever is reset while being refused would end the process.
    socket.on('error', () => socket.destroy());
    const refuseUpgrade = (status: string) => {
      socket.once('finish', () => socket.destroy());
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    };
    if (path !== '/trpc' || !settings.publicRoutes) return void refuseUpgrade('404 Not Found');
    if (!origins.allows(request)) return void refuseUpgrade('403 Forbidden');
    if (readiness.draining) return void refuseUpgrade('503 Service Unavailable');
    const address = remoteAddress(request);
    if (!socketLimits.admit(address)) return void refuseUpgrade('429 Too Many Requests');
    socket.once('close', () => socketLimits.release(address));
    sockets.handleUpgrade(request, socket, head, (opened) => {
      sockets.emit('connection', opened, request);
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, resolve);
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

/** A refusal while the context is made must leave as a failure of the catalogue, too. */
async function refusing<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw error instanceof Failure ? trpcErrorOf(error) : error;
  }
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
