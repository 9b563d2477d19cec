import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../server/domain/google-flights/read-answer.ts';
import { backTest } from '../../server/domain/prices/back-test.ts';
import { bandOf, boundsOf, leadBucketOf, percentileOf, verdictOf } from '../../server/domain/prices/verdict.ts';
import { describeRecorded, sharedData } from '../support/shared-data.ts';

const today = (amounts: number[]) => bandOf(amounts.map((amount) => ({ amount, ageDays: 0 })));
const hundred = today(Array.from({ length: 100 }, (_, index) => 100 + index));

describe('a verdict on a price', () => {
  test('[PRICE-1] the cheapest fifth is low, the dearest high; fewer than twenty observations say nothing', () => {
    expect(boundsOf(hundred)).toEqual({ low: 119, usual: 149, high: 179 });
    expect([100, 118, 119, 150, 179, 180, 500].map((amount) => verdictOf(amount, hundred))).toEqual([
      'low',
      'low',
      'typical',
      'typical',
      'typical',
      'high',
      'high',
    ]);
    const few = today(Array.from({ length: 19 }, (_, index) => 100 + index));
    expect(verdictOf(1, few)).toBe('unknown');
    expect(percentileOf(1, few)).toBeNull();
    expect(verdictOf(1, today([]))).toBe('unknown');
    // A price that never moves is what is usual.
    expect(verdictOf(100, today(Array(30).fill(100)))).toBe('typical');
  });

  test('[PRICE-1] recent observations count more: half as much after sixty days', () => {
    const old = Array.from({ length: 40 }, () => ({ amount: 100, ageDays: 240 }));
    const recent = Array.from({ length: 40 }, () => ({ amount: 200, ageDays: 0 }));
    // A sixteenth of the weight is old: the fifth at the bottom begins above it.
    expect(boundsOf(bandOf([...old, ...recent]))).toEqual({ low: 200, usual: 200, high: 200 });
    expect(verdictOf(150, bandOf([...old, ...recent]))).toBe('low');
  });

  test('[PRICE-2] a price that crosses a bound by less than 2 % keeps its verdict', () => {
    expect(verdictOf(118, hundred, 125)).toBe('typical');
    expect(verdictOf(116, hundred, 125)).toBe('low');
    expect(verdictOf(120, hundred, 110)).toBe('low');
    expect(verdictOf(122, hundred, 110)).toBe('typical');
    expect(verdictOf(181, hundred, 170)).toBe('typical');
    expect(verdictOf(183, hundred, 170)).toBe('high');
    // Through the whole band is no wavering.
    expect(verdictOf(180, hundred, 100)).toBe('high');
  });

  test('[PRICE-1] a dearer price never has a lower percentile, and low is below a fifth', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(10_000), { minLength: 20, maxLength: 60 }),
        fc.nat(10_000),
        fc.nat(10_000),
        (amounts, a, b) => {
          const band = today(amounts);
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          expect(percentileOf(low, band)).toBeLessThanOrEqual(percentileOf(high, band) as number);
          if (verdictOf(a, band) === 'low') expect(percentileOf(a, band)).toBeLessThanOrEqual(20);
          if (verdictOf(a, band) === 'high') expect(percentileOf(a, band)).toBeGreaterThanOrEqual(80);
        },
      ),
    );
  });

  test('[PRICE-1] lead time is compared in stretches', () => {
    expect([0, 3, 4, 14, 15, 120, 121, 400].map((days) => leadBucketOf(days).from)).toEqual([
      0, 0, 4, 8, 15, 61, 121, 121,
    ]);
  });
});

describe('the back-test', () => {
  test('[PRICE-3] counts how often "low" was right, and how often any word would have been', () => {
    // Thirty days at 100, a dip to 50 that never comes back, and one that goes on falling.
    const dip = [...Array(30).fill(100), 50, ...Array(10).fill(100)] as number[];
    const fall = [...Array(30).fill(100), 90, 80, 70, 60, 50, 40, 30, 20] as number[];
    const one = backTest([dip]);
    expect([one.low, one.lowRight]).toEqual([1, 1]);
    expect(backTest([fall])).toMatchObject({ low: 1, lowRight: 0 });
    expect(backTest([[1, 2, 3]])).toEqual({ judged: 0, low: 0, lowRight: 0, anyRight: 0 });
  });
});

describeRecorded('the back-test on recorded histories', 'google/nas/flights_new_test.txt', () => {
  test('[PRICE-3] three routes, sixty days each', () => {
    const histories = [
      'nas/flights_new_test.txt',
      'nas/lux_milan_oneway.txt',
      'fli/flight_search_jfk_lax_oneway_usd.bin',
    ].map((file) => {
      const answer = readAnswer({ status: 200, body: readFileSync(sharedData('google', file), 'utf8') }, 'EUR');
      return answer.class === 'ok' ? (answer.results.insight?.history.map(({ price }) => price.amount) ?? []) : [];
    });
    expect(histories.map((each) => each.length)).toEqual([62, 62, 61]);
    const result = backTest(histories);
    console.log(
      `back-test of "low" on recorded histories: right ${result.lowRight} of ${result.low}; any word ${result.anyRight} of ${result.judged}`,
    );
    expect(result.judged).toBe(104);
    expect(result.lowRight).toBeLessThanOrEqual(result.low);
  });
});
