/** What one run measures. */
export interface SalesPlan {
  variants: VariantPlan[];
  ratios: RatioPlan[];
}

/** A server with a database of its own, alive through the whole run. */
export interface HostPlan {
  kind: 'echo' | 'own-echo' | 'airside' | 'for-update' | 'orm' | 'store';
  /** On sale at a time. */
  flights: number;
  capacity: number;
  /**
   * Each round sells other flights. What a run sells would else all be of one, and each look of the server's own audit
   * at it, which reads every booking of a flight, would take a second of the turn.
   */
  renewed?: true;
  /** Its Redis is ended before the first round. */
  redisDead?: boolean;
  role?: 'all' | 'web';
}

export interface VariantPlan {
  name: string;
  title: string;
  host: string;
  path: string;
  legs: number;
  /** What is counted: successes, or refusals for want of seats. */
  counts: 'ok' | 'soldOut';
  /** Payment events in one POST; absent: this is no life. */
  eventsPerPost?: number;
  /** Sent at a rate, whether or not answers come. */
  openLoop?: true;
  /** Holds in one call of the record, without a server. */
  batch?: number;
  /** Fewer callers than the others have: more would only lose to each other. */
  callers?: { sockets: number; perSocket: number };
}

const sea = 1_000_000;

export const hosts: Record<string, HostPlan> = {
  echo: { kind: 'echo', flights: 0, capacity: 0 },
  'own-echo': { kind: 'own-echo', flights: 0, capacity: 0 },
  hold: { kind: 'airside', flights: 1, capacity: sea, renewed: true },
  flights: { kind: 'airside', flights: 1_000, capacity: sea },
  legs: { kind: 'airside', flights: 2, capacity: sea, renewed: true },
  'sold-out': { kind: 'airside', flights: 1, capacity: 500 },
  'redis-dead': { kind: 'airside', flights: 1, capacity: sea, renewed: true, redisDead: true },
  life: { kind: 'airside', flights: 1, capacity: sea, renewed: true },
  // The generator is the provider: in a process that does background work, submitting each payment costs as well.
  'life-web': { kind: 'airside', flights: 1, capacity: sea, renewed: true, role: 'web' },
  'life-batched': { kind: 'airside', flights: 1, capacity: sea, renewed: true, role: 'web' },
  'for-update': { kind: 'for-update', flights: 1, capacity: sea, renewed: true },
  orm: { kind: 'orm', flights: 1, capacity: sea, renewed: true },
  engine: { kind: 'store', flights: 1, capacity: sea, renewed: true },
};

const one = { legs: 1, counts: 'ok' } as const;
const hold = { ...one, path: 'booking.hold' } as const;

const variants: VariantPlan[] = [
  { name: 'echo', title: 'stock tRPC echo', host: 'echo', ...one, path: 'echo' },
  { name: 'hold', title: 'hold, one hot flight', host: 'hold', ...hold },
  { name: 'flights', title: 'hold, 1,000 flights', host: 'flights', ...hold },
  { name: 'legs', title: 'hold of two legs', host: 'legs', ...hold, legs: 2 },
  { name: 'sold-out', title: 'sold-out answers', host: 'sold-out', ...hold, counts: 'soldOut' },
  { name: 'redis-dead', title: 'hold, Redis dead', host: 'redis-dead', ...hold },
  { name: 'life', title: 'full life', host: 'life', ...hold, eventsPerPost: 1 },
  { name: 'life-web', title: 'full life, web role', host: 'life-web', ...hold, eventsPerPost: 1 },
  {
    name: 'life-batched',
    title: 'full life, web role, events together',
    host: 'life-batched',
    ...hold,
    eventsPerPost: 64,
  },
  { name: 'for-update-4', title: 'textbook FOR UPDATE, pool 4', host: 'for-update', ...one, path: 'hold4' },
  { name: 'for-update-8', title: 'textbook FOR UPDATE, pool 8', host: 'for-update', ...one, path: 'hold8' },
  { name: 'for-update-16', title: 'textbook FOR UPDATE, pool 16', host: 'for-update', ...one, path: 'hold16' },
  {
    name: 'orm',
    title: 'textbook ORM flush, 16 callers',
    host: 'orm',
    ...one,
    path: 'hold',
    callers: { sockets: 16, perSocket: 1 },
  },
  ...[1, 8, 32, 128, 256].map((batch) => ({
    name: `engine-${batch}`,
    title: `record alone, batches of ${batch}`,
    host: 'engine',
    ...one,
    path: `batches of ${batch}`,
    batch,
  })),
  { name: 'echo-open', title: 'echo at a fixed rate', host: 'echo', ...one, path: 'echo', openLoop: true },
  { name: 'hold-open', title: 'hold at a fixed rate', host: 'hold', ...hold, openLoop: true },
];

export interface RatioPlan {
  name: string;
  of: string[];
  /** The best of these is the denominator. */
  to: string[];
  measure: 'perSecond' | 'p99Ms';
  least: number | null;
  goal: number | null;
}

const forUpdate = ['for-update-4', 'for-update-8', 'for-update-16'];

const ratios: RatioPlan[] = [
  { name: 'holds ÷ echo', of: ['hold'], to: ['echo'], measure: 'perSecond', least: 0.7, goal: 0.9 },
  { name: 'holds ÷ FOR UPDATE', of: ['hold'], to: forUpdate, measure: 'perSecond', least: 15, goal: 25 },
  { name: 'holds ÷ ORM flush', of: ['hold'], to: ['orm'], measure: 'perSecond', least: null, goal: null },
  { name: 'one hot ÷ 1,000 flights', of: ['hold'], to: ['flights'], measure: 'perSecond', least: 0.95, goal: null },
  {
    // What the provider's side costs is the generator's; a process that also submits payments does more than a life.
    name: 'full lives ÷ echo',
    of: ['life-web', 'life-batched'],
    to: ['echo'],
    measure: 'perSecond',
    least: 0.2,
    goal: 0.26,
  },
  {
    name: 'full lives ÷ echo, all roles in one process',
    of: ['life'],
    to: ['echo'],
    measure: 'perSecond',
    least: null,
    goal: null,
  },
  { name: 'sold-out ÷ echo', of: ['sold-out'], to: ['echo'], measure: 'perSecond', least: 0.95, goal: 1.1 },
  { name: 'Redis dead ÷ normal', of: ['redis-dead'], to: ['hold'], measure: 'perSecond', least: 0.8, goal: null },
  { name: 'two legs ÷ one', of: ['legs'], to: ['hold'], measure: 'perSecond', least: 0.85, goal: null },
  {
    name: 'p99 of hold ÷ echo, fixed rate',
    of: ['hold-open'],
    to: ['echo-open'],
    measure: 'p99Ms',
    least: null,
    goal: null,
  },
];

export const bookingPlan: SalesPlan = { variants, ratios };

const groupOf = (name: string): string => name.replace(/-\d+$/, '');

/** Names that `--only` takes: a variant, or a word that several begin with. */
export function namesOf({ variants }: SalesPlan): string[] {
  return [...new Set(variants.flatMap(({ name }) => [name, groupOf(name)]))];
}

export function chosenVariants({ variants }: SalesPlan, only: string[]): VariantPlan[] {
  if (only.length === 0) return variants;
  return variants.filter(({ name }) => only.includes(name) || only.includes(groupOf(name)));
}
