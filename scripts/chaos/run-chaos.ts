import { appendFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FlightView, OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { createRandom, type Random } from '../stage/random.ts';
import { WireClient } from '../stage/wire-client.ts';
import { type Buyer, goShopping } from './buyer.ts';
import { drawFaults } from './faults.ts';
import { insist } from './insist.ts';
import { addTally, count, newTally, type Tally } from './journal.ts';
import { createRecoveries, type Recoveries } from './recoveries.ts';
import type { Round } from './round.ts';
import type { Stage } from './stage.ts';
import { countSeats, findRepeats, judgeProvider, judgeSales, judgeSeats, listUnsettled } from './verdict.ts';
import { type Watch, watchFlights } from './watch-flights.ts';

/** What all rounds so far have come to; kept on the disk, so that a run can be taken up again. */
export interface Totals {
  seed: number;
  rounds: number;
  kills: number;
  killsByKind: Record<string, number>;
  tally: Tally;
  /** Seats that are sold at the end of their rounds. */
  sold: number;
  /** Bookings whose answers were held against the record. */
  judged: number;
  /** Looks at the counters in the middle of a sale. */
  glances: number;
  /** Frames of live seats that were followed. */
  frames: number;
  /** From the end of a fault until each web process has given a definite answer to a call made after it. */
  slowestRecovery: Record<string, number>;
  /** From the last fault of a round until nothing is on its way any more (ms). */
  slowestRest: number;
  seconds: number;
}

export const newTotals = (seed: number): Totals => ({
  seed,
  rounds: 0,
  kills: 0,
  killsByKind: {},
  tally: newTally(),
  sold: 0,
  judged: 0,
  glances: 0,
  frames: 0,
  slowestRecovery: {},
  slowestRest: 0,
  seconds: 0,
});

/** Something that must never happen did. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly findings: string[];

  constructor(findings: string[]) {
    super(findings.slice(0, 10).join('\n'));
    this.findings = findings;
  }
}

export interface ChaosSettings {
  seed: number;
  buyers: number;
  /** Seats of each flight of a round. */
  capacities: readonly number[];
}

/** After the last fault of a round everything must have come to rest within this. */
const restPatienceMs = 120_000;
/** After each fault somebody must answer again within this. */
const backPatienceMs = 90_000;
/** Live values must show the truth so soon after rest; a second is the promise, the rest is for a busy machine. */
const truthPatienceMs = 5_000;
const glanceEveryMs = 500;
/** Departs within the day in which half the price is kept, so that penalties are part of the sums. */
const soonHours = 20;

/** Signs in so many guests and connects each to every web process. */
export async function inviteBuyers(stage: Stage, settings: ChaosSettings, random: Random): Promise<Buyer[]> {
  const strangers = stage.webs.map(({ doorUrl }) => new WireClient(doorUrl));
  const buyers = await Promise.all(
    Array.from({ length: settings.buyers }, async () => {
      const { answer } = await insist<{ token: string; user: { id: string } }>(
        strangers,
        random,
        { method: 'mutation', path: 'auth.guest', input: null },
        { onRepeat: () => undefined, onAnswer: () => undefined },
      );
      if (answer.kind === 'refused') throw new Error(`a guest was refused: ${answer.failure.code}`);
      const { token, user } = answer.value;
      return { userId: user.id, clients: stage.webs.map(({ doorUrl }) => new WireClient(doorUrl, { token })) };
    }),
  );
  for (const stranger of strangers) stranger.close();
  return buyers;
}

/**
 * One round: fresh flights are sold while things are killed, then to the last seat in peace, and everything that
 * anybody was told is held against the record.
 *
 * @param onKill called after each fault.
 * @throws Violation
 */
