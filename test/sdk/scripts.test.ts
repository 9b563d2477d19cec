import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isLoopback } from '../../scripts/load/load-options.ts';
import { connect } from '../support/connect.ts';
import { createFlight, dateIn } from '../support/flights.ts';
import { startServer, type TestServer } from '../support/start-server.ts';
import { startScriptedServer } from './scripted-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

interface Ended {
  code: number;
  out: string;
  err: string;
}

function run(script: 'load' | 'demo-book' | 'audit', args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const file = fileURLToPath(new URL(`../../scripts/${script}.ts`, import.meta.url));
  // Nothing of the machine's own settings, and no key of a server that happens to be there.
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const clean = { PATH, NODE_COMPILE_CACHE, AIRSIDE_DATA_DIR: tmpdir(), ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env: clean }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

describe('npm run audit', () => {
  test('[AUDIT-9] says whether the seats add up, and ends with code 1 when they do not', async () => {
    const operator = connect(server.url, { apiKey: server.apiKey });
    const flight = await createFlight(operator);
    const key = { ADMIN_API_KEY: server.apiKey };
    const args = ['--url', server.url, '--flight', flight.id];
    const good = await run('audit', args, key);
    expect(good).toMatchObject({ code: 0, err: '' });
    expect(good.out).toBe('audited 1 cabins: drift 0\nreplayed 0 movements of 1 cabins: drift 0\n');
    const db = new pg.Client(server.engines.databaseUrl);
    await db.connect();
    await db.query('update cabin set sold = 2 where flight_id = $1', [flight.id]);
    const bad = await run('audit', args, key);
    await db.query('update cabin set sold = 0 where flight_id = $1', [flight.id]);
    await db.end();
    expect(bad.code).toBe(1);
    expect(bad.out).toContain(
      `${flight.id} economy: counters 0 held 2 sold, ledger 0 held 0 sold, bookings 0 held 0 sold`,
    );
    expect(bad.out).toContain('counters: ');
    const refusals = await Promise.all([
      run('audit', ['--url', 'nonsense'], key),
      run('audit', ['--url', 'http://127.0.0.1:1'], key),
      run('audit', args, { ADMIN_API_KEY: 'not the key of this server' }),
    ]);
    const said = ['is not an address', 'no server there', 'does not take this operator key'];
    expect(refusals).toMatchObject(said.map((text) => ({ code: 1, err: expect.stringContaining(text) })));
    await operator.close();
  });
});

describe('npm run load', () => {
  test('[LOAD-1] sells exactly the seats that there are, and says so', async () => {
    const { code, out } = await run('load', ['--url', server.url, '--buyers', '60', '--seats', '20'], {
      ADMIN_API_KEY: server.apiKey,
    });
    for (const line of ['sold 20', 'refused 40', 'errors 0', 'oversold 0', 'stranded 0', 'drift 0']) {
      expect(out.split('\n')).toContain(line);
    }
    expect(code).toBe(0);
  });

  test('[LOAD-1] several seats a booking, shared sockets, payments, and JSON', async () => {
    const args = ['--buyers', '30', '--seats', '20', '--per-booking', '3', '--sockets', '7', '--pay', '--json'];
    const { code, out } = await run('load', ['--url', server.url, ...args], { ADMIN_API_KEY: server.apiKey });
    expect(JSON.parse(out)).toMatchObject({
      sold: 18,
      refused: 24,
      oversold: 0,
      errors: {},
      payments: { confirmed: 6 },
      after: { available: 2, held: 0, sold: 18, drift: 0 },
    });
    expect(code).toBe(0);
  });

  test.concurrent.each([
    ['sells too much', { free: 9, held: 1, drift: 0 }, 9, 'oversold 5'],
    ['counts too much', { free: 0, held: 6, drift: 0 }, 4, 'oversold 2'],
    ['disagrees with its ledger', { free: 0, held: 4, drift: 1 }, 4, 'drift 1'],
    ['leaves seats unsold', { free: 2, held: 2, drift: 0 }, 2, 'stranded 2'],
  ])('[LOAD-2] fails against a server that %s', async (_, counters, grants, line) => {
    let granted = 0;
    const scripted = await startScriptedServer((call) => {
      const cabin = { available: counters.free, held: counters.held, sold: 0 };
      switch (call.params.path) {
        case 'auth.guest':
          return call.answer({ token: 'token', user: { id: 'u', role: 'traveller' } });
        case 'auth.me':
          return call.answer({ role: 'traveller' });
        case 'admin.flights.create':
          return call.answer({ id: 'f', departsAt: '2030-01-01T10:00' });
        case 'flights.get':
          return call.answer({ cabins: [cabin] });
        case 'admin.flights.list':
          return call.answer({ flights: [{ id: 'f', cabins: [cabin] }], nextCursor: null });
        case 'admin.seats.audit':
          return call.answer({ checked: 1, drift: counters.drift });
        default:
          if (granted++ < grants) return call.answer({ id: 'b', status: 'held', seats: 1 });
          return call.fail({
            code: 'SOLD_OUT',
            retryable: false,
            details: { flightId: 'f', cabin: 'economy', available: 0, version: 1 },
          });
      }
    });
    const { code, out } = await run('load', ['--url', scripted.url, '--buyers', '12', '--seats', '4'], {
      ADMIN_API_KEY: 'any',
    });
    await scripted.stop();
    expect(out.split('\n')).toContain(line);
    expect(code).toBe(1);
  });

  test.concurrent.each([
    [['--url', 'http://10.0.0.1:3000'], 'load: http://10.0.0.1:3000 is not this machine'],
    [['--buyers', '20001'], 'load: --buyers 20001 is not a number from 1 to 20000'],
    [['--url', 'http://127.0.0.1:9'], 'load: no operator key'],
    [['--what'], "load: Unknown option '--what'"],
  ])('[LOAD-3] %s is one line and exit code 1', async (args, line) => {
    const { code, err } = await run('load', args);
    expect(err).toMatch(new RegExp(`^${RegExp.escape(line)}[^\n]*\n$`));
    expect(code).toBe(1);
  });

  test('[LOAD-3] a wrong key and a missing server are told', async () => {
    const [wrong, missing] = await Promise.all([
      run('load', ['--url', server.url], { ADMIN_API_KEY: 'wrong' }),
      run('load', ['--url', 'http://127.0.0.1:9'], { ADMIN_API_KEY: 'any' }),
    ]);
    expect(wrong.err).toMatch(/^load: the server does not take this operator key/);
    expect(missing.err).toMatch(/^load: no server there/);
    expect([wrong.code, missing.code]).toEqual([1, 1]);
  });

  test.each([
    ['http://localhost:3000', true],
    ['http://127.9.9.9', true],
    ['http://[::1]:1', true],
    ['http://127.0.0.1.example.com', false],
    ['http://0.0.0.0:3000', false],
  ])('[LOAD-3] %s is this machine: %s', (url, expected) => expect(isLoopback(url)).toBe(expected));
});

describe('npm run demo:book', () => {
  test('[SDK-19] books a flight from search to locator', async () => {
    const operator = connect(server.url, { apiKey: server.apiKey });
    const date = dateIn(1);
    await createFlight(operator, { departsAt: `${date}T10:00`, arrivesAt: `${date}T22:00` });
    await operator.close();
    const { code, out } = await run('demo-book', ['--url', server.url]);
    // Live counts are conflated, and a booking may be over before the next of them.
    expect(out).toMatch(/^seats {6}economy (10|8)$/m);
    expect(out).toMatch(/^status {5}confirmed\nlocator {4}[A-Z0-9]{6}$/m);
    expect(code).toBe(0);
  });

  test('[SDK-19] says in one line that there is no server', async () => {
    const { code, err } = await run('demo-book', [], { AIRSIDE_URL: 'http://127.0.0.1:9' });
    expect(err).toBe('demo: no server at http://127.0.0.1:9; start one with npm start\n');
    expect(code).toBe(1);
  });
});
