import { describe, expect, test } from 'vitest';
import type { FareQuestion, SimulatorSettings } from '../../server/domain/providers/fare-provider.ts';
import { createSimulatorProvider, simulatorFate } from '../../server/domain/providers/simulator-provider.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';

const provider = createSimulatorProvider(systemClock);
const settings: SimulatorSettings = { seed: 7, latencyMs: 0, failRate: 0.2, blockRate: 0.1, emptyRate: 0.3 };
const questions = Array.from(
  { length: 2_000 },
  (_, index): FareQuestion => ({
    origin: ['LHR', 'CDG', 'JFK', 'NRT'][index % 4] as string,
    destination: ['SYD', 'GRU', 'SIN', 'CPT'][(index >> 2) % 4] as string,
    departDate: new Date(Date.UTC(2027, 0, 1 + (index >> 4))).toISOString().slice(0, 10),
    returnDate: index % 3 === 0 ? '2027-11-01' : null,
    cabin: 'economy',
    party: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
  }),
);
const ask = (simulator: SimulatorSettings, attempt = 1, at = '2026-12-01T10:00:00.000Z') =>
  provider.ask(questions, { signal: new AbortController().signal, at, attempt, simulator });

describe('the simulator', () => {
  test('[PROV-2] gives the same answers to the same seed, question and day; another day moves prices, another seed all', async () => {
    const first = await ask(settings);
    expect(await ask(settings)).toEqual(first);
    const nextDay = await ask(settings, 1, '2026-12-02T10:00:00.000Z');
    expect(nextDay.map((each) => each.outcome)).toEqual(first.map((each) => each.outcome));
    const moved = first.filter((each, index) => JSON.stringify(each) !== JSON.stringify(nextDay[index]));
    expect(moved.length).toBeGreaterThan(first.filter((each) => each.outcome === 'found').length * 0.95);
    expect((await ask({ ...settings, seed: 8 })).map((each) => each.outcome)).not.toEqual(
      first.map((each) => each.outcome),
    );
  });

  test('[PROV-2] refuses, passes and finds as the fate of each question says, attempt by attempt', async () => {
    const fates = questions.map((question) => simulatorFate(settings, question));
    for (const attempt of [1, 2, 3, 4]) {
      const answers = await ask(settings, attempt);
      answers.forEach((answer, index) => {
        const fate = fates[index] as (typeof fates)[number];
        const refuses = fate.passesAfter === null || attempt <= fate.passesAfter;
        expect(answer.outcome).toBe(refuses ? 'unknown' : fate.outcome);
        if (answer.outcome === 'unknown') expect(answer.reason === 'blocked').toBe(fate.refusal === 'blocked');
      });
    }
    // By the rates: a tenth blocked and half of that for ever, a fifth failing and a tenth of that for ever.
    const share = (of: (fate: (typeof fates)[number]) => boolean) => fates.filter(of).length / fates.length;
    expect(share((fate) => fate.refusal === 'blocked')).toBeCloseTo(0.1, 1);
    expect(share((fate) => fate.refusal === 'failed')).toBeCloseTo(0.2, 1);
    expect(share((fate) => fate.outcome === 'empty')).toBeCloseTo(0.3, 1);
    expect(share((fate) => fate.passesAfter === null)).toBeGreaterThan(0.04);
    expect(share((fate) => fate.passesAfter === null)).toBeLessThan(0.11);
  });

  test('[PROV-2] offers are sorted, whole numbers, and of the kind that was asked for', async () => {
    for (const [index, answer] of (await ask({ ...settings, failRate: 0, blockRate: 0 })).entries()) {
      if (answer.outcome !== 'found') continue;
      const amounts = answer.offers.map((offer) => offer.price.amount);
      expect(amounts).toEqual(amounts.toSorted((a, b) => a - b));
      expect(amounts.every(Number.isSafeInteger)).toBe(true);
      const kind = questions[index]?.returnDate ? 'round_trip' : 'one_way';
      expect(answer.offers.every((offer) => offer.priceKind === kind)).toBe(true);
    }
  });
});
