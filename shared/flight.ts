import * as z from 'zod';
import { cabinFaresSchema, stepAmount } from './fare.ts';
import { idSchema } from './ids.ts';
import { limits } from './limits.ts';
import { type Money, moneySchema } from './money.ts';
import { placeCodeSchema } from './place.ts';
import { dateSchema, type Instant, type WallTime, wallTimeSchema } from './times.ts';

export const cabinClasses = ['economy', 'premium_economy', 'business', 'first'] as const;
export type CabinClass = (typeof cabinClasses)[number];
export const cabinClassSchema = z.enum(cabinClasses);

/** `departed` is never stored: it is `open` or `closed` after the departure instant. */
export type FlightState = 'open' | 'closed' | 'cancelled' | 'departed';

export interface CabinView {
  cabin: CabinClass;
  /** What the operator asked for; after a cut it may be less than what is held and sold. */
  capacity: number;
  available: number;
  /** One seat, one leg. */
  price: Money;
  /** Rises by one with every change of this cabin's seats or price. */
  version: number;
}

export interface FlightView {
  id: string;
  /** Two-character airline designator. */
  carrier: string;
  /** Flight number without leading zeros, with its suffix letter if it has one. */
  number: string;
  origin: string;
  destination: string;
  departsAt: WallTime;
  arrivesAt: WallTime;
  departsAtUtc: Instant;
  arrivesAtUtc: Instant;
  durationMinutes: number;
  state: FlightState;
  /** Rises only by operator edits; `expectedVersion` compares it. */
  version: number;
  cabins: CabinView[];
}

/** What `flights.onSeats` delivers: the newest truth of one flight, absolute, never a difference. */
export interface SeatsView {
  flightId: string;
  state: FlightState;
  cabins: CabinView[];
  at: Instant;
}

export const flightSorts = ['price', 'fastest', 'departure'] as const;
export type FlightSort = (typeof flightSorts)[number];

export const searchFlightsInput = z.object({
  origin: placeCodeSchema,
  destination: placeCodeSchema,
  date: dateSchema,
  cabin: cabinClassSchema.optional(),
  seats: z.int().min(1).max(limits.seatsPerBooking).default(1),
  sort: z.enum(flightSorts).default('price'),
  limit: z.int().min(1).max(limits.searchPageMax).default(limits.searchPageDefault),
  cursor: z.string().max(300).nullish(),
});
export type SearchFlightsInput = z.infer<typeof searchFlightsInput>;

export interface SearchFlightsView {
  flights: FlightView[];
  nextCursor: string | null;
  /** When the seats and prices were read. */
  asOf: Instant;
  /** As in `SearchItinerariesView`; both null where Redis or Postgres answered while no timetable is in memory. */
  indexVersion: number | null;
  lagMs: number | null;
}

export const flightIdInput = z.object({ flightId: idSchema });

export const onSeatsInput = z.object({
  flightIds: z.array(idSchema).min(1).max(limits.flightsPerSeatSubscription),
  lastEventId: z.string().max(100).nullish(),
});

/** IATA designator: two characters, letters or digits, not two digits. */
export const carrierCodeSchema = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^(?:[A-Z][A-Z0-9]|[0-9][A-Z])$/, 'an airline designator of two characters');

/** One to four digits and an optional suffix letter; leading zeros are dropped. */
export const flightNumberSchema = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^\d{1,4}[A-Z]?$/, 'a flight number, 1 to 4 digits and an optional letter')
  .transform((value) => value.replace(/^0+(?=\d)/, ''));

const capacitySchema = z.int().min(0).max(limits.capacityPerCabin);

const distinctCabins = (cabins: { cabin: CabinClass }[]): boolean =>
  new Set(cabins.map((each) => each.cabin)).size === cabins.length;

