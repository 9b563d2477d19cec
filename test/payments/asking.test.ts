import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGatewayCaller, type GatewayCallerOptions } from '../../server/domain/payments/call-gateway.ts';
import type { MockGateway } from '../../server/domain/payments/mock-gateway.ts';
import { GatewayRefusal, type PaymentGateway } from '../../server/domain/payments/payment-gateway.ts';
import type { DuePayment, PaymentQueue } from '../../server/domain/payments/payment-queue.ts';
import { createPostgresPaymentQueue } from '../../server/domain/payments/postgres-payment-queue.ts';
import { newId } from '../../shared/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';
import { eventually, openTill, startGateway, type Till } from './open-till.ts';

describe('a provider whose callbacks do not arrive', () => {
  let gateway: MockGateway;
  let till: Till;
  beforeAll(async () => {
    // Every callback is refused: it signs with a secret that the server does not know.
    gateway = await startGateway({ secret: 'somebody else' });
    till = await openTill(gateway);
  });
  afterAll(async () => {
    await till.expectMoneyToAddUp();
    expect(await till.drift()).toBe(0);
    await till.close();
    await gateway.close();
  });

  it.each([
    ['approve', 'confirmed', 'succeeded'],
    ['decline', 'failed', 'failed'],
  ] as const)('[PAY-9] is asked, and %s ends %s', async (method, booking, payment) => {
    const { id } = await till.buy(method);
    await eventually(async () => (await till.atGateway(id))?.status).toBe(payment);
    expect(await till.guest.trpc.booking.get.query({ id })).toMatchObject({ status: 'paying' });
    await till.due(id);
    await till.reaches(id, booking);
  });

  it('[PAY-9] [PAY-10] is asked for an authorisation, too, and then told to collect', async () => {
    const { id } = await till.buy('authorise');
    await eventually(async () => (await till.atGateway(id))?.status).toBe('authorised');
    await till.due(id);
    await till.reaches(id, 'confirmed');
    await eventually(() => till.payment(id)).toMatchObject({ status: 'succeeded', isDue: false });
    expect(await till.atGateway(id)).toMatchObject({ captured: 45_000 });
  });
});

it('[PAY-9] a payment that was started while the provider was away is collected once it is back', async () => {
  const before = await startGateway();
  const port = Number(new URL(before.url).port);
  await before.close();
  const till = await openTill(before);
  const { id } = await till.buy('approve');
  await eventually(() => till.payment(id)).toMatchObject({ status: 'pending', calls: 1, isDue: true });
  const gateway = await startGateway({ port });
  await till.due(id);
  await till.reaches(id, 'confirmed');
  await till.expectMoneyToAddUp();
  await till.close();
  await gateway.close();
});

