import { parseArgs } from 'node:util';
import { Complaint } from '../command-line.ts';

const usage = `npm run simulate -- [options]

Runs the commands of selling in a small world of its own (buyers, operators, a provider, one to three
processes) in which everything goes wrong that can, and checks what must hold after every step. A
world is a function of its seed: the same seed tells the same history, to the letter.

  --histories K       how many (10000)
  --seed N            the first seed (1)
  --store WHICH       memory, or postgres: each step is done by both, which must agree (memory)
  --workers N         threads (2)
  --trace             tells the history of --seed step by step

  --equivalence N     N random batches on Postgres and on the model, which must decide alike
  --payments K        K shuffled histories of payments alone; with --store postgres on both
  --exhaustive [N]    every order of events in small worlds, up to N states each (1000000)
`;

export interface SimulateOptions {
  does: 'histories' | 'trace' | 'batches' | 'payments' | 'exhaustive';
  seed: number;
  count: number;
  store: 'memory' | 'postgres';
  workers: number;
}

/** Reads the command line. Throws `Complaint`, or parseArgs' own error. */
export function readSimulateOptions(args: string[]): SimulateOptions {
  // `--exhaustive` alone means all of it.
  const last = args.indexOf('--exhaustive');
  const isBare = last >= 0 && !/^\d/.test(args[last + 1] ?? '');
  const { values } = parseArgs({
    args: isBare ? [...args.slice(0, last + 1), '1000000', ...args.slice(last + 1)] : args,
    options: {
      histories: { type: 'string' },
      seed: { type: 'string' },
      store: { type: 'string', default: 'memory' },
      workers: { type: 'string' },
      trace: { type: 'boolean', default: false },
      equivalence: { type: 'string' },
      payments: { type: 'string' },
      exhaustive: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const numberOf = (
    name: 'histories' | 'seed' | 'workers' | 'equivalence' | 'payments' | 'exhaustive',
    fallback: number,
  ) => {
    const text = values[name];
    if (text === undefined) return fallback;
    if (!/^\d{1,12}$/.test(text) || Number(text) < 1)
      throw new Complaint(`--${name} ${text} is not a number from 1 on`);
    return Number(text);
  };
  const { store } = values;
  if (store !== 'memory' && store !== 'postgres')
    throw new Complaint(`--store ${store} is neither memory nor postgres`);
  const common = { seed: numberOf('seed', 1), workers: Math.min(64, numberOf('workers', 2)) };
  if (values.exhaustive !== undefined)
    return { ...common, does: 'exhaustive', count: numberOf('exhaustive', 1), store };
  if (values.equivalence !== undefined) {
    return { ...common, does: 'batches', count: numberOf('equivalence', 1), store: 'postgres' };
  }
  if (values.payments !== undefined) return { ...common, does: 'payments', count: numberOf('payments', 1), store };
  if (values.trace) return { ...common, does: 'trace', count: 1, store };
  return { ...common, does: 'histories', count: numberOf('histories', 10_000), store };
}
