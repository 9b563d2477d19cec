import type { IncomingMessage, ServerResponse } from 'node:http';

export interface OriginPolicy {
  allows(request: IncomingMessage): boolean;
  /** Writes the CORS headers, answers preflights and refusals. False: the answer is done. */
  admit(request: IncomingMessage, response: ServerResponse): boolean;
}

/**
 * Which web pages may talk to us. Browsers always send `Origin` on sockets and cross-site calls, so
 * an origin that is neither ours nor listed is refused; programs that send none are not browsers.
 */
export function originPolicy(listed: string[]): OriginPolicy {
  const allows = (request: IncomingMessage): boolean => {
    const { origin, host } = request.headers;
    if (origin === undefined) return true;
    if (listed.includes(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  };
  return {
    allows,
    admit: (request, response) => {
      const { origin } = request.headers;
      if (!allows(request)) {
        response.writeHead(403, { 'content-type': 'text/plain' }).end('origin not allowed');
        return false;
      }
      if (origin === undefined) return true;
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('vary', 'origin');
      if (request.method !== 'OPTIONS') return true;
      response
        .writeHead(204, {
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': 'authorization, content-type, x-api-key, trpc-accept, last-event-id',
          'access-control-max-age': '600',
        })
        .end();
      return false;
    },
  };
}
