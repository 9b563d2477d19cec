import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('search.itineraries', () => {
  let scene: Scene;
  const day = dateIn(30);
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(() => scene.close());

  const ask = (input: Parameters<typeof scene.guest.trpc.search.itineraries.query>[0]) =>
    scene.guest.trpc.search.itineraries.query(input);

  it('[SEARCH-6] finds direct and connecting journeys', async () => {
    await scene.flight({
      origin: 'JFK',
      destination: 'LHR',
      departsAt: `${day}T09:00`,
      arrivesAt: `${day}T21:00`,
      price: 50_000,
    });
    await scene.flight({
      origin: 'JFK',
      destination: 'DUB',
      departsAt: `${day}T09:30`,
      arrivesAt: `${day}T21:00`,
      price: 20_000,
    });
    await scene.flight({
      origin: 'DUB',
      destination: 'LHR',
      departsAt: `${day}T22:30`,
      arrivesAt: `${day}T23:50`,
      price: 5_000,
    });
    const found = await ask({
      slices: [{ origin: ['NYC'], destination: ['LON'], date: day }],
      passengers: { adults: 2 },
      sort: 'price',
    });
    expect(found.itineraries.map((each) => [each.price.amount, each.slices[0]?.stops])).toEqual([
      [50_000, 1],
      [100_000, 0],
    ]);
    const [first] = found.itineraries;
    const legs = first?.slices[0]?.legs.map((leg) => ({ flightId: leg.id, cabin: leg.cabin })) ?? [];
    const held = await scene.guest.trpc.booking.hold.mutate({
      id: newId(),
      legs,
      seats: 2,
      offerToken: first?.offerToken as string,
    });
    expect(held).toMatchObject({ status: 'held', price: first?.price });
    // A sale is seen by whoever searches next.
    const after = await ask({ slices: [{ origin: ['NYC'], destination: ['LON'], date: day }], sort: 'price' });
    expect(after.itineraries[0]).toMatchObject({ id: first?.id, seatsLeft: 8 });
  });
});
