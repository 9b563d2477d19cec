import type * as z from 'zod';
import type { CabinClass } from '../../../../shared/flight.ts';
import { type createJobInput, quoteJobInput } from '../../../../shared/jobs.ts';
import { limits } from '../../../../shared/limits.ts';
import type { Money } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { addDays, today } from '../flight/flight-times.ts';
import type { AmountDraft } from '../money/money-input.tsx';
import { parseMoney } from '../money/parse-money.ts';
import { daysFrom } from './job-names.ts';

export type ProviderChoice = 'inventory' | 'simulator' | 'google-flights' | 'duffel';

/** A number as it stands in its field: a text while it is none yet. */
export type Typed = number | string;

/** What the form holds: ranges instead of lists of days, and numbers and money as they are typed. */
export interface JobDraft {
  origins: string[];
  destinations: string[];
  depart: CalendarDate;
  until: CalendarDate;
  /** Null: one way. */
  back: CalendarDate | null;
  backUntil: CalendarDate;
  adults: number;
  children: Typed;
  infantsOnLap: Typed;
  infantsInSeat: Typed;
  cabin: CabinClass;
  providers: ProviderChoice[];
  simulator: { seed: number; latencyMs: number; failRate: number; blockRate: number; emptyRate: number };
  /** Empty: every date is asked for exactly. */
  shortlist: Typed;
  /** Without an amount the job goes on to its end. */
  stopAt: AmountDraft;
  repeats: boolean;
  everyHours: Typed;
  times: Typed;
  priority: Typed;
}

/** What each part of the form is given. */
export interface PartProps {
  draft: JobDraft;
  change: (part: Partial<JobDraft>) => void;
  problems: Problems;
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
  infantsOnLap: 0,
  infantsInSeat: 0,
  cabin: 'economy',
  providers: ['inventory'],
  simulator: { seed: 1, latencyMs: 50, failRate: 0.05, blockRate: 0.02, emptyRate: 0.2 },
  shortlist: '',
  stopAt: { text: '', currency: 'USD' },
  repeats: false,
  everyHours: 24,
  times: 7,
  priority: 0,
});

/** An empty field is no number. */
export const numberIn = (typed: Typed): number => (typed === '' ? Number.NaN : Number(typed));

/** A price that may be left out. What is no amount becomes one that no schema takes. */
export const priceIn = ({ text, currency }: AmountDraft): Money | undefined =>
  text.trim() === '' ? undefined : (parseMoney(text, currency) ?? { amount: -1, currency });

/** What would be sent. */
export function askOf(draft: JobDraft): Omit<z.input<typeof createJobInput>, 'id'> {
  const { origins, destinations, depart, until, back, backUntil, cabin, providers, simulator, stopAt } = draft;
  const stopAtPrice = priceIn(stopAt);
  return {
    origins,
    destinations,
    departDates: daysFrom(depart, until, limits.datesPerJobAxis),
    returnDates: back ? daysFrom(back, backUntil, limits.datesPerJobAxis) : [],
    passengers: {
      adults: draft.adults,
      children: numberIn(draft.children),
      infantsOnLap: numberIn(draft.infantsOnLap),
      infantsInSeat: numberIn(draft.infantsInSeat),
    },
    cabin,
    providers,
    priority: numberIn(draft.priority),
    ...(draft.shortlist !== '' && { shortlist: numberIn(draft.shortlist) }),
    ...(stopAtPrice && { stopAtPrice }),
    ...(draft.repeats && { repeat: { everyHours: numberIn(draft.everyHours), times: numberIn(draft.times) } }),
    ...(providers.includes('simulator') && { simulator }),
  };
}

/** What is wrong, by the path of the field in what is sent, such as `repeat.times`. */
export type Problems = Record<string, string>;

/** In the words of the schema that the server holds it to. */
export function problemsIn(schema: z.ZodType, value: unknown): Problems {
  const { error } = schema.safeParse(value);
  // The first that is wrong with a field is enough.
  return Object.fromEntries((error?.issues ?? []).toReversed().map(({ path, message }) => [path.join('.'), message]));
}

export const problemsOf = (draft: JobDraft): Problems => ({
  ...problemsIn(quoteJobInput, askOf(draft)),
  // No day back at all would be a job of one-ways.
  ...(draft.back !== null && draft.back > draft.backUntil && { returnDates: 'back before it begins' }),
});
