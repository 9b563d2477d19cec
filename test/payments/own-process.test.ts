import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AtGateway, eventually, openTill, type Till, webhookSecret } from './open-till.ts';

const script = fileURLToPath(new URL('../../scripts/mock-gateway.ts', import.meta.url));

const start = (args: string[], env: Record<string, string> = {}): ChildProcess =>
  spawn(process.execPath, [script, ...args], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      PAYMENT_SUCCESS_RATE: '1',
      PAYMENT_MIN_DELAY_MS: '0',
      PAYMENT_MAX_DELAY_MS: '1000',
      PAYMENT_WEBHOOK_SECRETS: webhookSecret,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

async function ready(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const url = /^mock gateway ready at (\S+)$/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('the gateway ended while starting');
}

describe('the mock gateway as a process of its own', () => {
  let dir: string;
  let child: ChildProcess;
  let url: string;
  let till: Till;
  const args = () => ['--state', join(dir, 'state.jsonl')];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'airside-mock-'));
    child = start(args());
    url = await ready(child);
    till = await openTill({ url });
  });
  afterAll(async () => {
    await till.expectMoneyToAddUp();
    expect(await till.drift()).toBe(0);
    await till.close();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await rm(dir, { recursive: true, force: true });
  });

  const ledger = async () => (await (await fetch(`${url}/ledger`)).json()) as { payments: AtGateway[] };
  const killAndRestart = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    child = start([...args(), '--port', new URL(url).port]);
    expect(await ready(child)).toBe(url);
  };

  it('[PAY-17] after kill -9 in the middle it knows what it had acknowledged, and every payment ends once', async () => {
    const lost = await till.buy('lost');
    await eventually(async () => (await till.atGateway(lost.id))?.captured).toBe(45_000);
    // Some are decided when it dies and some are not; some were told and some were not.
    const methods = Array.from({ length: 24 }, (_, n) => ['approve', 'decline', 'authorise', 'usual'][n % 4] as string);
    const bookings = await Promise.all(methods.map((method) => till.buy(method)));
    await eventually(async () => (await ledger()).payments.length).toBe(25);
    await eventually(async () => (await ledger()).payments.some(({ captured }) => captured > 0)).toBe(true);
    const before = (await ledger()).payments;
    await killAndRestart();
    const after = new Map((await ledger()).payments.map((payment) => [payment.id, payment]));
    for (const payment of before) {
      const now = after.get(payment.id);
      expect(now).toMatchObject({ bookingId: payment.bookingId });
      expect(now?.captured).toBeGreaterThanOrEqual(payment.captured);
      if (payment.status === 'failed') expect(now?.status).toBe('failed');
    }
    for (const [n, { id }] of bookings.entries()) {
      await till.reaches(id, methods[n] === 'decline' ? 'failed' : 'confirmed');
    }
    await till.due(lost.id);
    await till.reaches(lost.id, 'confirmed');
    // Captures that were under way when it died are asked for again.
    for (const { id } of bookings) {
      await eventually(async () => {
        const payment = await till.payment(id);
        if (payment.isDue) await till.due(id);
        return payment.status;
      }).toMatch(/^(?:succeeded|failed)$/);
    }
  });

  it('[PAY-17] it remembers captures and refunds: what it collected before can go back, once', async () => {
    const { id } = await till.buy('approve');
    await till.reaches(id, 'confirmed');
    await killAndRestart();
    const { quoteId } = await till.guest.trpc.booking.cancelQuote.query({ id });
    await till.guest.trpc.booking.cancel.mutate({ id, quoteId });
    await eventually(async () => {
      const refunded = (await till.atGateway(id))?.refunded;
      if (!refunded) await till.due(id);
      return refunded;
    }).toBe(45_000);
    await till.reaches(id, 'refunded');
    await killAndRestart();
    expect(await till.atGateway(id)).toMatchObject({ captured: 45_000, refunded: 45_000 });
  });

  it('[PAY-17] half a line at the end of its file is cut off, any other that is none is an error', async () => {
    const [file] = args().slice(1) as [string];
    const known = (await ledger()).payments;
    child.kill('SIGKILL');
    await once(child, 'exit');
    const whole = await readFile(file, 'utf8');
    await appendFile(file, '{"id":"0198');
    child = start([...args(), '--port', new URL(url).port]);
    await ready(child);
    expect((await ledger()).payments).toEqual(known);
    expect(await readFile(file, 'utf8')).toBe(whole);
    const bad = join(dir, 'bad.jsonl');
    await appendFile(bad, '{"id":7}\n');
    const other = start(['--state', bad]);
    const [err, [code]] = await Promise.all([text(other.stderr as NodeJS.ReadableStream), once(other, 'exit')]);
    expect([code, err]).toEqual([1, `mock gateway: line 1 of ${bad} is none of a mock gateway\n`]);
  });

  it.each([
    ['PAYMENT_WEBHOOK_SECRETS', [], { PAYMENT_WEBHOOK_SECRETS: '' }],
    ['--port', ['--port', 'x'], {}],
    ['--callback', ['--callback', 'nowhere'], {}],
    ['PAYMENT_SUCCESS_RATE', [], { PAYMENT_SUCCESS_RATE: '2' }],
  ])('[PAY-17] a bad %s is one line that names it, and code 1', async (name, given, env) => {
    const other = start(given, env as Record<string, string>);
    const [err, [code]] = await Promise.all([text(other.stderr as NodeJS.ReadableStream), once(other, 'exit')]);
    expect(code).toBe(1);
    expect(err.trimEnd().split('\n')).toEqual([expect.stringContaining(`mock gateway: ${name}: `)]);
  });
});
