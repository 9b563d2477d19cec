import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BookingView } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import { connect, connectGuest, failureOf } from '../support/connect.ts';
import { createFlight } from '../support/flights.ts';
import { apiKey, enginesOf, launch } from '../support/launch-server.ts';

describe('kill -9 of server, Postgres and Redis at once, in the middle of a sale', () => {
  let dataDir: string;
  const children: ChildProcess[] = [];
  let running: { url: string } | undefined;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'airside-recovery-'));
  });
  afterAll(async () => {
    const last = children.at(-1);
    if (last && last.exitCode === null) {
      last.kill('SIGTERM');
      await new Promise((resolve) => last.once('exit', resolve));
    }
    expect(await enginesOf(dataDir)).toEqual([]);
    await rm(dataDir, { recursive: true, force: true });
  });

  it('[RUN-18] the next start serves, every acknowledged hold is there, nothing drifts', async () => {
    const first = await launch(dataDir);
    children.push(first.child);
    const operator = connect(first.url, { apiKey });
    const flight = await createFlight(operator, { seats: 500 });
    const buyers = await Promise.all(Array.from({ length: 8 }, () => connectGuest(first.url)));

    // Every buyer holds and pays without a pause; in the middle of it everything is killed.
    const acknowledged = new Map<string, { token: string; view: BookingView }>();
    let enough = () => {};
    const midSale = new Promise<void>((resolve) => {
      enough = resolve;
    });
    let killed = false;
    const buying = buyers.map(async (buyer) => {
      while (!killed) {
        const id = newId();
        const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
        const held = await buyer.trpc.booking.hold.mutate({ id, legs, seats: 1 });
        acknowledged.set(id, { token: buyer.token, view: held });
        if (acknowledged.size >= 60) enough();
        acknowledged.set(id, { token: buyer.token, view: await buyer.trpc.booking.pay.mutate({ id }) });
      }
    });
    const settled = Promise.allSettled(buying);
    await midSale;
    const exited = new Promise((resolve) => first.child.once('exit', resolve));
    const victims = [first.child.pid as number, ...(await enginesOf(dataDir))];
    expect(victims.length).toBeGreaterThan(2);
    for (const pid of victims) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It died with its parent.
      }
    }
    killed = true;
    await exited;
    await Promise.all([operator.close(), ...buyers.map((buyer) => buyer.close())]);
    await settled;

    const second = await launch(dataDir);
    children.push(second.child);
    running = second;
    const again = connect(second.url, { apiKey });
    expect(acknowledged.size).toBeGreaterThanOrEqual(60);
    for (const buyer of buyers) {
      // Tokens and keys survived as well.
      const owner = connect(second.url, { token: buyer.token });
      for (const [id, { token, view }] of acknowledged) {
        if (token !== buyer.token) continue;
        const now = await owner.trpc.booking.get.query({ id });
        expect(now.version).toBeGreaterThanOrEqual(view.version);
        if (view.status !== 'held') expect(['paying', 'confirmed']).toContain(now.status);
      }
      await owner.close();
    }
    expect(await again.trpc.admin.seats.audit.query()).toMatchObject({ drift: 0 });

    // Payments that were on their way are asked for again and end.
    const statuses = async () => (await again.trpc.admin.overview.query()).bookings;
    await expect.poll(async () => (await statuses()).paying, { timeout: 60_000, interval: 500 }).toBe(0);
    const guest = await connectGuest(second.url);
    const left = (await guest.trpc.flights.get.query({ flightId: flight.id })).cabins[0]?.available as number;
    const bookings = await statuses();
    expect(left).toBe(500 - bookings.held - bookings.confirmed);
    const tooMany = guest.trpc.booking.hold.mutate({
      id: newId(),
      legs: [{ flightId: flight.id, cabin: 'first' }],
      seats: 1,
    });
    expect(await failureOf(tooMany)).toMatchObject({ code: 'NOT_FOUND' });
    await Promise.all([guest.close(), again.close()]);
  }, 120_000);

  it('[RUN-19] [MATRIX-10] an engine that dies alone is started again, and whoever was connected goes on', async () => {
    const child = children.at(-1) as ChildProcess;
    const { url } = running as { url: string };
    const operator = connect(url, { apiKey });
    const buyer = await connectGuest(url);
    const flight = await createFlight(operator, { seats: 50 });
    const hold = () =>
      buyer.trpc.booking.hold.mutate({ id: newId(), legs: [{ flightId: flight.id, cabin: 'economy' }], seats: 1 });
    const { id } = await hold();
    const statuses: string[] = [];
    const subscriptions = [
      buyer.trpc.booking.onStatus.subscribe({ bookingId: id }, { onData: ({ data }) => statuses.push(data.status) }),
    ];
    let available = -1;
    subscriptions.push(
      buyer.trpc.flights.onSeats.subscribe(
        { flightIds: [flight.id] },
        {
          onData: ({ data }) => {
            available = data.cabins[0]?.available ?? -1;
          },
        },
      ),
    );
    await expect.poll(() => [available, statuses.length]).toEqual([49, 1]);

    const before = await enginesOf(dataDir);
    for (const name of ['postgres', 'redis-server']) {
      for (const pid of await enginesOf(dataDir, name)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // A backend that went with its postmaster.
        }
      }
      // While it is away a call is told to come back; nothing hangs, nothing else is said.
      const seats = available;
      const answer = async () => {
        try {
          await hold();
          return 'held';
        } catch (error) {
          return (await failureOf(Promise.reject(error))).code;
        }
      };
      let last = await answer();
      while (last === 'UNAVAILABLE') last = await answer();
      expect(last).toBe('held');
      await expect.poll(() => available, { timeout: 15_000 }).toBeLessThan(seats);
    }
    await buyer.trpc.booking.pay.mutate({ id });
    await expect.poll(() => statuses, { timeout: 15_000 }).toEqual(['held', 'paying', 'confirmed']);
    expect(await operator.trpc.admin.seats.audit.query()).toMatchObject({ drift: 0 });
    const after = await enginesOf(dataDir);
    expect(after.some((pid) => !before.includes(pid))).toBe(true);
    expect(child.exitCode).toBeNull();
    for (const subscription of subscriptions) subscription.unsubscribe();
    await Promise.all([operator.close(), buyer.close()]);
  }, 90_000);
});