describe('the queue', () => {
  let scene: Scene;
  let queue: PaymentQueue;
  beforeAll(async () => {
    // Without background work: what is due is left to the test.
    scene = await openScene({ ...silentGateway, AIRSIDE_ROLE: 'web' });
    queue = createPostgresPaymentQueue(scene.db);
  });
  afterAll(() => scene.close());

  const add = async (given: { status?: string; calls?: number; holdSeconds?: number; provider?: string } = {}) => {
    const { status = 'pending', calls = 0, holdSeconds = 900, provider = 'mock' } = given;
    const [id, bookingId] = [newId(), newId()];
    await scene.db.query(
      `insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at,
         leg_cabins, leg_prices, leg_versions)
       values ($1, $1, '', 'paying', 1, 100, 'USD', now() + make_interval(secs => $2), '{1}', '{1}', '{1}')`,
      [bookingId, holdSeconds],
    );
    await scene.db.query(
      `insert into payment (id, booking_id, provider, amount, currency, status, calls, next_call_at)
       values ($1, $2, $3, 100, 'USD', $4, $5, now() - interval '1 second')`,
      [id, bookingId, provider, status, calls],
    );
    return { id, bookingId };
  };
  /** Seconds until it is called again; null: never. */
  const pauseOf = async (id: string) => {
    const { rows } = await scene.db.query<{ s: number | null }>(
      'select extract(epoch from next_call_at - now())::float8 as s from payment where id = $1',
      [id],
    );
    return rows[0]?.s ?? null;
  };
  const claimOne = async () => {
    const claimed = await queue.claimPayments(10);
    expect(claimed).toHaveLength(1);
    return claimed[0] as DuePayment;
  };

  it('[PAY-9] submits first, looks after some 5 s, and then less and less often, every 30 s at least', async () => {
    const { id } = await add();
    expect(await claimOne()).toMatchObject({ id, todo: 'submit', calls: 0 });
    const expected = [5, 10, 15, 20, 25, 30, 30, 30];
    for (const [turn, seconds] of expected.entries()) {
      const pause = (await pauseOf(id)) as number;
      expect(pause).toBeGreaterThan(seconds * 0.75);
      expect(pause).toBeLessThanOrEqual(seconds * 1.2);
      expect(await queue.claimPayments(10)).toEqual([]);
      // The column keeps milliseconds, rounded: this very moment may lie in the future.
      await scene.db.query(`update payment set next_call_at = now() - interval '1 ms' where id = $1`, [id]);
      expect(await claimOne()).toMatchObject({ id, todo: 'look', calls: turn + 1 });
    }
    await scene.db.query('delete from payment where id = $1', [id]);
  });

  it('[PAY-9] looks soon after the deadline of the hold, whatever its turn is, and before it gives up', async () => {
    const soon = await add({ calls: 20, holdSeconds: 3 });
    await claimOne();
    const pause = (await pauseOf(soon.id)) as number;
    expect(pause).toBeGreaterThan(4);
    expect(pause).toBeLessThanOrEqual(5);
    const last = await add({ calls: 59, holdSeconds: 7_200 });
    await claimOne();
    expect(await pauseOf(last.id)).toBeGreaterThan(7_190);
    await scene.db.query('delete from payment');
  });

  it('[PAY-10] collects what is authorised, gives up what is voiding, and notes that once', async () => {
    const authorised = await add({ status: 'authorised' });
    expect(await claimOne()).toMatchObject({ id: authorised.id, todo: 'capture' });
    const voiding = await add({ status: 'voiding' });
    expect(await claimOne()).toMatchObject({ id: voiding.id, todo: 'void' });
    await queue.voided(voiding.id);
    await queue.voided(authorised.id);
    const { rows } = await scene.db.query(
      'select status, next_call_at is null as done from payment order by created_at',
    );
    expect(rows).toEqual([
      { status: 'authorised', done: false },
      { status: 'voided', done: true },
    ]);
    await scene.db.query('delete from payment');
  });

  it('[PAY-12] after sixty calls nobody asks any more, and the operator sees it', async () => {
    const stuck = async () => (await scene.operator.trpc.admin.overview.query()).stuck;
    const metric = async () => {
      const text = await (await fetch(`${scene.server.url}/metrics`)).text();
      return /^payments_stuck (\S+)$/m.exec(text)?.[1];
    };
    expect([await stuck(), await metric()]).toEqual([{ payments: 0, refunds: 0 }, '0']);
    const { id, bookingId } = await add({ calls: 59, holdSeconds: -1 });
    await scene.db.query(
      `insert into refund (id, payment_id, booking_id, amount, currency, calls, next_call_at)
       values ($1, $2, $3, 100, 'USD', 59, now())`,
      [newId(), id, bookingId],
    );
    expect(await stuck()).toEqual({ payments: 0, refunds: 0 });
    expect(await claimOne()).toMatchObject({ id });
    expect(await queue.claimRefunds(10)).toMatchObject([{ paymentId: id, bookingId, provider: 'mock' }]);
    expect([await stuck(), await metric()]).toEqual([{ payments: 1, refunds: 1 }, '2']);
    expect(await queue.claimPayments(10)).toEqual([]);
    await scene.db.query('delete from payment');
    await scene.db.query('delete from refund');
  });

  it('[PAY-9] no row is claimed twice, by however many at once, and a provider can be left out', async () => {
    const ids = await Promise.all(Array.from({ length: 60 }, async () => (await add()).id));
    const rounds = await Promise.all(Array.from({ length: 12 }, () => queue.claimPayments(10)));
    const claimed = rounds.flat().map((payment) => payment.id);
    expect(new Set(claimed).size).toBe(claimed.length);
    while (claimed.length < ids.length) claimed.push(...(await queue.claimPayments(10)).map((payment) => payment.id));
    expect([...claimed].sort()).toEqual([...ids].sort());
    // And one whose claim by somebody else is not committed yet.
    const taken = await add();
    const elsewhere = await scene.db.connect();
    await elsewhere.query('begin');
    await elsewhere.query(`update payment set next_call_at = now() + interval '1 minute' where id = $1`, [taken.id]);
    const late = queue.claimPayments(10);
    // Who does not pass it over waits for it, and then takes it, too.
    await Promise.race([
      late,
      eventually(async () => {
        const { rowCount } = await scene.db.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rowCount;
      }).toBe(1),
    ]);
    await elsewhere.query('commit');
    elsewhere.release();
    expect(await late).toEqual([]);
    const { id } = await add({ provider: 'other' });
    expect(await queue.claimPayments(10, ['other'])).toEqual([]);
    expect(await queue.claimPayments(10, ['mock'])).toMatchObject([{ id, provider: 'other', calls: 0 }]);
  });
});

