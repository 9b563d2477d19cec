import { expect, it } from 'vitest';
import { connectGuest, failureOf } from '../support/connect.ts';
import { openScene, silentGateway } from '../support/scene.ts';

it('[WIRE-8] a cabin that somebody else keeps locked is BUSY, not an error, and the same id succeeds later', async () => {
  const scene = await openScene(silentGateway);
  const flight = await scene.flight();
  const guest = await connectGuest(scene.server.url);
  const blocker = await scene.db.connect();
  await blocker.query('begin');
  await blocker.query('select from cabin where flight_id = $1 for update', [flight.id]);
  const input = { id: flight.id, legs: [{ flightId: flight.id, cabin: 'economy' as const }], seats: 1 };
  expect(await failureOf(guest.trpc.booking.hold.mutate(input))).toMatchObject({
    code: 'BUSY',
    retryable: true,
    details: { retryAfterMs: expect.any(Number) },
  });
  await blocker.query('rollback');
  blocker.release();
  expect(await guest.trpc.booking.hold.mutate(input)).toMatchObject({ status: 'held' });
  expect(await scene.drift()).toBe(0);
  await guest.close();
  await scene.close();
});
