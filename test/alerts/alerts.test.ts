import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyWebhook } from '../../server/domain/payments/webhook-signature.ts';
import { readAll } from '../../server/platform/http/http-client.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import type { FiredAlert } from '../../shared/alert.ts';
import type { OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connect, connectGuest, failureOf } from '../support/connect.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
const posted: { headers: Record<string, unknown>; body: Buffer }[] = [];
let refusals = 1;
const receiver = createServer(async (request, response) => {
  posted.push({ headers: request.headers, body: await readAll(request, 100_000) });
  response.writeHead(refusals-- > 0 ? 500 : 204).end();
});
beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  scene = await openScene({ WEBHOOK_PRIVATE_ADDRESSES: '1' });
});
afterAll(async () => {
  await scene.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

const usd = (amount: number) => ({ amount, currency: 'USD' });
const wish = (more: object = {}) => ({
  id: newId(),
  origin: 'JFK',
  destination: 'LHR',
  departFrom: dateIn(25),
  departTo: dateIn(35),
  target: usd(25_000),
  ...more,
});

/** Alerts as they come, with the ids to go on from. */
function listen(who: Connected, lastEventId?: string) {
  const fired: { eventId: string; alert: FiredAlert }[] = [];
  const started = Promise.withResolvers<void>();
  const subscription = who.trpc.alerts.onFired.subscribe(lastEventId ? { lastEventId } : undefined, {
    onStarted: () => started.resolve(),
    onData: ({ id, data }) => void fired.push({ eventId: id, alert: data }),
    onError: started.reject,
  });
  return { fired, started: started.promise, stop: () => subscription.unsubscribe() };
}

async function reprice(flight: OperatorFlightView, amount: number): Promise<OperatorFlightView> {
  return scene.operator.trpc.admin.flights.update.mutate({
    flightId: flight.id,
    expectedVersion: flight.version,
    cabins: [{ cabin: 'economy', price: usd(amount) }],
  });
}
const count = async (sql: string, ...values: unknown[]) => Number((await scene.db.query(sql, values)).rows[0]?.n);
/** The price that the alert has been looked at with. */
const looked = (who: Connected, id: string, amount: number) =>
  expect
    .poll(async () => (await who.trpc.alerts.list.query()).alerts.find((each) => each.id === id)?.price?.amount)
    .toBe(amount);

describe('alerts', () => {
  test('[ALERT-1] [ALERT-3] each crossing fires once, in the order, with two processes that look; who was away misses none', async () => {
    const other = await scene.server.startAnother();
    const owner = await connectGuest(scene.server.url);
    let flight = await scene.flight({ price: 30_000 });
    const alert = await owner.trpc.alerts.create.mutate(wish());
    expect(alert).toMatchObject({ target: usd(25_000), dropBy: null, isArmed: true, fired: 0, webhook: null });
    const first = listen(owner);
    await first.started;
    await looked(owner, alert.id, 30_000);
    for (const amount of [24_000, 30_000, 23_000]) {
      flight = await reprice(flight, amount);
      await looked(owner, alert.id, amount);
    }
    await expect.poll(() => first.fired.length).toBe(2);
    expect(
      first.fired.map(({ alert: each }) => [each.crossing, each.price.amount, each.was?.amount, each.provider]),
    ).toEqual([
      [1, 24_000, 30_000, 'inventory'],
      [2, 23_000, 30_000, 'inventory'],
    ]);
    first.stop();
    for (const amount of [26_000, 20_000]) {
      flight = await reprice(flight, amount);
      await looked(owner, alert.id, amount);
    }
    const again = listen(
      { ...owner, ...connect(other.url, { token: owner.token }) } as Connected,
      first.fired[0]?.eventId,
    );
    await expect.poll(() => again.fired.length).toBe(2);
    expect(again.fired.map(({ alert: each }) => each.crossing)).toEqual([2, 3]);
    again.stop();
    expect(await count(`select count(*) as n from outbox where type = 'alert.fired'`)).toBe(3);
    expect((await owner.trpc.alerts.remove.mutate({ id: alert.id })).fired).toBe(3);
    await scene.operator.trpc.admin.flights.remove.mutate({ flightId: flight.id, expectedVersion: flight.version });
    await owner.close();
  });

  test('[ALERT-3] two that decide the same crossing at the same moment: one fires it', async () => {
    const owner = await connectGuest(scene.server.url);
    const other = await scene.server.startAnother();
    // Both processes are held with their decision made, and let go together.
    const gate = Promise.withResolvers<void>();
    let waiting = 0;
    const disarm = armPausePoint('alerts.settle', () => {
      if (++waiting === 2) gate.resolve();
      return gate.promise;
    });
    const listening = listen(owner);
    await listening.started;
    const flight = await scene.flight({ price: 20_000, origin: 'CDG', destination: 'AMS' });
    await owner.trpc.alerts.create.mutate(wish({ origin: 'CDG', destination: 'AMS' }));
    await expect.poll(() => listening.fired.length).toBe(1);
    expect(waiting).toBeGreaterThanOrEqual(2);
    disarm();
    await looked(owner, (await owner.trpc.alerts.list.query()).alerts[0]?.id as string, 20_000);
    expect(await count(`select count(*) as n from outbox where type = 'alert.fired' and data->>'origin' = 'CDG'`)).toBe(
      1,
    );
    listening.stop();
    await scene.operator.trpc.admin.flights.remove.mutate({ flightId: flight.id, expectedVersion: flight.version });
    await other.stop();
    await owner.close();
  });

  test('[ALERT-4] a webhook is signed with the secret of its alert, tried again, and given up where it leads inside', async () => {
    const owner = await connectGuest(scene.server.url);
    const flight = await scene.flight({ price: 20_000, origin: 'CDG', destination: 'MAD' });
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const { webhook, id } = await owner.trpc.alerts.create.mutate(
      wish({ origin: 'CDG', destination: 'MAD', webhookUrl: url }),
    );
    await expect.poll(() => posted.length).toBe(1);
    // The first was refused; the next is due in some seconds, which the test does not wait for.
    await expect
      .poll(() => count(`select count(*) as n from alert_delivery where alert_id = $1 and detail = 'status 500'`, id))
      .toBe(1);
    await scene.db.query(`update alert_delivery set next_try_at = now() where alert_id = $1`, [id]);
    await expect
      .poll(
        async () =>
          (await scene.db.query('select status, detail, tries from alert_delivery where alert_id = $1', [id])).rows,
        { timeout: 10_000 },
      )
      .toEqual([{ status: 'delivered', detail: 'status 204', tries: 2 }]);
    const bodies = posted.map(({ body }) => JSON.parse(body.toString()) as { id: string });
    expect(bodies).toEqual([bodies[0], bodies[0]]);
    expect(bodies[0]).toMatchObject({
      id: `${id}-1`,
      type: 'alert.fired',
      alertId: id,
      price: usd(20_000),
      origin: 'CDG',
    });
    for (const { headers, body } of posted) {
      const signature = headers['airside-signature'] as string;
      expect(verifyWebhook([webhook?.secret as string], signature, body, Date.now())).toBe(true);
      expect(verifyWebhook(['other'], signature, body, Date.now())).toBe(false);
    }
    await scene.operator.trpc.admin.flights.remove.mutate({ flightId: flight.id, expectedVersion: flight.version });
    await owner.close();
  });

  test('[ALERT-4] without leave a webhook does not lead into the own network', async () => {
    const strict = await openScene();
    await strict.flight({ price: 20_000 });
    const before = posted.length;
    const port = (receiver.address() as AddressInfo).port;
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      await strict.guest.trpc.alerts.create.mutate(wish({ webhookUrl: `http://${host}:${port}/` }));
    }
    await expect
      .poll(async () =>
        (await strict.db.query(`select detail from alert_delivery where status = 'given_up'`)).rows.map(
          (row) => row.detail,
        ),
      )
      .toEqual(Array(3).fill('an address of our own network'));
    expect(posted.length).toBe(before);
    await strict.close();
  });

  test('[ALERT-5] mail goes to the address of the account, and without a server operators see what it says', async () => {
    const stranger = connect(scene.server.url);
    const { token } = await stranger.trpc.auth.signUp.mutate({
      email: `a-${newId()}@example.com`,
      password: 'a long enough password',
    });
    await stranger.close();
    const owner = connect(scene.server.url, { token });
    const flight = await scene.flight({ price: 20_000, origin: 'CDG', destination: 'FCO' });
    await owner.trpc.alerts.create.mutate(wish({ origin: 'CDG', destination: 'FCO', mail: true }));
    await expect
      .poll(async () => (await scene.operator.trpc.admin.mails.query()).mails)
      .toMatchObject([{ subject: `CDG to FCO on ${dateIn(30)}: $200.00`, status: 'delivered', crossing: 1 }]);
    const [mail] = (await scene.operator.trpc.admin.mails.query()).mails;
    expect(mail?.text).toContain('Your target is $250.00.');
    expect(mail?.to).toMatch(/@example\.com$/);
    expect(await failureOf(scene.guest.trpc.alerts.create.mutate(wish({ mail: true })))).toMatchObject({
      code: 'NOT_ALLOWED',
    });
    expect(await failureOf(owner.trpc.admin.mails.query())).toMatchObject({ code: 'FORBIDDEN' });
    await scene.operator.trpc.admin.flights.remove.mutate({ flightId: flight.id, expectedVersion: flight.version });
    await owner.close();
  });

  test('[ALERT-7] quiet hours that end when they begin would be none, or all day: they are refused', async () => {
    const owner = await connectGuest(scene.server.url);
    const quietHours = { from: '08:00', to: '08:00', zone: 'UTC' };
    expect(await failureOf(owner.trpc.alerts.create.mutate(wish({ quietHours })))).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: ['quietHours', 'to'] }] },
    });
    await owner.close();
  });

  test('[ALERT-6] the same wish again is the same alert; each is its owner\u2019s alone; fifty are enough', async () => {
    const owner = await connectGuest(scene.server.url);
    const { trpc } = owner;
    const one = wish({ origin: 'SYD', destination: 'MEL' });
    const created = await trpc.alerts.create.mutate(one);
    expect(await trpc.alerts.create.mutate(one)).toEqual(created);
    expect(await failureOf(trpc.alerts.create.mutate({ ...one, target: usd(1) }))).toMatchObject({
      code: 'REQUEST_ID_REUSED',
    });
    expect(await failureOf(scene.guest.trpc.alerts.create.mutate(one))).toMatchObject({ code: 'REQUEST_ID_REUSED' });
    expect(await failureOf(scene.guest.trpc.alerts.remove.mutate({ id: one.id }))).toMatchObject({ code: 'NOT_FOUND' });
    const bad: object[] = [
      { dropBy: usd(5) },
      { target: undefined },
      { departTo: dateIn(1) },
      { departTo: dateIn(200) },
      { origin: 'ZZZ' },
      { provider: 'duffel' },
      { quietHours: { from: '22:00', to: '07:00', zone: 'Mars/Olympus' } },
      { webhookUrl: 'ftp://example.com' },
    ];
    for (const more of bad)
      expect(await failureOf(trpc.alerts.create.mutate(wish(more)))).toMatchObject({ code: 'INVALID_INPUT' });
    await Promise.all(
      Array.from({ length: 49 }, () => trpc.alerts.create.mutate(wish({ origin: 'SYD', destination: 'MEL' }))),
    );
    expect(await failureOf(trpc.alerts.create.mutate(wish()))).toMatchObject({ code: 'NOT_ALLOWED' });
    expect((await trpc.alerts.list.query()).alerts).toHaveLength(50);
    const stranger = connect(scene.server.url);
    expect(await failureOf(stranger.trpc.alerts.list.query())).toMatchObject({ code: 'UNAUTHENTICATED' });
    await stranger.close();
    await owner.close();
  });

  test('[ALERT-1] a job\u2019s prices fire alerts, too: a fall from the height', async () => {
    const owner = await connectGuest(scene.server.url);
    const listening = listen(owner);
    await listening.started;
    const observe = async (amount: number) => {
      await scene.db.query(
        `insert into price_observation (provider, origin, destination, cabin, trip, currency, depart_date, observed_on,
           least_amount, latest_amount, samples, latest_at)
         values ('simulator', 'OSL', 'BER', 'economy', 'one_way', 'USD', $1, $2, $3, $3, 1, now())
         on conflict (origin, destination, cabin, trip, depart_date, observed_on, provider, currency)
         do update set latest_amount = excluded.latest_amount, least_amount = least(price_observation.least_amount, excluded.least_amount), latest_at = now()`,
        [dateIn(30), dateIn(0), amount],
      );
    };
    const { id } = await owner.trpc.alerts.create.mutate(
      wish({ origin: 'OSL', destination: 'BER', target: undefined, dropBy: usd(5_000) }),
    );
    for (const amount of [40_000, 44_000, 40_000, 39_000]) {
      await observe(amount);
      // Creating another one makes the alerts be looked at.
      const nudge = wish({ origin: 'SYD', destination: 'MEL' });
      await owner.trpc.alerts.create.mutate(nudge);
      await owner.trpc.alerts.remove.mutate({ id: nudge.id });
      await looked(owner, id, amount);
    }
    await expect.poll(() => listening.fired.length).toBe(1);
    expect(listening.fired[0]?.alert).toMatchObject({
      price: usd(39_000),
      was: usd(44_000),
      dropBy: usd(5_000),
      provider: 'simulator',
    });
    listening.stop();
    await owner.close();
  });
});
