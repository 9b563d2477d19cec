import { expect, it } from 'vitest';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, silentGateway } from '../support/scene.ts';

it('[SEARCH-11] a search that is no longer kept is made again, and goes on behind the last journey shown', async () => {
  let later = 0;
  const scene = await openScene(silentGateway, { clock: { ...systemClock, now: () => systemClock.now() + later } });
  const date = dateIn(31);
  const fly = (hour: number, price: number) =>
    scene.flight({
      origin: 'CDG',
      destination: 'JFK',
      departsAt: `${date}T${10 + hour}:00`,
      arrivesAt: `${date}T${12 + hour}:00`,
      price,
    });
  const cheapest = await fly(1, 10_000);
  for (let n = 2; n <= 4; n++) await fly(n, 10_000 * n);
  const page = async (cursor: string | null) => {
    const found = await scene.guest.trpc.search.itineraries.query({
      slices: [{ origin: ['PAR'], destination: ['JFK'], date }],
      sort: 'price',
      dominated: true,
      limit: 2,
      cursor,
    });
    return { ...found, prices: found.itineraries.map((each) => each.price.amount) };
  };
  const first = await page(null);
  expect(first.prices).toEqual([10_000, 20_000]);
  await fly(5, 1);
  later = 6 * 60_000;
  expect((await page(first.nextCursor)).prices).toEqual([30_000, 40_000]);
  // Where the last journey is no more, as many are passed over as were shown.
  const { nextCursor, prices } = await page(null);
  expect(prices).toEqual([1, 10_000]);
  later = 12 * 60_000;
  await scene.operator.trpc.admin.flights.remove.mutate({ flightId: cheapest.id, expectedVersion: cheapest.version });
  await expect.poll(async () => (await page(nextCursor)).prices).toEqual([30_000, 40_000]);
  await scene.close();
});