export async function runRound(
  stage: Stage,
  buyers: readonly Buyer[],
  settings: ChaosSettings,
  options: { number: number; kills: number; onKill: () => void; totals: Totals },
): Promise<void> {
  const { number, kills, totals } = options;
  const seed = `${settings.seed}/${number}`;
  const operator = stage.webs.map(({ doorUrl }) => new WireClient(doorUrl, { apiKey: stage.operatorKey }));
  const flights = await createFlights(operator, createRandom(`${seed}/flights`), settings.capacities);
  const log = (text: string) =>
    appendFileSync(join(stage.dir, 'logs', 'chaos.log'), `${new Date().toISOString()} round ${number} ${text}\n`);
  const recoveries = createRecoveries(stage.webs.length, (kind, web, ms) =>
    log(`web ${web + 1} back ${ms} ms after «${kind}»`),
  );
  const round: Round = {
    flights,
    phase: 'fire',
    sales: new Map(),
    tally: newTally(),
    cancelling: 0,
    violations: [],
    onAnswer: recoveries.note,
  };
  const viewers = stage.webs.map(({ doorUrl }) => new WireClient(doorUrl));
  const watches = viewers.map((viewer) => watchFlights(viewer, round));
  let failed: unknown;
  const shopping = buyers.map((buyer, place) =>
    goShopping(buyer, round, createRandom(`${seed}/buyer/${place}`)).catch((error) => {
      failed ??= error;
    }),
  );
  const glancing = glance(stage, round, totals);
  try {
    await setFire(stage, round, recoveries, { seed, kills, totals, log, onKill: options.onKill, failed: () => failed });
    await stage.ready();
    log('everything runs again');
    round.phase = 'finish';
    await comeToRest(stage, round, totals, () => failed);
    await recoveries.settle(15_000);
    for (const each of recoveries.open()) round.violations.push(`no answer of ${each} after it should be back`);
    round.violations.push(...(await judge(stage, operator, round, watches)));
    if (round.violations.length > 0) throw new Violation(round.violations);
    totals.sold += (await countSeats(stage.db, idsOf(round))).sold;
  } catch (error) {
    await writeFile(
      join(stage.dir, 'logs', `round-${number}.json`),
      JSON.stringify([...round.sales.values()], null, 1),
    );
    throw error;
  } finally {
    round.phase = 'over';
    for (const client of [...viewers, ...operator]) client.close();
    await Promise.all([...shopping, glancing, ...watches.map((watch) => watch.done)]);
  }
  if (failed) throw failed;
  totals.judged += round.sales.size;
  totals.rounds = number;
  totals.frames += watches.reduce((sum, watch) => sum + watch.frames(), 0);
  addTally(totals.tally, round.tally);
  for (const [kind, ms] of recoveries.slowest()) {
    totals.slowestRecovery[kind] = Math.max(ms, totals.slowestRecovery[kind] ?? 0);
  }
}

const idsOf = (round: Round): string[] => round.flights.map(({ id }) => id);

async function setFire(
  stage: Stage,
  round: Round,
  recoveries: Recoveries,
  options: {
    seed: string;
    kills: number;
    totals: Totals;
    log: (text: string) => void;
    onKill: () => void;
    failed: () => unknown;
  },
): Promise<void> {
  for (const { fault, waitMs, seed } of drawFaults(createRandom(`${options.seed}/faults`), options.kills)) {
    await sleep(waitMs);
    // Where nobody sells there is nothing to hurt: a fault may meet the repair of others, not a dead house.
    const isAlive = await recoveries.someBack(backPatienceMs);
    if (!isAlive) throw new Violation([`nobody answers: ${recoveries.open().join(', ')}`]);
    if (round.violations.length > 0) throw new Violation(round.violations);
    if (options.failed()) throw options.failed();
    options.log(`begins: ${fault.kind}`);
    await fault.run(stage, createRandom(seed));
    recoveries.begin(fault.kind);
    options.totals.kills++;
    count(options.totals.killsByKind, fault.kind);
    options.log(`is over: ${fault.kind}`);
    options.onKill();
  }
}

/** Looks at the counters again and again while they move: each look is one snapshot, and must add up. */
async function glance(stage: Stage, round: Round, totals: Totals): Promise<void> {
  while (round.phase !== 'over') {
    await sleep(glanceEveryMs);
    try {
      round.violations.push(...(await judgeSeats(stage.db, idsOf(round))));
      totals.glances++;
    } catch {
      // Postgres is away, which is part of the game.
    }
  }
}