describe('the caller', () => {
  const due = (provider = 'a'): DuePayment => ({
    id: newId(),
    bookingId: newId(),
    provider,
    amount: { amount: 100, currency: 'USD' },
    method: null,
    todo: 'submit',
    calls: 0,
  });

  /** A queue in memory, and providers whose submissions the test answers. */
  function open(providers: Record<string, PaymentGateway['submit']>) {
    const clock = new ManualClock();
    const waiting: DuePayment[] = [];
    const errors: string[] = [];
    const queue: PaymentQueue = {
      claimPayments: async (limit, except = []) => {
        const taken = waiting.filter(({ provider }) => !except.includes(provider)).slice(0, limit);
        for (const payment of taken) waiting.splice(waiting.indexOf(payment), 1);
        return taken;
      },
      claimRefunds: async () => [],
      voided: async () => undefined,
    };
    const gatewayOf = (name: string, submit: PaymentGateway['submit']): PaymentGateway => ({
      name,
      submit,
      capture: async () => [],
      void: async () => [],
      refund: async () => undefined,
      look: async () => 'unknown',
      parseWebhook: () => ({ events: [], isList: false }),
    });
    const options: GatewayCallerOptions = {
      queue,
      clock,
      gateways: Object.fromEntries(Object.entries(providers).map(([name, submit]) => [name, gatewayOf(name, submit)])),
      apply: async () => undefined,
      onRefunded: async () => undefined,
      report: (error) => {
        errors.push((error as Error).message);
        return '';
      },
    };
    const caller = createGatewayCaller(options);
    const rounds = async () => {
      while (await caller.round());
    };
    return { clock, waiting, errors, caller, rounds };
  }

  it('[PAY-11] calls sixteen at once at most, and one provider that hangs delays no other', async () => {
    let hanging = 0;
    const never = () => new Promise<never>(() => void hanging++);
    let answered = 0;
    const { waiting, rounds, caller } = open({
      a: never,
      b: async () => {
        answered++;
        return [];
      },
    });
    waiting.push(...Array.from({ length: 100 }, () => due('a')), ...Array.from({ length: 100 }, () => due('b')));
    await rounds();
    while (waiting.some(({ provider }) => provider === 'b')) await rounds();
    expect([hanging, answered]).toEqual([16, 100]);
    await caller.close();
  });

  it('[PAY-11] a call that takes too long ends, whether or not it listens, and its place is free', async () => {
    const { clock, errors, waiting, rounds, caller } = open({ a: () => new Promise<never>(() => undefined) });
    waiting.push(due());
    await rounds();
    clock.advance(9_999);
    await rounds();
    expect(errors).toEqual([]);
    clock.advance(1);
    await rounds();
    await caller.idle();
    expect(errors).toEqual(['no answer within 10000 ms']);
  });

  it('[PAY-11] a provider that fails is left alone as a whole, then tried by one call, then used by all', async () => {
    let calls = 0;
    let isDown = true;
    const { clock, waiting, rounds, caller } = open({
      a: async () => {
        calls++;
        if (isDown) throw new Error('down');
        return [];
      },
    });
    const push = (count: number) => waiting.push(...Array.from({ length: count }, () => due()));
    const settle = async () => {
      await rounds();
      await caller.idle();
    };
    push(5);
    await settle();
    expect(calls).toBe(5);
    push(40);
    await settle();
    // Nothing is claimed, so no row's number of calls is used up.
    expect([calls, waiting.length]).toEqual([5, 40]);
    clock.advance(1_000);
    await settle();
    expect([calls, waiting.length]).toEqual([6, 39]);
    await settle();
    expect(calls).toBe(6);
    isDown = false;
    clock.advance(31_000);
    while (waiting.length > 0) await settle();
    expect(calls).toBe(45);
  });

  it('[PAY-11] a refusal is an answer: the provider is not left alone for it', async () => {
    let calls = 0;
    const { waiting, rounds, caller } = open({
      a: async () => {
        calls++;
        throw new GatewayRefusal('not this one');
      },
    });
    for (let turn = 0; turn < 20; turn++) {
      waiting.push(due());
      await rounds();
      await caller.idle();
    }
    expect(calls).toBe(20);
  });

  it('[PAY-11] a provider that nobody knows is said so, and the others are served', async () => {
    let calls = 0;
    const { errors, waiting, rounds, caller } = open({
      a: async () => {
        calls++;
        return [];
      },
    });
    waiting.push(due('stranger'), due('a'));
    await rounds();
    await caller.idle();
    expect([calls, errors]).toEqual([1, ['no gateway for the provider stranger']]);
  });
});
