import * as z from 'zod';
import { type CabinClass, cabinClassSchema, carrierCodeSchema, type FlightView } from './flight.ts';
import { limits } from './limits.ts';
import { type Money, moneySchema } from './money.ts';
import { placeCodeSchema } from './place.ts';
import { dateSchema } from './times.ts';

const clockSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of the day, HH:mm');

/** Times on the airport's wall, both ends included; `22:00`–`05:00` goes over midnight. */
const windowSchema = z.object({ from: clockSchema.default('00:00'), to: clockSchema.default('23:59') });
export type ClockWindow = z.infer<typeof windowSchema>;

const placesSchema = z.array(placeCodeSchema).min(1).max(limits.placesPerSlice);

const sliceSchema = z.object({
  /** Airports or cities; a city means all of its airports. */
  origin: placesSchema,
  destination: placesSchema,
  /** Local date of the departure. */
  date: dateSchema,
  /** So many days before and after count, too. */
  flexDays: z.int().min(0).max(3).default(0),
  /** Airports within so many km of those named count, too, and are told with their distance. */
  nearbyKm: z.int().min(0).max(300).default(0),
  departure: windowSchema.optional(),
  arrival: windowSchema.optional(),
});

const listOf = (item: z.ZodType<string>) => z.array(item).min(1).max(50).optional();

export const itineraryFilters = z.object({
  /** Of every leg. */
  carriers: z.object({ include: listOf(carrierCodeSchema), exclude: listOf(carrierCodeSchema) }).optional(),
  /** Every leg is flown by a member of one of these. */
  alliances: listOf(z.string().trim().min(1).max(30)),
  /** For every slice that has none of its own. */
  departure: windowSchema.optional(),
  arrival: windowSchema.optional(),
  /** Of the whole party and journey. */
  maxPrice: moneySchema.optional(),
  /** Of each slice. */
  maxDurationMinutes: z.int().min(1).max(10_000).optional(),
  layover: z
    .object({
      minMinutes: z.int().min(0).max(limits.connectionMinutesMax).optional(),
      maxMinutes: z.int().min(0).max(limits.connectionMinutesMax).optional(),
    })
    .optional(),
  /** Where journeys change: at one of these at least; at none of these. */
  via: z.object({ include: listOf(placeCodeSchema), exclude: listOf(placeCodeSchema) }).optional(),
  /** `false`: no connection over midnight. */
  overnight: z.boolean().optional(),
  /** `true`: also from one airport of a city to another. */
  airportChange: z.boolean().optional(),
});
export type ItineraryFilters = z.infer<typeof itineraryFilters>;

export const itinerarySorts = ['best', 'price', 'duration', 'departure'] as const;
export type ItinerarySort = (typeof itinerarySorts)[number];

export const searchItinerariesInput = z.object({
  slices: z.array(sliceSchema).min(1).max(limits.slicesPerSearch),
  passengers: z
    .object({
      adults: z.int().min(0).max(limits.seatsPerBooking).default(1),
      children: z.int().min(0).max(limits.seatsPerBooking).default(0),
      infantsOnLap: z.int().min(0).max(limits.seatsPerBooking).default(0),
      infantsInSeat: z.int().min(0).max(limits.seatsPerBooking).default(0),
    })
    .prefault({})
    .refine((party) => party.infantsOnLap <= party.adults, 'each infant on a lap needs an adult')
    .refine((party) => seatsOfParty(party) >= 1, 'somebody must take a seat')
    .refine((party) => seatsOfParty(party) <= limits.seatsPerBooking, `at most ${limits.seatsPerBooking} seats`),
  cabin: cabinClassSchema.default('economy'),
  maxStops: z.int().min(0).max(2).default(1),
  sort: z.enum(itinerarySorts).default('best'),
  filters: itineraryFilters.default({}),
  /** Also itineraries that are in no way better than another of the same part of the day. */
  dominated: z.boolean().default(false),
  limit: z.int().min(1).max(limits.searchPageMax).default(limits.searchPageDefault),
  cursor: z.string().max(300).nullish(),
});
export type SearchItinerariesInput = z.infer<typeof searchItinerariesInput>;

/** Everybody but infants on laps takes a seat. */
export const seatsOfParty = (party: { adults: number; children: number; infantsInSeat: number }): number =>
  party.adults + party.children + party.infantsInSeat;

export interface FlightLeg extends Omit<FlightView, 'cabins'> {
  cabin: CabinClass;
  /** One seat. */
  price: Money;
  /** The cabin's, as it was priced. */
  cabinVersion: number;
}

