import * as z from 'zod';
import { cabinClassSchema } from './flight.ts';
import { idSchema } from './ids.ts';
import { limits } from './limits.ts';
import { type Money, moneySchema } from './money.ts';
import { placeCodeSchema } from './place.ts';
import type { Verdict } from './price.ts';
import { type CalendarDate, dateSchema, type Instant } from './times.ts';

export const jobStatuses = ['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof jobStatuses)[number];

export const outcomes = ['found', 'empty', 'unknown'] as const;
/** Found has offers; empty is proved; unknown is whatever is no answer. */
export type Outcome = (typeof outcomes)[number];

/** `calendar`: as the provider's calendar tells it, of nothing that can be bought by that name. */
export const priceKinds = ['one_way', 'round_trip', 'sum_of_one_ways', 'split', 'calendar'] as const;
const verdicts = ['low', 'typical', 'high', 'unknown'] as const satisfies Verdict[];

const providerNames = ['inventory', 'simulator', 'google-flights', 'duffel'] as const;

const each = <T extends z.ZodType>(item: T, max: number) =>
  z
    .array(item)
    .max(max)
    .transform((items) => [...new Set(items)]);
const placesSchema = each(placeCodeSchema, limits.placesPerJobAxis);
const datesSchema = each(dateSchema, limits.datesPerJobAxis);
const filled = <T extends z.ZodType>(schema: T) =>
  schema.refine((items) => (items as unknown[]).length > 0, 'at least one');

/** A whole number, in words that suit the field that it is typed into. */
const between = (min: number, max: number) => {
  const message = `a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
};
const seats = between(0, limits.seatsPerBooking);

const partySchema = z
  .object({
    adults: z.int().min(1).max(limits.seatsPerBooking).default(1),
    children: seats.default(0),
    infantsOnLap: seats.default(0),
    infantsInSeat: seats.default(0),
  })
  .refine((party) => party.infantsOnLap <= party.adults, {
    path: ['infantsOnLap'],
    message: 'each infant on a lap needs an adult',
  })
  .refine(
    (party) => party.adults + party.children + party.infantsInSeat <= limits.seatsPerBooking,
    `at most ${limits.seatsPerBooking} seats`,
  );

const rate = z.number().min(0).max(1).default(0);
const simulatorSchema = z.object({
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
  latencyMs: z.int().min(0).max(60_000).default(0),
  failRate: rate,
  blockRate: rate,
  emptyRate: rate,
});

const prioritySchema = between(-10, 10);

/** What a job asks for: every origin to every destination, on every date, back on every date, of every provider. */
const askSchema = z.object({
  origins: filled(placesSchema),
  destinations: filled(placesSchema),
  departDates: filled(datesSchema),
  /** Absent or empty: one way. */
  returnDates: datesSchema.default([]),
  passengers: partySchema.prefault({}),
  cabin: cabinClassSchema.default('economy'),
  /** Without it: the simulator where its settings are given, else the first that is on (our own inventory). */
  providers: filled(each(z.enum(providerNames), providerNames.length)).optional(),
  /** Greater goes first among one's own jobs. */
  priority: prioritySchema.default(0),
  /**
   * A cheap pass first: of each route so many of its dates, those that are cheapest in the provider's calendar, are asked
   * for exactly; the others keep the calendar's price. Providers without a calendar are asked for all. Absent: no such pass.
   */
  shortlist: z.int().min(1).max(limits.shortlist).optional(),
  /** The job ends as soon as it has found this price or a lower one of the same currency. */
  stopAtPrice: moneySchema.optional(),
  /** Begins anew as a job of its own, so many hours after it has ended, so many times. */
  repeat: z.object({ everyHours: between(1, 720), times: between(1, 100) }).optional(),
  simulator: simulatorSchema.optional(),
});

export const quoteJobInput = askSchema;
export type JobAsk = z.infer<typeof askSchema>;
export const createJobInput = askSchema.extend({ id: idSchema });
export type CreateJobInput = z.infer<typeof createJobInput>;

export const jobIdInput = z.object({ id: idSchema });
export const cloneJobInput = z.object({ id: idSchema, newId: idSchema });

const axesSchema = z
  .object({ origins: placesSchema, destinations: placesSchema, departDates: datesSchema, returnDates: datesSchema })
  .partial();
export type JobAxes = z.infer<typeof axesSchema>;
export const editJobInput = z.object({
  id: idSchema,
  add: axesSchema.optional(),
  drop: axesSchema.optional(),
  priority: prioritySchema.optional(),
  /** Null takes it away. */
  stopAtPrice: moneySchema.nullish(),
});
export type EditJobInput = z.infer<typeof editJobInput>;

const cursor = z.string().max(300).nullish();
export const listJobsInput = z
  .object({
    status: z.enum(jobStatuses).optional(),
    cursor,
    limit: z.int().min(1).max(limits.listPageMax).default(limits.listPageDefault),
  })
  .prefault({});
export type ListJobsInput = z.infer<typeof listJobsInput>;

export const resultSorts = ['price', 'duration', 'departure'] as const;
export const jobResultsInput = z
  .object({
    jobId: idSchema,
    outcome: z.enum(outcomes).optional(),
    /** Of each combination only the cheapest fare that the filters let through, of all providers. */
    cheapestOnly: z.boolean().default(false),
    sort: z.enum(resultSorts).default('price'),
    descending: z.boolean().default(false),
    filters: z
      .object({
        origin: placeCodeSchema,
        destination: placeCodeSchema,
        departDate: dateSchema,
        provider: z.enum(providerNames),
        carrier: z.string().regex(/^[A-Z0-9]{2}$/, 'an airline designator'),
        maxStops: z.int().min(0).max(9),
        maxPrice: z.int().min(0),
        maxDurationMinutes: z.int().min(0),
        verdict: z.enum(verdicts),
      })
      .partial()
      .prefault({}),
    cursor,
    /** Without a cursor: so many of the first are left out, for whoever goes to the middle of a long list at once. */
    skip: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
    /** As an earlier page answered it: nothing that was stored since, so that pages are of one moment. */
    checkpoint: z.int().min(0).nullish(),
    limit: z.int().min(1).max(limits.jobResultsPageMax).default(limits.listPageDefault),
  })
  .refine(({ cursor, skip }) => !cursor || skip === 0, { path: ['skip'], message: 'not together with a cursor' });
export type JobResultsInput = z.infer<typeof jobResultsInput>;

export const watchJobInput = z.object({ jobId: idSchema, lastEventId: z.string().max(100).nullish() });
export const jobCoverageInput = z.object({ jobId: idSchema });

export interface JobQuote {
  /** Combinations that would be asked, each of each provider. */
  combinations: number;
  requests: number;
  /** From rates that were measured, as far as there are any. */
  secondsP50: number;
  secondsP95: number;
  /** Combinations that cannot be, and are not asked. */
  pruned: number;
  prunedBecause: Record<PruneReason, number>;
  providers: {
    name: string;
    combinations: number;
    /** Combinations that are asked for exactly; fewer than all where a calendar makes a short list. */
    asked: number;
    /** Those of its calendar among them. */
    requests: number;
    secondsP50: number;
    secondsP95: number;
    budget: { requestsPerWindow: number | null; windowMs: number; concurrency: number };
    /** Steps that the figures were measured on; 0: they are assumed. */
    measuredOn: number;
  }[];
}

/** Same place (or city) at both ends, back before out, a date that is over, a code that nobody knows. */
const pruneReasons = ['same_place', 'return_before_departure', 'past_date', 'unknown_place'] as const;
export type PruneReason = (typeof pruneReasons)[number];

export interface JobView {
  id: string;
  status: JobStatus;
  /** Combinations: each of each provider. `done` are those with an outcome: found + empty + unknown. */
  total: number;
  done: number;
  found: number;
  empty: number;
  unknown: number;
  /** Distinct offers of what was found. */
  offers: number;
  bestPrice: Money | null;
  createdAt: Instant;
  startedAt: Instant | null;
  finishedAt: Instant | null;
  lastCheckpointAt: Instant | null;
  /** Rises with every change of its state; numbers alone do not raise it. */
  version: number;
  /** Why it ended before everything was asked, or failed. */
  reason: string | null;
  priority: number;
  providers: string[];
  stopAtPrice: Money | null;
  repeat: { everyHours: number; times: number } | null;
  /** Times that a step was taken up again because its worker was lost. */
  recoveries: number;
  availableActions: JobAction[];
  /** What it asks for, as it is now. */
  ask: {
    origins: string[];
    destinations: string[];
    departDates: CalendarDate[];
    returnDates: CalendarDate[];
    cabin: z.infer<typeof cabinClassSchema>;
    passengers: JobAsk['passengers'];
    shortlist: number | null;
    simulator: JobAsk['simulator'] | null;
  };
}
export type JobAction = 'pause' | 'resume' | 'cancel' | 'edit' | 'clone' | 'remove';

export interface JobProgress extends Omit<JobView, 'ask'> {
  /** Combinations a second, of the last ten seconds. */
  ratePerSecond: number;
  /** Null while nothing is known of the rate. */
  etaSeconds: number | null;
}

/** What one combination came to at one provider; of what was found, the cheapest offer. */
export interface JobResult {
  id: string;
  origin: string;
  destination: string;
  departDate: CalendarDate;
  returnDate: CalendarDate | null;
  outcome: Outcome;
  /** Unknown: `blocked`, `rate_limited`, `timed_out` and so on. Empty: what proves it. */
  reason: string | null;
  /** Unknown: the provider's own words. */
  detail: string | null;
  provider: string;
  /** The whole party. */
  price: Money | null;
  priceKind: (typeof priceKinds)[number] | null;
  /** Of the cheapest offer, in the order of travel. */
  carriers: string[];
  stops: number | null;
  durationMinutes: number | null;
  verdict: Verdict;
  observedAt: Instant;
  /** How many offers there were. */
  offers: number;
}

export interface JobResultsPage {
  results: JobResult[];
  nextCursor: string | null;
  /** How many pass the filters, all pages together; null on a page after a cursor. */
  total: number | null;
  /** The newest commit of results that was looked at. */
  checkpoint: number;
}

/** How far a route is on a date. */
export interface CoverageCell {
  origin: string;
  destination: string;
  departDate: CalendarDate;
  found: number;
  empty: number;
  unknown: number;
  waiting: number;
  best: Money | null;
}
