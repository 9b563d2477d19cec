import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

const folder = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));

/** The built dashboard: hashed assets for ever, the page itself never from a cache, any other path is the page. */
export function serveDashboard(): (request: IncomingMessage, response: ServerResponse) => void {
  if (!existsSync(folder)) {
    return (_request, response) => {
      response
        .writeHead(404, { 'content-type': 'text/plain' })
        .end('The dashboard has not been built: npm run build\n');
    };
  }
  const serve = sirv(folder, {
    single: true,
    brotli: true,
    gzip: true,
    etag: true,
    setHeaders: (response, path) => {
      const immutable = path.startsWith('/assets/');
      response.setHeader('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    serve(request, response, () => {
      response.writeHead(404).end();
    });
  };
}
