import { createFlightInput } from '../../../shared/flight.ts';
import type { WallTime } from '../../../shared/times.ts';
import { dateOfDay, dayOfDate } from '../places/zoned-time.ts';
import type { OperatingPeriod } from './operating-period.ts';

/** Every record is as long, its serial number in the last six columns. */
export const recordLength = 200;

/** Columns `from` to `to`, counted from 1 and both included, as the standard counts them. */
export const columns = (record: string, from: number, to: number = from): string => record.slice(from - 1, to);

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
/** Two digits of a year below this are of this century. */
const centuryTurn = 70;

/** The day (since 1970-01-01) that `09JUN05` means; undefined if it means none. */
export function dayOfSsim(text: string): number | undefined {
  const month = months.indexOf(text.slice(2, 5)) + 1;
  if (!/^\d\d[A-Z]{3}\d\d$/.test(text) || month === 0) return undefined;
  const year = Number(text.slice(5)) + (Number(text.slice(5)) < centuryTurn ? 2000 : 1900);
  try {
    return dayOfDate(`${year}-${String(month).padStart(2, '0')}-${text.slice(0, 2)}`);
  } catch {
    return undefined;
  }
}

/** `09JUN05` of `2005-06-09`. */
export const ssimDate = (date: string): string =>
  `${date.slice(8, 10)}${months[Number(date.slice(5, 7)) - 1]}${date.slice(2, 4)}`;

/** How the standard writes a period without an end. */
const openEnd = '00XXX00';
/** Longer than two seasons ahead; more is a slip of the file. */
const periodDaysMax = 800;

/**
 * Period, days of operation and frequency of a leg record. An open end is the end of the carrier's own period.
 * A text says what is wrong.
 */
export function periodOf(record: string, carrierEnds: number | undefined): OperatingPeriod | string {
  const [first, last] = [columns(record, 15, 21), columns(record, 22, 28)];
  const from = dayOfSsim(first);
  if (from === undefined) return `the period begins on "${first}", which is not a date like 09JUN05`;
  const to = last === openEnd ? carrierEnds : dayOfSsim(last);
  if (to === undefined)
    return last === openEnd
      ? 'the period has no end, and neither has that of its carrier record'
      : `the period ends on "${last}", which is not a date like 09JUN05`;
  if (to < from) return `the period ends on ${last}, before it begins on ${first}`;
  if (to - from > periodDaysMax) return `the period ${first} to ${last} is longer than ${periodDaysMax} days`;
  const given = columns(record, 29, 35);
  let weekdays = 0;
  for (const [place, symbol] of [...given].entries()) {
    if (symbol === String(place + 1)) weekdays |= 1 << place;
    else if (symbol !== ' ') return `days of operation "${given}" are not 1 to 7, each in its own column`;
  }
  if (weekdays === 0) return 'no day of operation';
  const frequency = columns(record, 36);
  if (frequency !== ' ' && frequency !== '1' && frequency !== '2')
    return `frequency "${frequency}" is neither blank nor 2`;
  return { from, to, weekdays, everyWeeks: frequency === '2' ? 2 : 1 };
}

/** Minutes after midnight of HHMM, 2400 included; undefined if it is none. */
export function minutesOf(text: string): number | undefined {
  if (!/^\d{4}$/.test(text)) return undefined;
  const [hours, minutes] = [Number(text.slice(0, 2)), Number(text.slice(2))];
  return minutes < 60 && (hours < 24 || text === '2400') ? hours * 60 + minutes : undefined;
}

/** What clocks show so many minutes after the midnight that begins a day. */
export const wallOf = (day: number, minutes: number): WallTime => {
  const clock = minutes % 1440;
  const time = `${String(Math.floor(clock / 60)).padStart(2, '0')}:${String(clock % 60).padStart(2, '0')}`;
  return `${dateOfDay(day + Math.floor(minutes / 1440))}T${time}`;
};

/** Minutes east of UTC of `+0400`; null of blanks, undefined of anything else. */
export function variationOf(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const size = /^[+-]/.test(text) ? minutesOf(text.slice(1)) : undefined;
  return size === undefined || size > 24 * 60 ? undefined : text[0] === '-' ? -size : size;
}

/** `+0400` of 240. */
export function ssimVariation(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${ssimTime(size)}`;
}

/** `0930` of 570. */
const ssimTime = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}${String(minutes % 60).padStart(2, '0')}`;

/** Days after the date of the flight: blank is null (not told), J (or A) the day before; undefined of anything else. */
export function dateVariationOf(symbol: string): number | null | undefined {
  if (symbol === ' ') return null;
  if (symbol === 'J' || symbol === 'A') return -1;
  return /^[0-7]$/.test(symbol) ? Number(symbol) : undefined;
}

/** What `dateVariationOf` reads again; undefined of what the standard cannot write. */
export const ssimDateVariation = (days: number): string | undefined =>
  days === -1 ? 'J' : days >= 0 && days <= 7 ? String(days) : undefined;

const designators = createFlightInput.pick({ carrier: true, number: true, origin: true, destination: true });

/** Carrier, number with its operational suffix, and stations of a leg record, or what is wrong with one of them. */
export function designatorOf(
  record: string,
): { carrier: string; number: string; origin: string; destination: string } | string {
  const given = {
    carrier: columns(record, 3, 5).trim(),
    number: columns(record, 6, 9).trim() + columns(record, 2).trim(),
    origin: columns(record, 37, 39),
    destination: columns(record, 55, 57),
  };
  const parsed = designators.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path[0] as keyof typeof given;
  return `${field} "${given[field]}" is not ${issue?.message}`;
}
