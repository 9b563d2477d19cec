/** One thing that may happen in a small world, at most `times` often and in any order with the others. */
export type ScopeAction = { name: string; times: number } & (
  | { kind: 'hold'; clients: number[] }
  /** The statement of a hold whose caller lost its connection; and whoever asks whether it can still come. */
  | { kind: 'ghost'; client: number }
  | { kind: 'seal'; client: number }
  | { kind: 'pay'; client: number; actor: number }
  | { kind: 'event'; client: number; payment: 'own' | 'second' | 'odd'; result: 'succeeded' | 'failed' | 'authorised' }
  | { kind: 'voided'; client: number; payment: 'own' | 'second' | 'odd' }
  | { kind: 'quote'; client: number; keeps: number }
  | { kind: 'cancel'; client: number; actor: number; quotesAgo: number }
  | { kind: 'expire' }
  | { kind: 'release' }
  | { kind: 'refund'; which: number }
  | { kind: 'tick' }
  | { kind: 'capacity'; cabin: number; target: number }
  | { kind: 'state'; cabin: number; state: 'open' | 'closed' | 'cancelled' }
);

/** A world that is small enough to be looked at from all sides. */
export interface Scope {
  name: string;
  capacities: number[];
  /** `legs` name cabins by their place. */
  clients: { legs: number[]; seats: number }[];
  actions: ScopeAction[];
}

const hold = (...clients: number[]): ScopeAction => ({
  name: `hold ${clients.join('+')}`,
  times: 2,
  kind: 'hold',
  clients,
});
const pay = (client: number, actor = client): ScopeAction => ({
  name: actor === client ? `pay ${client}` : `pay ${client} as ${actor}`,
  times: 1,
  kind: 'pay',
  client,
  actor,
});
const event = (
  client: number,
  result: 'succeeded' | 'failed' | 'authorised',
  times = 1,
  payment: 'own' | 'second' | 'odd' = 'own',
): ScopeAction => ({
  name: `${payment} payment of ${client} ${result}`,
  times,
  kind: 'event',
  client,
  payment,
  result,
});
const cancel = (client: number, times = 1, quotesAgo = 0, actor = client): ScopeAction => ({
  name: `cancel ${client}${actor === client ? '' : ` as ${actor}`}${quotesAgo ? ' with an old quote' : ''}`,
  times,
  kind: 'cancel',
  client,
  actor,
  quotesAgo,
});
const quote = (client: number, times = 1, keeps = 0.5): ScopeAction => ({
  name: `quote ${client}`,
  times,
  kind: 'quote',
  client,
  keeps,
});
const expire: ScopeAction = { name: 'expire', times: 1, kind: 'expire' };
const release: ScopeAction = { name: 'release', times: 2, kind: 'release' };
const tick = (times = 1): ScopeAction => ({ name: 'a minute passes', times, kind: 'tick' });
const refund = (which = 0): ScopeAction => ({ name: `refund ${which}`, times: 2, kind: 'refund', which });
const capacity = (cabin: number, target: number): ScopeAction => ({
  name: `capacity of ${cabin} is ${target}`,
  times: 1,
  kind: 'capacity',
  cabin,
  target,
});
const state = (cabin: number, to: 'open' | 'closed' | 'cancelled'): ScopeAction => ({
  name: `flight ${cabin} is ${to}`,
  times: 1,
  kind: 'state',
  cabin,
  state: to,
});

const one = { legs: [0], seats: 1 };
const two = { legs: [0], seats: 2 };

