import { parseArgs } from 'node:util';
import { Complaint, wholeNumber } from '../command-line.ts';
import type { Bench } from './bench.ts';
import { benchBesideSales } from './search-beside-sales.ts';
import { benchEvents } from './search-events.ts';
import { benchJourneys } from './search-journeys.ts';
import { benchNonstop } from './search-nonstop.ts';
import type { SearchPart, SearchSetting } from './search-part.ts';
import { benchPeers } from './search-peers.ts';
import { benchSocket } from './search-socket.ts';
import { hasRealDay, realDay, type World, worldWeek } from './search-world.ts';
import { type ServedWorld, serveWorld } from './serve-world.ts';

const parts: Record<string, { title: string; run: SearchPart }> = {
  journeys: { title: 'journeys, beside self-joins in Postgres', run: benchJourneys },
  nonstop: { title: 'the cheapest nonstop flights, beside Redis', run: benchNonstop },
  events: { title: 'changes taken in, searched meanwhile', run: benchEvents },
  socket: { title: 'the engine alone, and over the socket', run: benchSocket },
  sales: { title: 'holds, with and without searches beside them', run: benchBesideSales },
  peers: { title: 'planners of public transport', run: benchPeers },
};
/** That one installs packages. */
const usual = Object.keys(parts).filter((name) => name !== 'peers');

const usage = `npm run bench -- search [options]

Searches a world-size week in memory, and beside it what else could answer. Answers are compared first; then all sides are
timed on the same questions, one at a time, in one run.

  --only A,B,…  these parts only: ${Object.keys(parts).join(', ')} (all but peers)
  --peers       peers, too: installs two planners from npm's registry into a temporary directory
  --queries N   questions that are compared, half with one stop, half with two (500)
  --timed N     questions that are timed (200)
  --rounds N    rounds of events and sales (5)
  --seconds S   length of a turn of sales (5)
  --share S     only the busiest such share of the world's airports (1)
  --world W     week, or day: the real US flights of 18 January 2008 (week)
  --plans       prints the plans of Postgres
  --json FILE   everything that was measured, as JSON
`;

type Options = Pick<SearchSetting, 'queries' | 'timed' | 'rounds' | 'seconds' | 'share' | 'plans'> & {
  only: string[];
  world: 'week' | 'day';
  json: string | undefined;
};

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      peers: { type: 'boolean', default: false },
      queries: { type: 'string', default: '500' },
      timed: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      share: { type: 'string', default: '1' },
      world: { type: 'string', default: 'week' },
      plans: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { world } = values;
  if (values.help || (world !== 'week' && world !== 'day')) throw new Complaint(`\n${usage}`);
  if (world === 'day' && !hasRealDay) throw new Complaint('the real day is not at hand (../shared/data)');
  const named = values.only?.split(',').filter((each) => each !== '') ?? [];
  const unknown = named.find((each) => !Object.hasOwn(parts, each));
  if (unknown) throw new Complaint(`there is no part ${unknown}; there are ${Object.keys(parts).join(', ')}`);
  const share = Number(values.share);
  if (!(share > 0 && share <= 1)) throw new Complaint(`--share ${values.share} is not above 0 and up to 1`);
  const wanted = new Set([...(named.length > 0 ? named : usual), ...(values.peers ? ['peers'] : [])]);
  return {
    only: Object.keys(parts).filter((name) => wanted.has(name)),
    queries: wholeNumber('queries', values.queries, 1, 10_000),
    timed: wholeNumber('timed', values.timed, 1, 10_000),
    rounds: wholeNumber('rounds', values.rounds, 1, 100),
    seconds: wholeNumber('seconds', values.seconds, 1, 60),
    share,
    world,
    plans: values.plans,
    json: values.json,
  };
}

export const searchBench: Bench = {
  about: 'searches in memory beside Postgres, Redis and planners of public transport; over the socket; beside sales',
  run: async (args, closing, say) => {
    const { only, json, world: wanted, ...options } = readOptions(args);
    let world: World | undefined;
    let served: Promise<ServedWorld> | undefined;
    const setting: SearchSetting = {
      ...options,
      closing,
      say,
      world: () => {
        if (!world) say('drawing the timetable');
        world ??= wanted === 'day' ? realDay() : worldWeek(options.share);
        return world;
      },
      served: () => {
        served ??= serveWorld(options.share, closing, say);
        return served;
      },
    };
    const report: Record<string, object> = {};
    const texts: string[] = [];
    let ok = true;
    for (const name of only) {
      const part = parts[name] as (typeof parts)[string];
      say(`${name}: ${part.title}`);
      const outcome = await part.run(setting);
      texts.push(`${name}: ${part.title}\n${outcome.text}`);
      report[name] = outcome.report;
      ok &&= outcome.ok;
    }
    const about = world ? { world: world.name, flights: world.flights.length } : {};
    if (world) texts.unshift(`${world.name}: ${world.flights.length} flights`);
    return { text: texts.join('\n\n'), report: { ...about, ...report }, json, ok };
  },
};
