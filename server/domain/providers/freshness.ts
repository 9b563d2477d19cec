import type { Instant } from '../../../shared/times.ts';
import type { FareAnswer, FareQuestion } from './fare-provider.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Fares of near departures move by the hour, far ones by the day. */
const livesByLeadDays: [days: number, lifeMs: number][] = [
  [3, 10 * minuteMs],
  [7, 30 * minuteMs],
  [30, 120 * minuteMs],
  [Number.POSITIVE_INFINITY, 360 * minuteMs],
];
const emptyLifeMs = 30 * minuteMs;

/**
 * How long an answer stays good: by the time to departure where fares were found, half an hour where
 * there are none, not at all where nothing is known.
 */
export function freshForLeadTime(question: FareQuestion, answer: FareAnswer, at: Instant): number {
  if (answer.outcome === 'unknown') return 0;
  const leadDays = (Date.parse(question.departDate) - Date.parse(at)) / dayMs;
  const lifeMs = livesByLeadDays.find(([days]) => leadDays <= days)?.[1] as number;
  return answer.outcome === 'empty' ? Math.min(emptyLifeMs, lifeMs) : lifeMs;
}

/** For answers that are exact at their moment and cost nothing to ask again: they are not kept at all. */
export const neverFresh = (): number => 0;
