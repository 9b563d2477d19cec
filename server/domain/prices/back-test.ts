import { bandOf, observationsMin, verdictOf } from './verdict.ts';

/** How often the word "low" was right on a series of daily prices. */
export interface BackTest {
  /** Days that were judged: those with enough before and seven days after them. */
  judged: number;
  low: number;
  /** Of those that were called low: nothing cheaper by more than 2 % came within a week. */
  lowRight: number;
  /** Of all judged days: what a word that knows nothing would be right of. */
  anyRight: number;
}

const horizonDays = 7;
const worthWhile = 0.02;

/**
 * Walks through series of prices, one a day, oldest first, as if each day were today: the verdict knows
 * what came before, and the week after tells whether buying was right.
 */
export function backTest(series: readonly (readonly number[])[]): BackTest {
  const result: BackTest = { judged: 0, low: 0, lowRight: 0, anyRight: 0 };
  for (const prices of series) {
    for (let day = observationsMin; day + horizonDays < prices.length; day++) {
      const price = prices[day] as number;
      const before = prices.slice(0, day).map((amount, index) => ({ amount, ageDays: day - index }));
      const isLow = verdictOf(price, bandOf(before), prices[day - 1]) === 'low';
      const isRight = Math.min(...prices.slice(day + 1, day + 1 + horizonDays)) >= price * (1 - worthWhile);
      result.judged++;
      if (isRight) result.anyRight++;
      if (isLow) result.low++;
      if (isLow && isRight) result.lowRight++;
    }
  }
  return result;
}
