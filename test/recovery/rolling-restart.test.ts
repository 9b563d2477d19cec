import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AirsideClient, createClient } from '../../client/sdk/create-client.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connect } from '../support/connect.ts';
import { createFlight } from '../support/flights.ts';
import { apiKey, launch } from '../support/launch-server.ts';

let dataDir: string;
let child: ChildProcess;
let url: string;
let operator: Connected;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'airside-rolling-'));
  ({ child, url } = await launch(dataDir, { WEB_CONCURRENCY: '2' }));
}, 60_000);

afterAll(async () => {
  child.kill('SIGTERM');
  await once(child, 'exit');
  await rm(dataDir, { recursive: true, force: true });
});

/** The first process's children that run the same program: the web processes. */
function webProcesses(): number[] {
  const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(child.pid)], { encoding: 'utf8' });
  return children
    .split('\n')
    .filter((line) => line.includes('server/main.ts'))
    .map((line) => Number.parseInt(line, 10));
}

/** Travellers who hold, read and give back without a pause until they are told to stop. */
async function shop(repeat: { attempts: number }) {
  const flight = await createFlight(operator, { seats: 1_000 });
  const clients = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const client = createClient({ url, repeat, retryDelayMs: () => 50 });
      await client.auth.guest();
      return client;
    }),
  );
  const failures: unknown[] = [];
  let calls = 0;
  let open = true;
  const counted = async <T>(call: Promise<T>): Promise<T | undefined> => {
    calls++;
    return call.catch((error) => void failures.push(error));
  };
  const shopping = clients.map(async (client: AirsideClient) => {
    while (open) {
      const id = newId();
      const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
      await counted(client.trpc.booking.hold.mutate({ id, legs, seats: 1 }));
      await counted(client.trpc.flights.get.query({ flightId: flight.id }));
      await counted(client.trpc.booking.cancel.mutate({ id }));
    }
  });
  return {
    failures,
    calls: () => calls,
    end: async () => {
      open = false;
      await Promise.all(shopping);
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

describe('web processes that come and go under load', () => {
  beforeAll(() => {
    operator = connect(url, { apiKey });
  });
  afterAll(() => operator.close());

  it('[RUN-21] a rolling restart replaces each, and no call fails though none is repeated', async () => {
    const load = await shop({ attempts: 1 });
    const before = webProcesses();
    expect(before).toHaveLength(2);
    child.kill('SIGUSR2');
    const replaced = () => webProcesses().filter((pid) => !before.includes(pid)).length;
    await expect.poll(replaced, { timeout: 40_000 }).toBe(2);
    await expect.poll(webProcesses, { timeout: 20_000 }).toHaveLength(2);
    // Those who came last have been called, too.
    const sofar = load.calls();
    await expect.poll(load.calls).toBeGreaterThan(sofar + 100);
    await load.end();
    expect(load.failures).toEqual([]);
    await expect.poll(() => operator.trpc.admin.seats.audit.query()).toMatchObject({ drift: 0 });
  }, 90_000);

  it('[RUN-22] one that is killed is started again: its calls fail without repeats, and none with the SDK’s own', async () => {
    for (const { attempts, lose } of [
      { attempts: 1, lose: true },
      { attempts: 8, lose: false },
    ]) {
      const load = await shop({ attempts });
      await expect.poll(load.calls).toBeGreaterThan(100);
      const before = webProcesses();
      process.kill(before[0] as number, 'SIGKILL');
      await expect.poll(() => webProcesses().filter((pid) => !before.includes(pid)).length).toBe(1);
      const sofar = load.calls();
      await expect.poll(load.calls).toBeGreaterThan(sofar + 100);
      await load.end();
      expect(load.failures.length > 0).toBe(lose);
    }
  }, 60_000);
});
