import { parseArgs } from 'node:util';
import { Complaint } from '../command-line.ts';

/** What the command line is read for. */
interface Command {
  name: string;
  purpose: string;
  /** What `--only` takes. */
  variants: string[];
}

const usageOf = ({ name, purpose, variants }: Command): string => `npm run bench -- ${name} [options]

${purpose} Starts engines and servers of its own, and removes them.

  --only A,B,…     these variants only: ${variants.join(', ')}
  --rounds N       counted rounds, after one that warms up (5)
  --seconds S      length of each variant's turn in a round (1.5)
  --sockets N      sockets a variant (64)
  --in-flight N    calls that each socket keeps in flight (8)
  --rate N         calls a second of the open loops (3000)
  --json FILE      everything that was measured, as JSON
  --adapter NAME   of our servers' sockets: own, or stock, which is tRPC's (own)
  --profile        profiles the servers and says where their time goes (rates are lower then)
`;

export type Adapter = 'own' | 'stock';

export interface BenchOptions {
  /** Empty: all. */
  only: string[];
  rounds: number;
  seconds: number;
  sockets: number;
  inFlight: number;
  rate: number;
  json: string | undefined;
  profile: boolean;
  adapter: Adapter;
}

/** Reads the command line. Throws `Complaint`, or parseArgs' own error. */
export function readBenchOptions(args: string[], command: Command): BenchOptions {
  const { variants } = command;
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1.5' },
      sockets: { type: 'string', default: '64' },
      'in-flight': { type: 'string', default: '8' },
      rate: { type: 'string', default: '3000' },
      json: { type: 'string' },
      adapter: { type: 'string', default: 'own' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usageOf(command)}`);
  const only = values.only?.split(',').filter((each) => each !== '') ?? [];
  const unknown = only.find((each) => !variants.includes(each));
  if (unknown) throw new Complaint(`there is no variant ${unknown}; there are ${variants.join(', ')}`);
  const { adapter } = values;
  if (adapter !== 'own' && adapter !== 'stock') throw new Complaint(`--adapter ${adapter} is neither own nor stock`);
  const number = (name: 'rounds' | 'seconds' | 'sockets' | 'in-flight' | 'rate', least: number, most: number) => {
    const value = Number(values[name]);
    if (!(value >= least && value <= most))
      throw new Complaint(`--${name} ${values[name]} is not from ${least} to ${most}`);
    return value;
  };
  return {
    only,
    rounds: Math.round(number('rounds', 1, 50)),
    seconds: number('seconds', 0.1, 30),
    sockets: Math.round(number('sockets', 1, 1_000)),
    inFlight: Math.round(number('in-flight', 1, 256)),
    rate: Math.round(number('rate', 1, 100_000)),
    json: values.json,
    profile: values.profile,
    adapter,
  };
}
