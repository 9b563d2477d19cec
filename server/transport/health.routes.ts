import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Rooms } from './context.ts';

/** Set by app.ts when everything is open, and by the front door when it drains. */
export interface Readiness {
  ready: boolean;
  draining: boolean;
}

/** `/livez`, `/readyz`, `/health`, `/metrics`. Answers whether the path was one of them. */
export function healthRoutes(rooms: Rooms, readiness: Readiness) {
  const json = (response: ServerResponse, status: number, body: unknown) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(JSON.stringify(body));
  return (path: string, _request: IncomingMessage, response: ServerResponse): boolean => {
    switch (path) {
      case '/livez':
        json(response, 200, { status: 'ok' });
        return true;
      case '/readyz': {
        const ready = readiness.ready && !readiness.draining;
        json(response, ready ? 200 : 503, { status: ready ? 'ok' : readiness.draining ? 'draining' : 'starting' });
        return true;
      }
      case '/health':
        rooms.health().then(
          (health) => json(response, health.status === 'down' ? 503 : 200, health),
          () => json(response, 503, { status: 'down' }),
        );
        return true;
      case '/metrics':
        rooms.metrics.registry.metrics().then(
          (text) => response.writeHead(200, { 'content-type': rooms.metrics.registry.contentType }).end(text),
          () => response.writeHead(500).end(),
        );
        return true;
      default:
        return false;
    }
  };
}