export const createFlightInput = z.object({
  id: idSchema.optional(),
  carrier: carrierCodeSchema,
  number: flightNumberSchema,
  origin: placeCodeSchema,
  destination: placeCodeSchema,
  departsAt: wallTimeSchema,
  arrivesAt: wallTimeSchema,
  cabins: z
    .array(
      z
        .object({
          cabin: cabinClassSchema,
          capacity: capacitySchema,
          price: moneySchema,
          fares: cabinFaresSchema.optional(),
        })
        .refine(({ capacity, price, fares }) => !fares?.ladder || stepAmount(fares.ladder, capacity) === price.amount, {
          path: ['price'],
          message: 'must be what the ladder says for an empty cabin',
        }),
    )
    .min(1)
    .max(limits.cabinsPerFlight)
    .refine(distinctCabins, 'each cabin once'),
});
export type CreateFlightInput = z.infer<typeof createFlightInput>;

export const updateFlightInput = z.object({
  flightId: idSchema,
  expectedVersion: z.int().min(0),
  departsAt: wallTimeSchema.optional(),
  arrivesAt: wallTimeSchema.optional(),
  state: z.enum(['open', 'closed', 'cancelled']).optional(),
  cabins: z
    .array(
      z
        .object({
          cabin: cabinClassSchema,
          capacity: capacitySchema.optional(),
          /** The price of every seat from now on: it ends a ladder. */
          price: moneySchema.optional(),
          fares: cabinFaresSchema.optional(),
        })
        .refine(({ price, fares }) => !price || !fares?.ladder, {
          path: ['price'],
          message: 'either a price or a ladder',
        }),
    )
    .max(limits.cabinsPerFlight)
    .refine(distinctCabins, 'each cabin once')
    .optional(),
});
export type UpdateFlightInput = z.infer<typeof updateFlightInput>;

export const removeFlightInput = z.object({ flightId: idSchema, expectedVersion: z.int().min(0) });

export const listFlightsInput = z
  .object({
    origin: placeCodeSchema.optional(),
    destination: placeCodeSchema.optional(),
    date: dateSchema.optional(),
    cursor: z.string().max(300).nullish(),
    limit: z.int().min(1).max(limits.listPageMax).default(limits.listPageDefault),
  })
  .prefault({});
export type ListFlightsInput = z.infer<typeof listFlightsInput>;

export const importFormats = ['places', 'csv', 'bts', 'ssim', 'mct'] as const;

export const importFlightsInput = z.object({
  format: z.enum(importFormats),
  text: z.string().max(limits.importTextBytes),
  /** For `bts`: a CSV with tail numbers and seat counts. */
  seats: z.string().max(limits.importTextBytes).optional(),
  dryRun: z.boolean().default(false),
  /** Moves every dated flight by the same number of days, so that the earliest falls on this date. */
  shiftTo: dateSchema.optional(),
  /** Calls that send the pieces of one file name the same import, so that it can be rolled back as one. */
  importId: idSchema.optional(),
});
export type ImportFlightsInput = z.infer<typeof importFlightsInput>;

export interface ImportReport {
  /** Lines that were understood. */
  accepted: number;
  flights: { created: number; updated: number; unchanged: number };
  /** The same for places, when places were imported. */
  places: { created: number; updated: number; unchanged: number };
  /** And for minimum connection times. */
  connections: { created: number; updated: number; unchanged: number };
  rejected: { line: number; reason: string }[];
  /** About lines that were taken all the same; the first hundred. */
  notes: { line: number; note: string }[];
  /** The import by which the changes can be looked at and rolled back; null if nothing was changed. */
  importId: string | null;
  dryRun: boolean;
}

/** Who would be hit if this flight were cancelled now. */
export interface RemovalPreview {
  bookings: { held: number; paying: number; confirmed: number };
  refunds: Money[];
  wouldDelete: boolean;
}

/** One cabin as an operator sees it: the counters themselves. */
export interface CabinLedgerView extends CabinView {
  held: number;
  sold: number;
  /** What the operator asked for; below `held + sold` after a cut. */
  targetCapacity: number;
  /** Seats that are taken beyond it: so many must come free before one is sold again. */
  deficit: number;
}
export interface OperatorFlightView extends FlightView {
  cabins: CabinLedgerView[];
}
