import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../server/config.ts';
import type { FareQuestion } from '../../server/domain/providers/fare-provider.ts';
import { createInventoryProvider } from '../../server/domain/providers/inventory-provider.ts';
import { fareProviders } from '../../server/fare-providers.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import type { AskProvidersInput } from '../../shared/provider.ts';
import { connect, failureOf } from '../support/connect.ts';
import { openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ PROVIDERS: 'simulator,inventory,simulator' });
});
afterAll(() => scene.close());

const question = (more: Partial<FareQuestion>): FareQuestion => ({
  origin: 'LHR',
  destination: 'JFK',
  departDate: '2030-05-01',
  returnDate: null,
  cabin: 'economy',
  party: { adults: 2, children: 0, infantsOnLap: 1, infantsInSeat: 0 },
  ...more,
});

describe('our own inventory as a provider', () => {
  test('[PROV-9] is exact: by price, seats for all, cities, departure and state; a round trip is the sum of two one-ways', async () => {
    const fly = (
      number: string,
      from: string,
      to: string,
      departsAt: string,
      arrivesAt: string,
      amount: number,
      capacity = 10,
    ) =>
      scene.operator.trpc.admin.flights.create.mutate({
        carrier: 'BA',
        number,
        origin: from,
        destination: to,
        departsAt,
        arrivesAt,
        cabins: [{ cabin: 'economy', capacity, price: { amount, currency: 'USD' } }],
      });
    await fly('1', 'LHR', 'JFK', '2030-05-01T09:00', '2030-05-01T12:00', 30_000);
    await fly('2', 'LGW', 'JFK', '2030-05-01T10:00', '2030-05-01T13:00', 20_000);
    await fly('3', 'LHR', 'JFK', '2030-05-01T11:00', '2030-05-01T14:00', 10_000, 1);
    const closed = await fly('4', 'LHR', 'JFK', '2030-05-01T12:00', '2030-05-01T15:00', 5_000);
    await scene.operator.trpc.admin.flights.update.mutate({
      flightId: closed.id,
      expectedVersion: closed.version,
      state: 'closed',
    });
    await fly('5', 'JFK', 'LHR', '2030-05-01T13:30', '2030-05-02T01:00', 15_000);
    await fly('6', 'JFK', 'LGW', '2030-05-01T20:00', '2030-05-02T08:00', 25_000);

    const ask = async (more: Partial<AskProvidersInput>): Promise<string[]> => {
      const { answers, offers } = await scene.operator.trpc.admin.providers.ask.query({
        origin: 'LHR',
        destination: 'JFK',
        departDate: '2030-05-01',
        adults: 2,
        providers: ['inventory'],
        ...more,
      });
      expect(answers.map((each) => each.class)).toEqual([offers.length > 0 ? 'found' : 'empty']);
      return offers.map((offer) => `${offer.key} ${offer.price.amount} ${offer.priceKind}`).sort();
    };
    expect(await ask({})).toEqual(['BA1@2030-05-01 60000 one_way']);
    expect(await ask({ origin: 'LON' })).toEqual(['BA1@2030-05-01 60000 one_way', 'BA2@2030-05-01 40000 one_way']);
    // BA5 leaves half an hour after BA2 has landed, and well after BA1.
    expect(await ask({ origin: 'LON', returnDate: '2030-05-01' })).toEqual([
      'BA1@2030-05-01/BA5@2030-05-01 90000 sum_of_one_ways',
      'BA1@2030-05-01/BA6@2030-05-01 110000 sum_of_one_ways',
      'BA2@2030-05-01/BA6@2030-05-01 90000 sum_of_one_ways',
    ]);
    expect(await ask({ cabin: 'first' })).toEqual([]);
    expect(await ask({ adults: 9 })).toEqual(['BA1@2030-05-01 270000 one_way']);
    expect(await ask({ origin: 'XXX' })).toEqual([]);
  });

  test('[PROV-9] asks once for each direction of a batch, however many combinations share it', async () => {
    let asked = 0;
    const provider = createInventoryProvider({
      find: async (questions) => {
        asked += questions.length;
        return questions.map(() => []);
      },
      airportsOf: (code) => [code],
    });
    const batch = Array.from({ length: 100 }, (_, index) =>
      question({ departDate: `2030-05-0${1 + (index % 5)}`, returnDate: `2030-06-${10 + Math.floor(index / 5)}` }),
    );
    await provider.ask(batch, { signal: new AbortController().signal, at: '2030-04-01T00:00:00.000Z' });
    expect(asked).toBe(25);
  });
});

describe('the providers that are on', () => {
  const named = (env: Record<string, string>) =>
    fareProviders(readConfig(env), {
      clock: systemClock,
      places: { airportsOf: () => [] },
      findOneWays: async () => [],
    }).map((each) => each.name);

  test('[PROV-1] by default our own and the simulator; Google Flights only by name, Duffel only with a token', () => {
    expect(named({})).toEqual(['inventory', 'simulator']);
    expect(named({ PROVIDERS: 'duffel,inventory' })).toEqual(['inventory']);
    expect(named({ PROVIDERS: 'duffel,google-flights', DUFFEL_TOKEN: 't' })).toEqual(['duffel', 'google-flights']);
    expect(() => named({ PROVIDERS: 'skyscanner' })).toThrow(/PROVIDERS/);
  });

  test('[PROV-1] operators see each of them, how it answers and what its canary says; nobody else does', async () => {
    const { trpc } = scene.operator;
    expect((await trpc.admin.providers.list.query()).map((each) => each.name)).toEqual(['simulator', 'inventory']);
    const canary = await trpc.admin.providers.canary.mutate({ provider: 'simulator' });
    expect(canary.last).toMatchObject({ class: 'found', isHealthy: true });
    const [simulator] = await trpc.admin.providers.list.query();
    expect(simulator).toMatchObject({
      budget: { requestsPerWindow: null, requestsLeft: null },
      health: {
        calls: expect.any(Number),
        answers: { found: expect.any(Number) },
        breaker: 'closed',
        lastAnswer: { class: 'found' },
        lastTrouble: null,
      },
      canary: { route: 'LHR-JFK', last: { isHealthy: true } },
    });
    expect(await failureOf(trpc.admin.providers.canary.mutate({ provider: 'inventory' }))).toMatchObject({
      code: 'NOT_ALLOWED',
    });
    expect(await failureOf(trpc.admin.providers.canary.mutate({ provider: 'duffel' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await failureOf(scene.guest.trpc.admin.providers.list.query())).toMatchObject({ code: 'FORBIDDEN' });
    const stranger = connect(scene.server.url);
    expect(await failureOf(stranger.trpc.admin.providers.list.query())).toMatchObject({ code: 'UNAUTHENTICATED' });
    await stranger.close();
  });

  test('[PROV-14] an operator asks several at once and sees one list', async () => {
    const { trpc } = scene.operator;
    const view = await trpc.admin.providers.ask.query({ origin: 'LHR', destination: 'JFK', departDate: '2030-05-01' });
    expect(view.answers.map((each) => [each.provider, each.class])).toEqual([
      ['simulator', 'found'],
      ['inventory', 'found'],
    ]);
    expect(view.offers.find((each) => each.key === 'BA3@2030-05-01')).toMatchObject({ providers: ['inventory'] });
    const amounts = view.offers.map((each) => each.price.amount);
    expect(amounts).toEqual(amounts.toSorted((a, b) => a - b));
    expect(
      await failureOf(
        trpc.admin.providers.ask.query({
          origin: 'LHR',
          destination: 'JFK',
          departDate: '2030-05-01',
          providers: ['duffel'],
        }),
      ),
    ).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