export interface ConnectionView {
  /** The airport where the traveller arrives, and the one where the journey goes on: mostly the same. */
  arrive: string;
  depart: string;
  minutes: number;
  /** The least that this connection needs; `isDefault` when no rule of the airports says so. */
  minimumMinutes: number;
  isDefault: boolean;
  /** Midnight of that place falls into it. */
  overnight: boolean;
}

export interface ItinerarySlice {
  legs: FlightLeg[];
  /** From the first departure to the last arrival. */
  durationMinutes: number;
  stops: number;
  connections: ConnectionView[];
  /** On the ground, from what was asked for to where the slice begins and ends: 0 where they are the same. */
  groundKm: { origin: number; destination: number };
}

export const priceKinds = ['one_way', 'round_trip', 'sum_of_one_ways', 'split'] as const;
export type PriceKind = (typeof priceKinds)[number];

export interface Itinerary {
  /** The same flights in the same cabin have the same id. */
  id: string;
  slices: ItinerarySlice[];
  /** The whole party. */
  price: Money;
  priceKind: PriceKind;
  /** On the fullest of its flights. */
  seatsLeft: number;
  /** What `booking.hold` takes to hold exactly this at exactly this price. */
  offerToken: string | null;
}

export interface Facet<Value> {
  value: Value;
  /** Itineraries of the unfiltered answer that have it. */
  count: number;
  /** The cheapest of them. */
  from: Money;
}

export interface ItineraryFacets {
  /** Itineraries before any filter. */
  total: number;
  stops: Facet<number>[];
  /** An itinerary counts for each airline that it flies with. */
  carriers: Facet<string>[];
  alliances: Facet<string>[];
  /** Airports of connections. */
  via: Facet<string>[];
  origins: Facet<string>[];
  destinations: Facet<string>[];
  /** Hour of the first departure. */
  departureHours: Facet<number>[];
  price: { least: Money; most: Money } | null;
  /** Of the longest slice of each, as `maxDurationMinutes` takes them. */
  durationMinutes: { least: number; most: number } | null;
}

/** What the answer leaves out on purpose. */
export interface SearchBoundsView {
  maxStops: number;
  /** Longest connection that is looked at. */
  connectionMinutesMax: number;
  /** Where the airports have no rule of their own. */
  minimumConnectionMinutes: { domestic: number; international: number; airportChange: number; isDefault: true };
  /** Journeys whose great circles are longer than `factor` times the direct one plus `slackKm` are left out. */
  detour: { factor: number; slackKm: number };
  /** Itineraries compete only with those that depart in the same stretch of the same day. */
  departureBucketMinutes: number;
  /** Between the arrival of a slice and the departure of the next. */
  turnaroundMinutes: number;
  resultsMax: number;
  /** `false`: more combinations exist than were looked at. */
  complete: boolean;
}

/** Why there is nothing, and the smallest changes that would give something. */
export interface SearchExplanation {
  reason: 'no_flights' | 'no_seats' | 'filters';
  removed: {
    /** `carriers` …, or a slice's own window: `slices.0.departure`. */
    filter: string;
    /** What there would be without this one. */
    itineraries: number;
    /** Of the journeys of the unfiltered search, how many it takes away by itself. */
    removes: number;
  }[];
  suggestions: {
    /** Path in the input; of two filters that have to change both, joined by `+`. */
    change: string;
    /** Its new value, or what it has to let in; null: none. A list in the order of `change`, if that names two. */
    to: unknown;
    /** What there would be then, and the cheapest of it. */
    itineraries: number;
    from: Money | null;
  }[];
}

export interface SearchItinerariesView {
  itineraries: Itinerary[];
  /** Of all pages. */
  total: number;
  facets: ItineraryFacets;
  nextCursor: string | null;
  indexVersion: number;
  /** For how long what is known to have changed has not been read. */
  lagMs: number;
  bounds: SearchBoundsView;
  explanation?: SearchExplanation;
}

export const searchCalendarInput = z.object({
  origin: placeCodeSchema,
  destination: placeCodeSchema,
  from: dateSchema,
  to: dateSchema,
  cabin: cabinClassSchema.default('economy'),
  seats: z.int().min(1).max(limits.seatsPerBooking).default(1),
  maxStops: z.int().min(0).max(1).default(1),
  filters: itineraryFilters.default({}),
});
export type SearchCalendarInput = z.infer<typeof searchCalendarInput>;

export interface SearchCalendarView {
  /** The cheapest way of each day that the filters let through, for the whole party; null: none. */
  days: { date: string; price: Money | null }[];
  indexVersion: number;
  lagMs: number;
}
