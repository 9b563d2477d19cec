import { median } from './bench-report.ts';
import { guests } from './open-host.ts';
import type { Stage } from './open-stage.ts';
import { cpuSeconds, machineTicks, threadSeconds } from './process-cpu.ts';
import { type LoopDelay, readLoopDelay } from './read-metrics.ts';
import type { PartOutcome, SearchSetting } from './search-part.ts';
import { itineraryQuestions } from './serve-world.ts';
import type { CallPlan, CallResult, FromCalls } from './timed-calls.ts';

/** What is called beside the holds: nothing; calls that cost next to nothing by themselves; searches. */
const phases = ['alone', 'pings', 'searches'] as const;
type Phase = (typeof phases)[number];

/** One turn of a phase, or the medians of its turns. */
interface Turn {
  holds: CallResult;
  /** Null: nothing was called beside. */
  beside: CallResult | null;
  /** Milliseconds of CPU in a second, by whoever used it. */
  cpu: Record<string, number>;
  /** Share of all cores that nobody used. */
  idle: number;
  loop: LoopDelay;
}

/** What holds take with and without other calls beside them; medians over the rounds. */
interface BesideSales {
  flights: number;
  rounds: number;
  holdsPerSecond: number;
  besidePerSecond: number;
  phases: Record<Phase, Turn>;
  /** Of the holds' p95, by what is beside them: of the medians, and round by round. */
  ratios: { of: Phase; to: Phase; value: number; byRound: number[] }[];
  /** CPU of the thread that sells for one call beside, in microseconds. */
  mainUs: { ping: number; search: number };
}

const sockets = 16;
const holdsPerSecond = 300;
const besidePerSecond = 100;
const patienceMs = 60_000;
const questions = 500;

/**
 * Holds at a steady pace at a real server, over sockets: alone, with searches for journeys beside, and with as many pings,
 * which tell what any call beside would cost. Each phase is the first in its turn.
 */
export async function benchBesideSales({ rounds, seconds, say, served }: SearchSetting): Promise<PartOutcome> {
  const { stage, database, server, url, world, flights } = await served();
  const tokens = await guests(url, sockets);
  const open = (plan: Omit<CallPlan, 'url' | 'tokens'>) => openCalls(stage, { url, tokens, ...plan });
  const holds = await open({
    method: 'mutation',
    path: 'booking.hold',
    inputs: [`{"id":"$ID","legs":[{"flightId":"${database.flightIds[0]}","cabin":"economy"}],"seats":1}`],
  });
  const beside = {
    pings: await open({ method: 'query', path: 'system.ping', inputs: ['null'] }),
    searches: await open({
      method: 'query',
      path: 'search.itineraries',
      inputs: itineraryQuestions(world, questions).map(({ input }) => input),
    }),
  };
  const generators = [holds, beside.pings, beside.searches].map(({ pid }) => pid);
  const used = (): Record<string, number> => ({
    ...prefixed('server', threadSeconds(server.pid)),
    postgres: cpuSeconds(stage.postgres.pid),
    redis: cpuSeconds(stage.redis.pid),
    generators: generators.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
  });
  const turn = async (phase: Phase): Promise<Turn> => {
    // Reading begins a new count.
    await readLoopDelay(url);
    const [before, ticks, startedAt] = [used(), machineTicks(), performance.now()];
    const [held, called] = await Promise.all([
      holds.run({ perSecond: holdsPerSecond, seconds }),
      phase === 'alone' ? null : beside[phase].run({ perSecond: besidePerSecond, seconds }),
    ]);
    const [after, ticksAfter, took] = [used(), machineTicks(), (performance.now() - startedAt) / 1_000];
    const cpu = Object.entries(after).map(([name, each]) => [name, ((each - (before[name] ?? 0)) * 1_000) / took]);
    return {
      holds: held,
      beside: called,
      cpu: Object.fromEntries(cpu),
      idle: (ticksAfter.idle - ticks.idle) / (ticksAfter.total - ticks.total),
      loop: await readLoopDelay(url),
    };
  };
  const turns: Record<Phase, Turn[]> = { alone: [], pings: [], searches: [] };
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (let n = 0; n < phases.length; n++) {
      const phase = phases[(n + round) % phases.length] as Phase;
      const taken = await turn(phase);
      if (round > 0) turns[phase].push(taken);
    }
  }
  const report = reportOf(turns, flights, rounds);
  return { text: besideSalesText(report), report, ok: report.phases.searches.beside?.refused === 0 };
}