/** Small worlds that each put one part of selling under every order of its events. */
export const scopes: Scope[] = [
  {
    name: 'two buyers, one seat',
    capacities: [1],
    clients: [one, one],
    actions: [
      hold(0),
      hold(1),
      hold(1, 0),
      pay(0),
      pay(1),
      event(0, 'succeeded', 2),
      event(0, 'failed'),
      event(1, 'succeeded'),
      cancel(0),
      expire,
      tick(),
      refund(),
    ],
  },
  {
    name: 'late and double money',
    capacities: [1],
    clients: [one, one],
    actions: [
      hold(0),
      hold(1),
      pay(0),
      event(0, 'failed'),
      event(0, 'succeeded', 2),
      event(0, 'succeeded', 2, 'second'),
      event(0, 'succeeded', 1, 'odd'),
      expire,
      tick(),
      refund(0),
      refund(1),
    ],
  },
  {
    name: 'authorised, captured, voided',
    capacities: [1],
    clients: [one, one],
    actions: [
      hold(0),
      hold(1),
      pay(0),
      event(0, 'authorised', 2),
      event(0, 'succeeded', 2),
      event(0, 'failed'),
      event(0, 'authorised', 1, 'second'),
      event(0, 'succeeded', 1, 'second'),
      { name: 'own payment of 0 voided', times: 1, kind: 'voided', client: 0, payment: 'own' },
      quote(0),
      cancel(0),
      expire,
      tick(),
      refund(0),
    ],
  },
  {
    name: 'quotes and cancellation',
    capacities: [1],
    clients: [one, one],
    actions: [
      hold(0),
      hold(1),
      pay(0),
      pay(0, 1),
      event(0, 'succeeded'),
      event(0, 'succeeded', 1, 'second'),
      quote(0, 2),
      cancel(0, 2),
      cancel(0, 1, 1),
      cancel(0, 1, 0, 1),
      expire,
      tick(),
      refund(0),
      refund(1),
    ],
  },
  {
    name: 'two legs or none',
    capacities: [1, 2],
    clients: [
      { legs: [0, 1], seats: 1 },
      { legs: [1, 0], seats: 1 },
      { legs: [1, 1], seats: 1 },
    ],
    actions: [
      hold(0),
      hold(1),
      hold(2),
      hold(0, 2),
      hold(2, 1),
      pay(0),
      pay(2),
      event(0, 'succeeded'),
      event(2, 'succeeded'),
      event(2, 'failed'),
      cancel(1),
      expire,
      tick(),
    ],
  },
  {
    name: 'an operator edits',
    capacities: [2],
    clients: [one, two],
    actions: [
      hold(0),
      hold(1),
      pay(0),
      pay(1),
      event(0, 'succeeded'),
      event(1, 'succeeded'),
      event(1, 'authorised'),
      capacity(0, 0),
      capacity(0, 3),
      state(0, 'closed'),
      state(0, 'open'),
      state(0, 'cancelled'),
      release,
      expire,
      tick(),
      refund(0),
    ],
  },
  {
    name: 'connections are lost',
    capacities: [1],
    clients: [one, one],
    actions: [
      { name: 'the ghost of 0 arrives', times: 2, kind: 'ghost', client: 0 },
      { name: 'the ghost of 1 arrives', times: 1, kind: 'ghost', client: 1 },
      { name: 'the batch of 0 is sealed', times: 1, kind: 'seal', client: 0 },
      { name: 'the batch of 1 is sealed', times: 2, kind: 'seal', client: 1 },
      hold(0),
      hold(1),
      pay(0),
      event(0, 'succeeded'),
      cancel(0),
      cancel(1),
      expire,
      tick(2),
    ],
  },
  {
    name: 'three buyers, two seats',
    capacities: [2],
    clients: [one, one, two],
    actions: [
      hold(0),
      hold(1),
      hold(2),
      hold(2, 0, 1),
      pay(0),
      pay(1),
      pay(2),
      event(0, 'succeeded'),
      event(1, 'succeeded'),
      event(2, 'succeeded'),
      event(0, 'failed'),
      event(1, 'failed'),
      cancel(2),
      expire,
      tick(),
    ],
  },
];

/** The same world with everything once more: millions of states instead of thousands. */
export const widened = (scope: Scope): Scope => ({
  ...scope,
  name: `${scope.name}, everything once more`,
  actions: scope.actions.map((action) => ({ ...action, times: action.times + 1 })),
});