/** Waits until everything is sold and nothing is on its way. */
async function comeToRest(stage: Stage, round: Round, totals: Totals, failed: () => unknown): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const counted = await Promise.all([countSeats(stage.db, idsOf(round)), listUnsettled(stage.db)]).catch(() => {
      // The last fault of the round may have hit Postgres: it is asked again, for as long as patience lasts.
    });
    const [{ capacity, sold, held }, unsettled] = counted ?? [
      { capacity: Number.NaN, sold: Number.NaN, held: Number.NaN },
      ['Postgres does not answer'],
    ];
    if (sold === capacity && held === 0 && unsettled.length === 0 && round.cancelling === 0) break;
    if (round.violations.length > 0) throw new Violation(round.violations);
    if (failed()) throw failed();
    if (performance.now() - startedAt > restPatienceMs) {
      const sums = `${sold} sold and ${held} held of ${capacity}, ${round.cancelling} being cancelled`;
      throw new Violation([`stuck after ${restPatienceMs / 1_000} s: ${sums}`, ...unsettled]);
    }
    await sleep(200);
  }
  totals.slowestRest = Math.max(totals.slowestRest, Math.round(performance.now() - startedAt));
}

async function judge(stage: Stage, operator: WireClient[], round: Round, watches: Watch[]): Promise<string[]> {
  const found = [
    ...(await judgeSeats(stage.db, null)),
    ...(await judgeSales(stage.db, round)),
    ...(await findRepeats(stage.db)),
    ...(await judgeProvider(stage.db, stage.gateway.url)),
  ];
  for (const client of operator) {
    const audit = await client.call<{ checked: number; drift: number }>('query', 'admin.seats.audit', {});
    if (audit.kind !== 'done' || audit.value.drift !== 0) found.push(`the audit says ${JSON.stringify(audit)}`);
  }
  const { rows } = await stage.db.query<{ flight: string; version: number }>(
    'select flight_id as flight, version from cabin where flight_id = any($1)',
    [idsOf(round)],
  );
  for (const { flight, version } of rows) {
    for (const [place, client] of operator.entries()) {
      const get = await client.call<FlightView>('query', 'flights.get', { flightId: flight });
      const cabin = get.kind === 'done' ? get.value.cabins[0] : undefined;
      if (cabin?.available !== 0 || cabin.version !== version) {
        found.push(`flights.get of ${flight} at web ${place + 1} says ${JSON.stringify(get)}, not version ${version}`);
      }
    }
    for (const [place, watch] of watches.entries()) {
      const shown = () => watch.newest.get(flight)?.cabins[0];
      const endsAt = Date.now() + truthPatienceMs;
      while (shown()?.version !== version && Date.now() < endsAt) await sleep(50);
      if (shown()?.version !== version || shown()?.available !== 0) {
        found.push(`onSeats of ${flight} at web ${place + 1} shows ${JSON.stringify(shown())}, not version ${version}`);
      }
    }
  }
  return found;
}

async function createFlights(
  operator: WireClient[],
  random: Random,
  capacities: readonly number[],
): Promise<OperatorFlightView[]> {
  return Promise.all(
    capacities.map(async (capacity, place) => {
      const departs = Date.now() + (place === 0 ? soonHours : 24 * (20 + place)) * 3_600_000;
      const wall = (ms: number) => new Date(ms).toISOString().slice(0, 16);
      const { answer } = await insist<OperatorFlightView>(
        operator,
        random,
        {
          method: 'mutation',
          path: 'admin.flights.create',
          input: {
            id: newId(),
            carrier: 'QX',
            number: String(random.between(1, 9_999)),
            origin: 'LHR',
            destination: 'LIS',
            departsAt: wall(departs),
            arrivesAt: wall(departs + 3 * 3_600_000),
            // An odd price, so that half of it must be rounded.
            cabins: [{ cabin: 'economy', capacity, price: { amount: 20_001 + 2 * place, currency: 'USD' } }],
          },
        },
        { onRepeat: () => undefined, onAnswer: () => undefined },
      );
      if (answer.kind === 'refused') throw new Error(`a flight was refused: ${JSON.stringify(answer.failure)}`);
      return answer.value;
    }),
  );
}
