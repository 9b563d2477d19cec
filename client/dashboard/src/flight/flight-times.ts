import type { FlightView } from '../../../../shared/flight.ts';
import type { CalendarDate, Instant, WallTime } from '../../../../shared/times.ts';

const dayMs = 86_400_000;
const dayNumber = (date: CalendarDate): number => Date.parse(`${date}T00:00:00Z`) / dayMs;

export const clockOf = (wall: WallTime): string => wall.slice(11, 16);
export const dateOf = (wall: WallTime): CalendarDate => wall.slice(0, 10);

export const daysFromTo = (from: CalendarDate, to: CalendarDate): number => dayNumber(to) - dayNumber(from);

/** Calendar days between both walls: +1 for the morning after, −1 across the date line. */
export const daysBetween = (from: WallTime, to: WallTime): number => daysFromTo(dateOf(from), dateOf(to));

export const addDays = (date: CalendarDate, days: number): CalendarDate =>
  new Date((dayNumber(date) + days) * dayMs).toISOString().slice(0, 10);

/** Today on this reader's own calendar. */
export const today = (): CalendarDate => {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
};

/** `7 h 05`, `55 min`. */
export function formatDuration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min` : `${hours} h ${String(minutes % 60).padStart(2, '0')}`;
}

const dateFormat = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
const longDateFormat = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

const dayOfMonthFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const yearDateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

export const formatDate = (date: CalendarDate): string => dateFormat.format(new Date(`${date}T00:00:00Z`));
export const formatDayOfMonth = (date: CalendarDate): string => dayOfMonthFormat.format(new Date(`${date}T00:00:00Z`));
/** `29 Nov 2026` */
export const formatYearDate = (date: CalendarDate): string => yearDateFormat.format(new Date(`${date}T00:00:00Z`));
export const formatLongDate = (date: CalendarDate): string => longDateFormat.format(new Date(`${date}T00:00:00Z`));

/** `America/New_York, UTC−5`: the zone and what its clock was off by at that instant. */
export function describeZone(zone: string, at: Instant): string {
  const offset = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' })
    .formatToParts(new Date(at))
    .find((part) => part.type === 'timeZoneName')?.value;
  return `${zone.replaceAll('_', ' ')}, ${(offset ?? 'UTC').replace('GMT', 'UTC').replace('-', '−')}`;
}

/** An instant on the reader's own clock, to the second. */
export const formatClock = (at: Instant): string =>
  new Date(at).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });

export const formatDay = (at: Instant): string =>
  new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });

export const formatMoment = (at: Instant): string =>
  new Date(at).toLocaleString(undefined, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });

/** For those who hear the strip instead of seeing it. */
export const sayFlight = (flight: Omit<FlightView, 'cabins'>): string =>
  `${flight.carrier} ${flight.number}, ${flight.origin} ${clockOf(flight.departsAt)} to ${flight.destination} ${clockOf(flight.arrivesAt)}, ${formatLongDate(dateOf(flight.departsAt))}`;
