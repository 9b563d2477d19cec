/** What a load generator does, as its parent tells it. Plain JSON: it travels between processes. */
export interface LoadPlan {
  /** `http://HOST:PORT` of the server under load. */
  url: string;
  /** One socket each; none: as many anonymous sockets as `sockets`. */
  tokens: string[];
  sockets: number;
  /** Calls that each socket keeps in flight. */
  perSocket: number;
  work: Work;
}

export interface Work {
  kind: 'echo' | 'hold' | 'life';
  method: 'query' | 'mutation';
  path: string;
  flightIds: string[];
  /** So many of them are on sale in a round, the next ones in the next; absent: all, always. */
  flightsARound?: number | undefined;
  /** Legs of each booking; they lie on different flights. */
  legs: number;
  /** Instead of calling a server: the record itself, so many holds a call. */
  store?: { databaseUrl: string; batch: number } | undefined;
  /** For lives: where and how the generator plays the payment provider. */
  webhook?: { url: string; secret: string; eventsPerPost: number; amount: number; currency: string } | undefined;
}

export interface RoundPlan {
  /** Length of the counted window. */
  seconds: number;
  /** Calls a second, sent whether or not answers come; absent: each slot calls again when it was answered. */
  rate?: number;
  /** Processes whose CPU time is read at both ends of the window. */
  watch: Record<string, number>;
}

export interface RoundResult {
  seconds: number;
  /** Answers inside the window, by kind. For lives `ok` counts whole lives. */
  ok: number;
  soldOut: number;
  /** Every other ending by its code. */
  errors: Record<string, number>;
  /** Calls of an open loop that found all places taken. */
  skipped: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** CPU seconds inside the window, by watched process; `load` is the generator itself. */
  cpu: Record<string, number>;
  /** The window on the machine's monotonic clock, in microseconds: what profiles are stamped with. */
  windowUs: [number, number];
}

/** Everything that was acknowledged since the generator opened its sockets. */
export interface Acknowledged {
  held: number;
  /** Σ of the numbers in the ids of acknowledged holds: with the count it proves that these ids are there. */
  heldIdSum: number;
  sold: number;
  soldIdSum: number;
  soldOut: number;
  unanswered: number;
}

export type ToLoad = { open: LoadPlan } | { run: RoundPlan } | { total: true };
export type FromLoad =
  | { opened: true }
  | { ran: RoundResult }
  | { total: Acknowledged }
  | { ready: string }
  | { failed: string };

/** The flights on sale in a round; the first round is 0. */
export function flightsOnSale({ flightIds, flightsARound }: Work, round: number): string[] {
  if (flightsARound === undefined) return flightIds;
  const from = (round * flightsARound) % flightIds.length;
  return flightIds.slice(from, from + flightsARound);
}
