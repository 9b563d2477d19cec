import type { Money } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';

/** Why a day shows no price: not asked yet; proved to have none; asked without an answer; found, but not priced yet. */
export type Lack = 'waiting' | 'none' | 'unknown' | 'found';

export interface CalendarDay {
  date: CalendarDate;
  price: Money | null;
  /** Shown where there is no price. */
  lack: Lack;
  /** What else is known of the day, in a few words. */
  note?: string;
}
