import type { CalendarDate, WallTime } from '../../../shared/times.ts';
import { dateOfDay, dayOfDate } from '../places/zoned-time.ts';

/**
 * How many days to add to every date of a timetable so that its earliest local departure date falls on `shiftTo`.
 * Every readable line counts, also one that is refused later: how far a file moves must not depend on which places
 * are known where it is imported. 0 for no `shiftTo`, and for a file without lines.
 */
export function daysToShift(departures: Iterable<{ departsAt: WallTime }>, shiftTo: CalendarDate | undefined): number {
  if (shiftTo === undefined) return 0;
  const earliest = earliestDate(departures);
  return earliest === undefined ? 0 : dayOfDate(shiftTo) - dayOfDate(earliest);
}

/** The earliest local departure date, or undefined of nothing. */
export function earliestDate(departures: Iterable<{ departsAt: WallTime }>): CalendarDate | undefined {
  let earliest: string | undefined;
  // Wall times of one form sort as text.
  for (const { departsAt } of departures) if (earliest === undefined || departsAt < earliest) earliest = departsAt;
  return earliest?.slice(0, 10);
}

/** The same time of day so many days later (earlier if negative). */
export const shiftWall = (wall: WallTime, days: number): WallTime =>
  days === 0 ? wall : dateOfDay(dayOfDate(wall.slice(0, 10)) + days) + wall.slice(10);
