import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { connect, connectGuest, failureOf } from '../support/connect.ts';
import { createFlight } from '../support/flights.ts';
import { apiKey, enginesOf, launch } from '../support/launch-server.ts';

it('[RUN-20] several processes share one port, sell the same seats, and end together', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'airside-many-'));
  const { child, url } = await launch(dataDir, { WEB_CONCURRENCY: '2' });
  const operator = connect(url, { apiKey });
  const flight = await createFlight(operator, { seats: 10 });
  const guests = await Promise.all(Array.from({ length: 30 }, () => connectGuest(url)));
  const answers = await Promise.all(
    guests.map(async (guest) => {
      try {
        const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
        const { id } = await guest.trpc.booking.hold.mutate({ id: newId(), legs, seats: 1 });
        await guest.trpc.booking.pay.mutate({ id });
        return id;
      } catch (error) {
        expect((await failureOf(Promise.reject(error))).code).toBe('SOLD_OUT');
        return undefined;
      }
    }),
  );
  expect(answers.filter((id) => id !== undefined)).toHaveLength(10);
  const bookings = async () => (await operator.trpc.admin.overview.query()).bookings.confirmed;
  await expect.poll(bookings, { timeout: 15_000 }).toBe(10);
  expect(await operator.trpc.admin.seats.audit.query()).toMatchObject({ drift: 0 });
  await Promise.all([operator.close(), ...guests.map((guest) => guest.close())]);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await enginesOf(dataDir)).toEqual([]);
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);
