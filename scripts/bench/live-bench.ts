import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Complaint } from '../command-line.ts';
import type { Bench } from './bench.ts';
import { type LiveReport, printLiveReport } from './live-report.ts';
import { type LiveOptions, liveParts, runLiveBench } from './run-live-bench.ts';

const usage = `npm run bench -- live [options]

Measures how seats reach those who watch: deliveries a CPU second and memory a socket beside a raw
broadcast over ws and beside tRPC's own subscriptions, the time from a hold to the last of many
watchers, a storm of reconnects, and what watchers cost those who buy. Starts engines and servers of
its own, and removes them.

  --only A,B,…     these parts only: ${liveParts.join(', ')}
  --rounds N       counted rounds of the comparison, and storms (3)
  --seconds S      length of a turn (2)
  --watchers N     sockets of storm, memory and buying (5000)
  --holds N        holds that are followed to their last watcher (60)
  --json FILE      everything that was measured, as JSON
`;

function readOptions(args: string[]): LiveOptions & { json: string | undefined } {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      watchers: { type: 'string', default: '5000' },
      holds: { type: 'string', default: '60' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const only = values.only?.split(',').filter((each) => each !== '') ?? [];
  const unknown = only.find((each) => !(liveParts as readonly string[]).includes(each));
  if (unknown) throw new Complaint(`there is no part ${unknown}; there are ${liveParts.join(', ')}`);
  const number = (name: 'rounds' | 'seconds' | 'watchers' | 'holds', least: number, most: number) => {
    const value = Number(values[name]);
    if (!(value >= least && value <= most))
      throw new Complaint(`--${name} ${values[name]} is not from ${least} to ${most}`);
    return value;
  };
  return {
    parts: liveParts.filter((part) => only.length === 0 || only.includes(part)),
    rounds: Math.round(number('rounds', 1, 20)),
    seconds: number('seconds', 0.2, 30),
    // Each is a file of two processes, and a port.
    watchers: Math.round(number('watchers', 20, 8_000)),
    holds: Math.round(number('holds', 1, 300)),
    json: values.json,
  };
}

export const liveBench: Bench = {
  about: 'seats on their way to those who watch, beside raw ws and stock tRPC subscriptions',
  run: async (args, closing, say) => {
    const { json, ...options } = readOptions(args);
    const loadAverageAtStart = loadavg()[0] as number;
    const figures = await runLiveBench(options, closing, say);
    const report: LiveReport = {
      at: new Date().toISOString(),
      machine: {
        cpus: cpus().length,
        cpuModel: cpus()[0]?.model ?? 'unknown',
        node: process.version,
        loadAverageAtStart,
      },
      options,
      figures,
    };
    return { text: printLiveReport(report), report, json, ok: true };
  },
};
