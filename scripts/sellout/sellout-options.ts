import { parseArgs } from 'node:util';
import { readRedisKind } from '../chaos/chaos-options.ts';
import { Complaint, wholeNumber } from '../command-line.ts';
import type { RedisKind } from '../stage/kept-redis.ts';

const usage = `npm run sellout -- [options]

Sells a flight out again and again, at many times its seats in demand, on a server and engines of its
own. Some buyers let their hold run out and some give it back; each run must end with every seat sold.

  --times N     runs (100)
  --seats N     seats of each flight (500)
  --demand N    buyers for each seat (10)
  --sockets N   WebSockets that the buyers share (200)
  --webs N      web processes on one port (1)
  --redis KIND  single, or cluster: three nodes (single)
  --seed N      decides who walks away (of the clock)
`;

export interface SelloutOptions {
  times: number;
  seats: number;
  demand: number;
  sockets: number;
  webs: number;
  redis: RedisKind;
  seed: number;
}

/** Reads the command line. Throws `Complaint`, or parseArgs' own error. */
export function readSelloutOptions(args: string[]): SelloutOptions {
  const { values } = parseArgs({
    args,
    options: {
      times: { type: 'string' },
      seats: { type: 'string' },
      demand: { type: 'string' },
      sockets: { type: 'string' },
      webs: { type: 'string' },
      redis: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (
    name: 'times' | 'seats' | 'demand' | 'sockets' | 'webs' | 'seed',
    fallback: number,
    most: number,
  ): number => {
    const text = values[name];
    if (text === undefined) return fallback;
    return wholeNumber(name, text, 1, most);
  };
  return {
    times: count('times', 100, 100_000),
    seats: count('seats', 500, 10_000),
    demand: count('demand', 10, 100),
    sockets: count('sockets', 200, 2_000),
    webs: count('webs', 1, 16),
    redis: readRedisKind(values.redis),
    seed: count('seed', 1 + (Date.now() % 2 ** 31), 2 ** 31),
  };
}
