import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ExportFormat, exportFormats, exportResults } from '../domain/jobs/export-results.ts';
import { refuse } from '../platform/runtime/failure.ts';
import { actorOf, type Rooms } from './context.ts';
import { httpStatusOf } from './failures.ts';

const pattern = /^\/jobs\/([0-9a-fA-F-]{36})\/results\.(csv|ndjson)$/;

/** `GET /jobs/ID/results.csv` and `.ndjson`, with a bearer token. Answers whether the path was one of them. */
export function jobExport(rooms: Rooms) {
  return (path: string, request: IncomingMessage, response: ServerResponse): boolean => {
    const [, id, format] = pattern.exec(path) ?? [];
    if (!id || !format) return false;
    void send(request, response, id.toLowerCase(), format as ExportFormat);
    return true;
  };

  async function send(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    format: ExportFormat,
  ): Promise<void> {
    try {
      if (request.method !== 'GET') return void response.writeHead(405, { allow: 'GET' }).end();
      const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const actor = await actorOf(rooms.tokens, { token });
      if (actor.role === 'anonymous') throw refuse('UNAUTHENTICATED', { reason: 'a token is needed' });
      const pieces = await exportResults(rooms.jobs, actor.id, id, format);
      response.writeHead(200, {
        'content-type': exportFormats[format],
        'content-disposition': `attachment; filename="airside-${id}.${format}"`,
        'cache-control': 'no-store',
      });
      // Waits for a slow reader, and ends with one that leaves.
      await pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 1 }), response);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      const failure = rooms.failureOf(error);
      const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
      response.writeHead(httpStatusOf(failure), headers).end(JSON.stringify({ failure: failure.view }));
    }
  }
}
