import type { WallTime } from '../../../shared/times.ts';

/**
 * Airport clocks and instants, both ways, at millions of conversions a second.
 *
 * Temporal gives the same answers at about 20 µs each; a timetable of a season needs some hundred thousand of them
 * while the event loop has other work. So the offset changes of one zone in one UTC year are probed once through
 * Intl (about 0.4 ms) and kept; after that a conversion is arithmetic on integers. Which one is right is not a
 * matter of opinion: the tests compare both over every zone of our places, 1990–2035.
 */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/**
 * No zone since 1970 kept an offset for less than four weeks (the shortest are the Ramadan weeks of Morocco and
 * Gaza), so a probe a week misses none.
 */
const probeMs = 7 * dayMs;

/** Offsets in ms east of UTC, each valid from its instant on; the first covers the beginning of the year. */
interface YearOffsets {
  starts: number;
  ends: number;
  from: number[];
  offset: number[];
}

/** About 600 zone names exist and a timetable spans two years; whatever fills this is no timetable. */
const maxYears = 4096;
const zones = new Map<string, Map<number, YearOffsets>>();
let yearsKept = 0;
/** The year that answered last: a timetable asks for the same zone and year many times in a row. */
let lastZone = '';
let lastYears: Map<number, YearOffsets> = new Map();

/** Whether Intl of this runtime knows the zone. Accepts links (`Brazil/East`), refuses offsets (`+02:00`). */
export function isZone(zone: string): boolean {
  if (zones.has(zone)) return true;
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/**
 * The instant, in epoch milliseconds, at which the clocks of `zone` show `wall` (`YYYY-MM-DDTHH:mm`).
 *
 * Like Temporal's `compatible`: of an hour that happens twice the first is meant; an hour that the clocks skip is
 * read with the offset before the jump, so 02:30 in a gap of an hour means the instant at which clocks show 03:30.
 * Throws RangeError on a malformed wall time, a date that does not exist or an unknown zone.
 */
export function wallToInstant(wall: WallTime, zone: string): number {
  const asUtc = parseWall(wall);
  const before = offsetAt(asUtc - dayMs, zone);
  const after = offsetAt(asUtc + dayMs, zone);
  if (before === after) return asUtc - before;
  // The clocks change within a day of this wall time: a reading holds if its own offset was in force then.
  if (offsetAt(asUtc - before, zone) === before) return asUtc - before;
  if (offsetAt(asUtc - after, zone) === after) return asUtc - after;
  return asUtc - before;
}

/** What the clocks of `zone` show at an instant (epoch ms), to the minute. Throws RangeError on an unknown zone. */
export function instantToWall(ms: number, zone: string): WallTime {
  const local = ms + offsetAt(ms, zone);
  const day = Math.floor(local / dayMs);
  const minute = Math.floor((local - day * dayMs) / minuteMs);
  return `${dateOfDay(day)}T${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** Milliseconds east of UTC that the clocks of `zone` are at an instant. */
export function offsetAt(ms: number, zone: string): number {
  const { from, offset } = yearOffsets(ms, zone);
  let index = from.length - 1;
  while (index > 0 && ms < (from[index] as number)) index -= 1;
  return offset[index] as number;
}

/** Days since 1970-01-01 of a `YYYY-MM-DD`; throws RangeError if there is no such date. */
export function dayOfDate(date: string): number {
  const year = digits(date, 0, 4);
  const month = digits(date, 5, 2);
  const day = digits(date, 8, 2);
  if (date.length !== 10 || date[4] !== '-' || date[7] !== '-' || !dateExists(year, month, day))
    throw new RangeError(`not a date: ${date}`);
  return civilDay(year, month, day);
}

/** The `YYYY-MM-DD` that is so many days after 1970-01-01. Years 0…9999. */
export function dateOfDay(day: number): string {
  // Howard Hinnant's civil_from_days: eras of 400 years that begin on 1 March.
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const text = year < 1000 ? String(year).padStart(4, '0') : String(year);
  return `${text}-${two(month)}-${two(ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1)}`;
}

function parseWall(wall: WallTime): number {
  const year = digits(wall, 0, 4);
  const month = digits(wall, 5, 2);
  const day = digits(wall, 8, 2);
  const hour = digits(wall, 11, 2);
  const minute = digits(wall, 14, 2);
  const shaped = wall.length === 16 && wall[4] === '-' && wall[7] === '-' && wall[10] === 'T' && wall[13] === ':';
  if (!shaped || !dateExists(year, month, day) || !(hour <= 23) || !(minute <= 59))
    throw new RangeError(`not a wall time: ${wall}`);
  return civilDay(year, month, day) * dayMs + (hour * 60 + minute) * minuteMs;
}

/** The number that `count` digits at `start` spell, NaN if one of them is none. */
function digits(text: string, start: number, count: number): number {
  let value = 0;
  for (let index = start; index < start + count; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function dateExists(year: number, month: number, day: number): boolean {
  if (!(month >= 1 && month <= 12 && day >= 1) || Number.isNaN(year)) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (monthDays[month - 1] as number) + (leap ? 1 : 0);
}

function civilDay(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear - 719_468;
}

const pairs = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const two = (value: number): string => pairs[value] as string;

/** Gregorian years of 365.2425 days, from 1970: never more than a day off, which the bounds below set right. */
const meanYearMs = 365.2425 * dayMs;

function yearOffsets(ms: number, zone: string): YearOffsets {
  if (zone !== lastZone) {
    lastYears = zones.get(zone) ?? new Map();
    lastZone = zone;
  }
  const guess = 1970 + Math.floor(ms / meanYearMs);
  const known = lastYears.get(guess);
  if (known && ms >= known.starts && ms < known.ends) return known;
  const year = new Date(ms).getUTCFullYear();
  return lastYears.get(year) ?? keep(zone, year);
}

function keep(zone: string, year: number): YearOffsets {
  const probed = probeYear(zone, year);
  if (yearsKept >= maxYears) {
    // Filled only by something odd; starting over costs less than book-keeping on every conversion.
    zones.clear();
    lastYears = new Map();
    yearsKept = 0;
  }
  lastYears.set(year, probed);
  zones.set(zone, lastYears);
  yearsKept += 1;
  return probed;
}

function probeYear(zone: string, year: number): YearOffsets {
  const probe = offsetProbe(zone);
  const starts = Date.UTC(year, 0, 1);
  const ends = Date.UTC(year + 1, 0, 1);
  const from = [starts];
  const offset = [probe(starts)];
  let at = starts;
  let current = offset[0] as number;
  while (at < ends) {
    const next = Math.min(at + probeMs, ends);
    const there = probe(next);
    if (there !== current) {
      let low = at;
      let high = next;
      while (high - low > minuteMs) {
        const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
        if (probe(middle) === current) low = middle;
        else high = middle;
      }
      if (high < ends) {
        from.push(high);
        offset.push(there);
      }
      current = there;
    }
    at = next;
  }
  return { starts, ends, from, offset };
}

/** Reads the offset off `1/18/2008, GMT-05:00`, the shortest text in which Intl prints one. */
function offsetProbe(zone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  return (ms) => {
    const found = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(ms));
    if (!found) throw new RangeError(`no offset of zone ${zone}`);
    const [, sign, hours, minutes, seconds] = found;
    if (sign === undefined) return 0;
    const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)) * 1000;
    return sign === '-' ? -size : size;
  };
}
