import type { ItineraryFacets } from '../../../../shared/itinerary.ts';
import { type Money, money } from '../../../../shared/money.ts';

const choicesMax = 6;
const minutesSteps = [30, 60, 120, 180, 240, 360, 720, 1_440];
/** 1, 2, 5, 10, 20, 50 and so on, of the smallest unit. */
const amountSteps = Array.from({ length: 13 }, (_, digits) => [1, 2, 5].map((first) => first * 10 ** digits)).flat();

/** Round values that leave something over and take something away: as fine as they can be told at a glance. */
function roundValues(least: number, most: number, steps: number[]): number[] {
  const countOf = (step: number) => Math.ceil(most / step) - Math.ceil(least / step);
  const step = steps.find((each) => countOf(each) <= choicesMax) ?? most;
  return Array.from({ length: countOf(step) }, (_, index) => (Math.ceil(least / step) + index) * step);
}

/** None where there are several currencies: prices of the others would be left out unseen. */
export function priceChoices(range: ItineraryFacets['price']): Money[] {
  if (!range || range.least.currency !== range.most.currency) return [];
  const { least, most } = range;
  return roundValues(least.amount, most.amount, amountSteps).map((amount) => money(amount, least.currency));
}

export const durationChoices = (range: ItineraryFacets['durationMinutes']): number[] =>
  range ? roundValues(range.least, range.most, minutesSteps) : [];
