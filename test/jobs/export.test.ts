import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Rooms } from '../../server/transport/context.ts';
import { jobExport } from '../../server/transport/job-export.route.ts';
import { newId } from '../../shared/ids.ts';
import { storeJob } from '../support/stored-job.ts';
import { createTestDatabase } from '../support/test-database.ts';

const actor = newId();
const steps = 1_000;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: pg.Pool;
let job: Awaited<ReturnType<typeof storeJob>>;
let pagesRead = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  // One connection, so that statements take their turn: whoever wants to read ahead has his chance before the next.
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  job = await storeJob(pool, { actor, steps });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Whoever does not wait for its reader has read so many more pages after this. */
const chances = async (turns: number): Promise<void> => {
  for (let turn = 0; turn < turns; turn++) await pool.query('select 1');
};

/** The route as the server mounts it, over a pool that counts the pages of an export. */
function openExport() {
  pagesRead = 0;
  const counted = {
    query: (...args: Parameters<pg.Pool['query']>) => {
      if ((args[0] as { name?: string }).name === 'export-results') pagesRead++;
      return pool.query(...args);
    },
  };
  const rooms = {
    jobs: { pool: counted },
    failureOf: (error: unknown) => {
      throw error;
    },
  } as unknown as Rooms;
  const traveller = { role: 'traveller' as const, id: actor, email: null, name: null };
  return jobExport(rooms, async () => ({ actor: traveller, expiresAtMs: null, address: '' }));
}

/** A response whose reader takes the next piece when he is done with the last. */
class SlowResponse extends Writable {
  status = 0;
  bytes = 0;
  lines = 0;
  pieces = 0;
  readonly #read: () => Promise<void>;
  constructor(read: () => Promise<void>) {
    super();
    this.#read = read;
  }
  writeHead(status: number): this {
    this.status = status;
    return this;
  }
  override _write(piece: Buffer, _: string, done: () => void): void {
    this.pieces++;
    this.bytes += piece.length;
    this.lines += piece.toString().split('\n').length - 1;
    void this.#read().then(done);
  }
}

test.each(['csv', 'ndjson'])(
  '[JOB-17] 100,000 results as %s are read two pages ahead of their reader at most',
  async (format) => {
    let ahead = 0;
    const response = new SlowResponse(async () => {
      await chances(5);
      ahead = Math.max(ahead, pagesRead - response.pieces);
    });
    const path = `/jobs/${job.id}/results.${format}`;
    openExport()(path, { method: 'GET' } as IncomingMessage, response as unknown as ServerResponse);
    await once(response, 'finish');
    expect(response.status).toBe(200);
    expect(ahead).toBeLessThanOrEqual(2);
    expect(pagesRead).toBe(steps / 10);
    expect(response.lines).toBe(job.results + (format === 'csv' ? 1 : 0));
    expect(response.bytes).toBeGreaterThan(5_000_000);
  },
);

test('[JOB-17] over HTTP a reader who stands still, reads on, and leaves is waited for, served, and forgotten', async () => {
  const exporting = openExport();
  const server = createServer((request, response) => void exporting(request.url ?? '', request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs/${job.id}/results.ndjson`;
  const open = async () => {
    const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
    return response;
  };
  const patient = await open();
  // What the system keeps of a connection that nobody reads is some megabytes; the whole is more than thirty.
  await chances(300);
  expect(pagesRead).toBeLessThan(steps / 20);
  let lines = 0;
  for await (const chunk of patient.setEncoding('utf8')) lines += (chunk as string).split('\n').length - 1;
  expect(lines).toBe(job.results);
  expect(pagesRead).toBe(steps / 10);

  pagesRead = 0;
  const leaver = await open();
  leaver.destroy();
  await once(leaver, 'close');
  await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0);
  await chances(300);
  expect(pagesRead).toBeLessThan(steps / 20);
  await new Promise((resolve) => server.close(resolve));
});
