import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import { systemClock } from '../platform/runtime/clock.ts';
import type { Readiness } from './health.routes.ts';
import type { originPolicy } from './origin-policy.ts';
import { remoteAddress } from './remote-address.ts';
import { seeOff } from './see-off.ts';
import type { SocketLimits } from './socket-limits.ts';
import { turnstile } from './turnstile.ts';

/** What a request to become a socket is judged by. */
export interface UpgradeRules {
  sockets: WebSocketServer;
  origins: ReturnType<typeof originPolicy>;
  readiness: Readiness;
  socketLimits: SocketLimits;
  /** Off: a process that only works in the background has no sockets. */
  publicRoutes: boolean;
}

/** After a cut thousands come back at once; those who are there already, and buy, hardly notice them at this rate. */
const upgradesPerSecond = 1_700;

/** Makes sockets of those who may have one. Nothing that stays with a socket may hold its request, a third of it. */
export function acceptUpgrades(server: Server, rules: UpgradeRules): void {
  const { sockets, socketLimits } = rules;
  const letIn = turnstile(systemClock, upgradesPerSecond);
  server.on('upgrade', (request, socket, head) => {
    // Node leaves it to us: whoever is reset while being refused would end the process.
    socket.on('error', destroy);
    const refusal = refusalOf(request, rules);
    if (refusal) return void refuse(socket, refusal);
    const address = remoteAddress(request);
    if (!socketLimits.admit(address)) return void refuse(socket, '429 Too Many Requests');
    releaseWith(socket, socketLimits, address);
    letIn(() => {
      // Closed for good meanwhile; `ws` itself sees to those who have left.
      if (rules.readiness.draining) return void refuse(socket, '503 Service Unavailable');
      sockets.handleUpgrade(request, socket, head, (opened) => {
        socket.off('error', destroy);
        seeOff(socket);
        sockets.emit('connection', opened, request);
      });
    });
  });
}

function refusalOf(request: IncomingMessage, { origins, readiness, publicRoutes }: UpgradeRules): string | undefined {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path !== '/trpc' || !publicRoutes) return '404 Not Found';
  if (!origins.allows(request)) return '403 Forbidden';
  return readiness.draining ? '503 Service Unavailable' : undefined;
}

function refuse(socket: Duplex, status: string): void {
  socket.once('finish', destroy);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
}

function destroy(this: Duplex): void {
  this.destroy();
}

function releaseWith(socket: Duplex, limits: SocketLimits, address: string): void {
  socket.once('close', () => limits.release(address));
}
