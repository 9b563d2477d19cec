import * as z from 'zod';
import type { CabinClass, FlightState } from './flight.ts';
import { idSchema } from './ids.ts';
import { limits } from './limits.ts';
import type { Money } from './money.ts';
import { placeCodeSchema } from './place.ts';
import { dateSchema, type Instant, type WallTime } from './times.ts';

/** Reading: not compared to its end yet. Planned: compared, nothing changed. Applying and rolling back go on call by call. */
export const importStatuses = ['reading', 'planned', 'applying', 'applied', 'rolling_back', 'rolled_back'] as const;
export type ImportStatus = (typeof importStatuses)[number];
export const changeKinds = ['created', 'updated', 'cancelled'] as const;
export type ChangeKind = (typeof changeKinds)[number];
/** Skipped: the flight changed after it was looked at. Kept: it could not be undone, `reason` says why. */
export const changeOutcomes = ['applied', 'skipped', 'undone', 'kept'] as const;
export type ChangeOutcome = (typeof changeOutcomes)[number];

export const timetableFormats = ['csv', 'bts', 'ssim'] as const;

export const previewImportInput = z.object({
  /** The same id again answers the same import. */
  id: idSchema,
  format: z.enum(timetableFormats),
  text: z.string().max(limits.importTextBytes),
  seats: z.string().max(limits.importTextBytes).optional(),
  shiftTo: dateSchema.optional(),
  fileName: z.string().max(200).optional(),
  /**
   * The file is all that its carriers fly within its dates: flights to come of the same carriers and dates that it
   * does not have are cancelled.
   */
  isWhole: z.boolean().default(false),
});
export type PreviewImportInput = z.infer<typeof previewImportInput>;

export const importIdInput = z.object({ id: idSchema });

export const getImportInput = z.object({
  id: idSchema,
  kind: z.enum(changeKinds).optional(),
  outcome: z.enum(changeOutcomes).optional(),
  /** Only changes that hit bookings. */
  hit: z.boolean().optional(),
  cursor: z.string().max(300).nullish(),
  limit: z.int().min(1).max(limits.listPageMax).default(limits.listPageDefault),
});
export type GetImportInput = z.infer<typeof getImportInput>;

export const listImportsInput = z
  .object({
    cursor: z.string().max(300).nullish(),
    limit: z.int().min(1).max(limits.listPageMax).default(limits.listPageDefault),
  })
  .prefault({});
export type ListImportsInput = z.infer<typeof listImportsInput>;

export interface ImportView {
  id: string;
  format: (typeof timetableFormats)[number];
  fileName: string | null;
  status: ImportStatus;
  createdAt: Instant;
  appliedAt: Instant | null;
  rolledBackAt: Instant | null;
  /** Lines that were understood. */
  accepted: number;
  flights: { created: number; updated: number; cancelled: number; unchanged: number };
  /** Bookings (held, being paid or confirmed) on flights that move, shrink below what is taken, or are cancelled. */
  hit: { bookings: number; seats: number };
  /** How far applying or rolling back has come. */
  progress: { done: number; of: number };
  outcomes: Record<ChangeOutcome, number>;
  rejected: number;
  /** Carriers and dates that the file speaks for. */
  scopes: { carrier: string; from: string; to: string }[];
  /** Why nothing is cancelled although the file was called whole; null if it is not, or all is well. */
  notWhole: string | null;
}

/** A flight as an import sees it. */
export interface FlightFacts {
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  departsAt: WallTime;
  arrivesAt: WallTime;
  /** Milliseconds since the epoch. */
  departsAtUtc: number;
  arrivesAtUtc: number;
  state: Exclude<FlightState, 'departed'>;
  originTerminal: string | null;
  destinationTerminal: string | null;
  aircraft: string | null;
  serviceType: string | null;
  cabins: { cabin: CabinClass; capacity: number; price: Money }[];
}

export interface ChangeView {
  position: number;
  kind: ChangeKind;
  /** Of the file; null for a flight that it does not have. */
  line: number | null;
  flightId: string;
  /** Null for a flight that is new. */
  before: FlightFacts | null;
  /** Null for a flight that is cancelled. */
  after: FlightFacts | null;
  bookings: number;
  seats: number;
  outcome: ChangeOutcome | null;
  reason: string | null;
}

export interface ImportDetailView extends ImportView {
  changes: ChangeView[];
  nextCursor: string | null;
  /** The first hundred of each. */
  rejectedLines: { line: number; reason: string }[];
  notes: { line: number; note: string }[];
}

/** What rolling back would do now. */
export interface RollbackPreview {
  /** Flights that would go, be put back, and fly again. */
  undone: Record<ChangeKind, number>;
  /** Flights that would stay: edited since, or with seats that were taken since (so many). */
  kept: { edited: number; taken: number; seats: number };
}

export const exportFlightsInput = z.object({
  format: z.enum(['ssim']),
  carrier: z.string().trim().toUpperCase().max(2).optional(),
  origin: placeCodeSchema.optional(),
  from: dateSchema.optional(),
  to: dateSchema.optional(),
  cursor: z.string().max(300).nullish(),
});
export type ExportFlightsInput = z.infer<typeof exportFlightsInput>;

/** A part of a file; the parts one after the other are the whole. */
export interface ExportView {
  text: string;
  /** Dated flights in this part. */
  flights: number;
  /** Dated flights that the format cannot hold: more seats than a configuration has room for. */
  leftOut: number;
  nextCursor: string | null;
}
