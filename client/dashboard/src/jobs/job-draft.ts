import type { z } from 'zod';
import type { CabinClass } from '../../../../shared/flight.ts';
import type { createJobInput } from '../../../../shared/jobs.ts';
import { limits } from '../../../../shared/limits.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { addDays, today } from '../flight/flight-times.ts';
import { daysFrom } from './job-names.ts';

export type ProviderChoice = 'inventory' | 'simulator' | 'google-flights' | 'duffel';

/** What the form holds: ranges instead of lists of days, and money as it is typed. */
export interface JobDraft {
  origins: string[];
  destinations: string[];
  depart: CalendarDate;
  until: CalendarDate;
  /** Null: one way. */
  back: CalendarDate | null;
  backUntil: CalendarDate;
  adults: number;
  children: number;
  cabin: CabinClass;
  providers: ProviderChoice[];
  simulator: { seed: number; latencyMs: number; failRate: number; blockRate: number; emptyRate: number };
}

export const firstDraft = (): JobDraft => ({
  origins: [],
  destinations: [],
  depart: addDays(today(), 7),
  until: addDays(today(), 13),
  back: null,
  backUntil: addDays(today(), 21),
  adults: 1,
  children: 0,
  cabin: 'economy',
  providers: ['inventory'],
  simulator: { seed: 1, latencyMs: 50, failRate: 0.05, blockRate: 0.02, emptyRate: 0.2 },
});

/** What would be sent. */
export function askOf(draft: JobDraft): Omit<z.input<typeof createJobInput>, 'id'> {
  const { origins, destinations, depart, until, back, backUntil, adults, children, cabin, providers, simulator } =
    draft;
  return {
    origins,
    destinations,
    departDates: daysFrom(depart, until, limits.datesPerJobAxis),
    returnDates: back ? daysFrom(back, backUntil, limits.datesPerJobAxis) : [],
    passengers: { adults, children },
    cabin,
    providers,
    ...(providers.includes('simulator') && { simulator }),
  };
}

export const isAskable = ({ origins, destinations, providers, depart, until, back, backUntil }: JobDraft): boolean =>
  origins.length > 0 &&
  destinations.length > 0 &&
  providers.length > 0 &&
  depart <= until &&
  (back === null || back <= backUntil);
