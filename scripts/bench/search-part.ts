import type { Closing } from '../../server/platform/runtime/closing.ts';
import type { World } from './search-world.ts';
import type { ServedWorld } from './serve-world.ts';

/** What every part of the search benchmark is given. */
export interface SearchSetting {
  /** Questions that are compared, and those that are timed. */
  queries: number;
  timed: number;
  rounds: number;
  /** Length of a turn of sales. */
  seconds: number;
  /** The busiest such share of the world's airports. */
  share: number;
  plans: boolean;
  closing: Closing;
  say: (line: string) => void;
  /** The flights; drawn when the first part asks for them. */
  world(): World;
  /** A server that has flights of the world; started when the first part asks for it. */
  served(): Promise<ServedWorld>;
}

export interface PartOutcome {
  text: string;
  report: object;
  /** False when answers were wrong: never because something was slow. */
  ok: boolean;
}

export type SearchPart = (setting: SearchSetting) => Promise<PartOutcome>;
