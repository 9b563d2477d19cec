import * as z from 'zod';

/** `YYYY-MM-DD`, a date that exists. */
export const dateSchema = z.iso.date();

/** `YYYY-MM-DDTHH:mm`: the clock on an airport's wall, without offset. The zone is the airport's. */
export const wallTimeSchema = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/, 'a wall time, YYYY-MM-DDTHH:mm')
  .refine((value) => dateSchema.safeParse(value.slice(0, 10)).success, 'a date that exists');

/** An instant: ISO 8601 in UTC, as `Date.prototype.toISOString` prints it. */
export type Instant = string;
export type WallTime = string;
export type CalendarDate = string;
