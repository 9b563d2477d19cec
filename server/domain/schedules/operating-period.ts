/** Days on which something operates: whole days since 1970-01-01, both ends included. */
export interface OperatingPeriod {
  from: number;
  to: number;
  /** One bit a weekday, Monday lowest. */
  weekdays: number;
  /** Every week, or every second one counted from `from`. */
  everyWeeks: 1 | 2;
}

/** Monday is 0. 1970-01-01 was a Thursday. */
const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;

const operatesOn = ({ from, weekdays, everyWeeks }: OperatingPeriod, day: number): boolean =>
  ((weekdays >> weekdayOf(day)) & 1) === 1 && (everyWeeks === 1 || Math.floor((day - from) / 7) % 2 === 0);

/** The days of a period, earliest first. */
export function* daysOfPeriod(period: OperatingPeriod): Generator<number> {
  for (let day = period.from; day <= period.to; day++) if (operatesOn(period, day)) yield day;
}

/**
 * Days, sorted and each once, as few weekly periods: each begins with the first day that is not covered yet, takes
 * the weekdays of the seven days from there, and goes on for as long as exactly those weekdays operate.
 */
export function periodsOfDays(days: readonly number[]): OperatingPeriod[] {
  const periods: OperatingPeriod[] = [];
  for (let next = 0; next < days.length; ) {
    const from = days[next] as number;
    let weekdays = 0;
    for (let at = next; at < days.length && (days[at] as number) < from + 7; at++)
      weekdays |= 1 << weekdayOf(days[at] as number);
    let to = from;
    for (let day = from; next < days.length; day++) {
      const isWanted = ((weekdays >> weekdayOf(day)) & 1) === 1;
      if (isWanted !== (days[next] === day)) break;
      if (!isWanted) continue;
      to = day;
      next += 1;
    }
    periods.push({ from, to, weekdays, everyWeeks: 1 });
  }
  return periods;
}
