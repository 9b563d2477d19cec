import * as z from 'zod';
import { type CabinClass, cabinClassSchema } from './flight.ts';
import { type Money, moneySchema } from './money.ts';
import { placeCodeSchema } from './place.ts';
import { type CalendarDate, dateSchema, type Instant } from './times.ts';

/** How a price stands to what was seen on the route: `unknown` where too little was seen to say. */
export type Verdict = 'low' | 'typical' | 'high' | 'unknown';
export const tripKinds = ['one_way', 'round_trip'] as const;
export type TripKind = (typeof tripKinds)[number];

const route = {
  origin: placeCodeSchema,
  cabin: cabinClassSchema.default('economy'),
  trip: z.enum(tripKinds).default('one_way'),
  /** Only what this provider has answered; otherwise what all of them have. */
  provider: z.string().min(1).max(40).optional(),
};

export const priceVerdictInput = z.object({
  ...route,
  destination: placeCodeSchema,
  departDate: dateSchema,
  /** For one adult. */
  price: moneySchema,
});
export type PriceVerdictInput = z.infer<typeof priceVerdictInput>;

export interface PriceVerdictView {
  verdict: Verdict;
  /** Share of comparable observations that are as cheap or cheaper, 0 to 100. Null where the verdict is unknown. */
  percentile: number | null;
  /** Comparable observations: cheapest prices of a day for one departure date. */
  n: number;
  /** Days of observation that are compared. */
  window: { from: CalendarDate; to: CalendarDate };
  /** Days between observation and departure that are compared; `to` null: any more. */
  leadDays: { from: number; to: number | null };
  /** Below `low` is low, above `high` is high; `usual` is in the middle. Null where the verdict is unknown. */
  band: { low: Money; usual: Money; high: Money } | null;
  /** Version of the method; verdicts of different ones are not comparable. */
  method: string;
}

export const priceHistoryInput = z.object({
  ...route,
  destination: placeCodeSchema,
  /** Of one departure date; otherwise the cheapest of all of them. */
  departDate: dateSchema.optional(),
  days: z.int().min(1).max(365).default(60),
});
export type PriceHistoryInput = z.infer<typeof priceHistoryInput>;

/** The cheapest price seen on each day, for one adult, oldest first. Days without any are left out. */
export interface PriceHistoryView {
  points: { date: CalendarDate; price: Money }[];
}

export const priceCalendarInput = z.object({
  ...route,
  destinations: z.array(placeCodeSchema).min(1).max(50),
  from: dateSchema,
  to: dateSchema,
});
export type PriceCalendarInput = z.infer<typeof priceCalendarInput>;

/** The newest price of a departure date, for one adult, the cheapest of the providers. */
export interface PriceCell {
  destination: string;
  departDate: CalendarDate;
  price: Money;
  provider: string;
  observedAt: Instant;
}
export interface PriceCalendarView {
  /** By destination and date; where nothing was seen there is no cell. */
  cells: PriceCell[];
  asOf: Instant;
}

export interface ObservedRoute {
  origin: string;
  destination: string;
  cabin: CabinClass;
  trip: TripKind;
}
