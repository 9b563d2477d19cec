import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Complaint, wholeNumber } from '../command-line.ts';
import { type RedisKind, redisKinds } from '../stage/kept-redis.ts';

const usage = `npm run chaos -- [options]

Sells flights by real processes on engines of their own while processes, engines and connections are
killed, paused and cut, and holds everything that buyers were told against the record.
\`npm run chaos -- jobs --help\` does the same to one long fare-search job.

  --kills N     faults to inflict (200)
  --seed N      decides what is drawn (of the clock)
  --minutes M   stop after the round that M minutes fall into, if that comes first (60)
  --buyers N    who buys at the same time (120)
  --redis KIND  single, or cluster: three nodes (single)
  --dir D       data, logs and state (a new temporary directory, removed when all is well)
  --resume      go on counting where the run in --dir stopped
`;

export interface ChaosOptions {
  kills: number;
  /** Undefined: the run that is taken up has one, or the clock gives it. */
  seed: number | undefined;
  minutes: number;
  buyers: number;
  redis: RedisKind;
  dir: string | undefined;
  resume: boolean;
}

/** Reads the command line. Throws `Complaint`, or parseArgs' own error. */
export function readChaosOptions(args: string[]): ChaosOptions {
  const { values } = parseArgs({
    args,
    options: {
      kills: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      buyers: { type: 'string' },
      redis: { type: 'string' },
      dir: { type: 'string' },
      resume: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (name: 'kills' | 'seed' | 'minutes' | 'buyers', least: number, most: number): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    return wholeNumber(name, text, least, most);
  };
  if (values.resume && !values.dir) throw new Complaint('--resume needs the --dir of the run that it takes up');
  return {
    kills: count('kills', 1, 1_000_000) ?? 200,
    seed: count('seed', 0, 2 ** 31),
    minutes: count('minutes', 1, 10_000) ?? 60,
    buyers: count('buyers', 1, 2_000) ?? 120,
    redis: readRedisKind(values.redis),
    // npm changes to the project's root; a relative directory is meant from where the user stands.
    dir: values.dir === undefined ? undefined : resolve(process.env.INIT_CWD ?? '.', values.dir),
    resume: values.resume,
  };
}

/** Throws `Complaint`. */
export function readRedisKind(text = 'single'): RedisKind {
  const kind = redisKinds.find((each) => each === text);
  if (!kind) throw new Complaint(`--redis ${text} is not one of ${redisKinds.join(', ')}`);
  return kind;
}
