import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ExportFormat, exportFormats, exportResults } from '../domain/jobs/export-results.ts';
import type { Context, Rooms } from './context.ts';
import { httpStatusOf } from './failures.ts';
import { travellerOf } from './trpc.ts';

const pattern = /^\/jobs\/([0-9a-fA-F-]{36})\/results\.(csv|ndjson)$/;

/**
 * `GET /jobs/ID/results.csv` and `.ndjson`, for the job's owner. Answers whether the path was one of them.
 *
 * @param admit says who asks, as for calls over HTTP.
 */
export function jobExport(rooms: Rooms, admit: (request: IncomingMessage) => Promise<Omit<Context, 'rooms'>>) {
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
      const { id: actor } = travellerOf({ ...(await admit(request)), rooms });
      const pieces = await exportResults(rooms.jobs, actor, id, format);
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