async function openCalls(stage: Stage, plan: CallPlan) {
  const program = await stage.program('calls');
  await program.ask({ open: plan }, patienceMs);
  return {
    pid: program.pid,
    run: async (run: { perSecond: number; seconds: number }): Promise<CallResult> =>
      (await program.ask<FromCalls & { ran: CallResult }>({ run }, run.seconds * 1_000 + patienceMs)).ran,
  };
}

const prefixed = (prefix: string, values: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}: ${name}`, value]));

function reportOf(turns: Record<Phase, Turn[]>, flights: number, rounds: number): BesideSales {
  const middles = Object.fromEntries(phases.map((phase) => [phase, middleOf(turns[phase])])) as Record<Phase, Turn>;
  const ratio = (of: Phase, to: Phase) => ({
    of,
    to,
    value: middles[of].holds.p95Ms / middles[to].holds.p95Ms,
    byRound: turns[of].map(({ holds }, round) => holds.p95Ms / (turns[to][round] as Turn).holds.p95Ms),
  });
  const mainUs = (phase: Phase): number =>
    (((middles[phase].cpu[main] ?? 0) - (middles.alone.cpu[main] ?? 0)) * 1_000) / besidePerSecond;
  return {
    flights,
    rounds,
    holdsPerSecond,
    besidePerSecond,
    phases: middles,
    ratios: [ratio('searches', 'alone'), ratio('pings', 'alone'), ratio('searches', 'pings')],
    mainUs: { ping: mainUs('pings'), search: mainUs('searches') },
  };
}

const main = 'server: main';

const middleOf = (turns: Turn[]): Turn => {
  const [first] = turns as [Turn];
  const middle = <Row extends object>(rows: Row[]): Row =>
    Object.fromEntries(
      Object.keys(rows[0] as Row).map((name) => [name, median(rows.map((row) => row[name as keyof Row] as number))]),
    ) as Row;
  return {
    holds: middle(turns.map(({ holds }) => holds)),
    beside: first.beside && middle(turns.map(({ beside }) => beside as CallResult)),
    cpu: middle(turns.map(({ cpu }) => cpu)),
    idle: median(turns.map(({ idle }) => idle)),
    loop: middle(turns.map(({ loop }) => loop)),
  };
};

const titles: Record<Phase, string> = {
  alone: 'holds alone',
  pings: 'holds, pings beside',
  searches: 'holds, searches beside',
};

const besideSalesText = (report: BesideSales): string => {
  const times = (name: string, { p50Ms, p95Ms, p99Ms, answered, refused }: CallResult) =>
    `  ${name.padEnd(34)}${[p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(2).padStart(9)).join('')}   ${answered} answered, ${refused} refused`;
  const { pings, searches } = report.phases;
  const columns = Object.keys(report.phases.alone.cpu);
  const width = (name: string) => name.length + 2;
  const head = columns.map((name) => name.padStart(width(name))).join('');
  const cpu = (phase: Phase) => {
    const { cpu: used, idle, loop } = report.phases[phase];
    const cells = columns.map((name) => (used[name] as number).toFixed(0).padStart(width(name))).join('');
    const late = [loop.p90Ms, loop.p99Ms].map((ms) => ms.toFixed(1)).join(' / ');
    return `  ${titles[phase].padEnd(26)}${cells}${`${(idle * 100).toFixed(0)} %`.padStart(8)}   ${late}`;
  };
  return [
    `${report.holdsPerSecond} holds a second at a server with ${report.flights} flights: alone, and with ${report.besidePerSecond} pings or searches beside; medians of ${report.rounds} rounds`,
    `${'  ms'.padEnd(36)}      p50      p95      p99`,
    ...phases.map((phase) => times(titles[phase], report.phases[phase].holds)),
    times('pings, over the socket', pings.beside as CallResult),
    times('searches, over the socket', searches.beside as CallResult),
    ...report.ratios.map(({ of, to, value, byRound }, n) => {
      const mark = n === 0 ? ' (mark: at most 1.2)' : '';
      return `  holds' p95, ${of} ÷ ${to}: ${value.toFixed(2)}${mark}; by round ${byRound.map((each) => each.toFixed(2)).join(' ')}`;
    }),
    `  CPU, ms a second          ${head}    idle   loop late by p90 / p99, ms`,
    ...phases.map(cpu),
    `  CPU of the main thread for one call beside: a search ${report.mainUs.search.toFixed(0)} µs, a ping ${report.mainUs.ping.toFixed(0)} µs`,
  ].join('\n');
};
