import { expect, it } from 'vitest';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { failureOf } from '../support/connect.ts';
import { openScene, silentGateway } from '../support/scene.ts';

const hourMs = 3_600_000;

it('[SEARCH-16] a journey whose first flight has left is not offered, and one that leaves soon is', async () => {
  let later = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + later };
  const scene = await openScene(silentGateway, { clock });
  // Keflavík's clocks are UTC all the year.
  const at = (hours: number) => new Date(systemClock.now() + hours * hourMs).toISOString().slice(0, 16);
  const legs = { departsAt: at(1), arrivesAt: at(4) };
  const flight = await scene.flight({ origin: 'KEF', destination: 'LHR', ...legs });
  const search = async () => {
    const { itineraries } = await scene.guest.trpc.search.itineraries.query({
      slices: [{ origin: ['KEF'], destination: ['LHR'], date: legs.departsAt.slice(0, 10) }],
    });
    return itineraries.map((each) => each.slices[0]?.legs[0]?.id);
  };
  await expect.poll(search).toEqual([flight.id]);
  later = 2 * hourMs;
  expect(await search()).toEqual([]);
  // Selling goes by the record's clock, which has not moved; it refuses what has left by itself.
  await scene.db.query(`update cabin set departs_at_utc = now() - interval '1 minute' where flight_id = $1`, [
    flight.id,
  ]);
  expect(await failureOf(scene.hold(flight.id))).toMatchObject({ code: 'CLOSED' });
  await scene.close();
});
