import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawFaults, faults } from '../../scripts/chaos/faults.ts';
import { newTally, type Sale } from '../../scripts/chaos/journal.ts';
import type { Round } from '../../scripts/chaos/round.ts';
import { findRepeats, judgeSales, judgeSeats, listUnsettled } from '../../scripts/chaos/verdict.ts';
import { createRandom } from '../../scripts/stage/random.ts';
import type { BookingView } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import { enginesOf } from '../support/launch-server.ts';
import { openScene, type Scene } from '../support/scene.ts';

interface Ended {
  code: number;
  out: string;
  err: string;
}

function runScript(name: 'chaos' | 'sellout', args: string[]): Promise<Ended> {
  const file = fileURLToPath(new URL(`../../scripts/${name}.ts`, import.meta.url));
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

describe('npm run chaos', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'airside-chaos-test-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('[CRASH-1] kills, cuts and pauses in the middle of a sale: nothing that was acknowledged is lost, nothing is oversold', async () => {
    const { code, out, err } = await runScript('chaos', [
      '--kills',
      '6',
      '--seed',
      '6',
      '--buyers',
      '40',
      '--dir',
      dir,
    ]);
    expect(`${out}\n${err}`).toContain('oversold 0, lost 0, stuck 0, drift 0, and the money adds up');
    expect(out).toContain('seed 6: 6 kills in 1 rounds');
    expect(out).toContain('seats sold 180, each flight to the last');
    expect(code).toBe(0);
    expect(await enginesOf(dir)).toEqual([]);
  }, 150_000);

  it('[CRASH-4] takes a run up where it stopped, and says in one line what it cannot do', async () => {
    const again = await runScript('chaos', ['--kills', '7', '--buyers', '40', '--dir', dir, '--resume']);
    expect(`${again.out}\n${again.err}`).toContain('seed 6: 7 kills in 2 rounds');
    expect(again.code).toBe(0);
    const mistakes = [
      [['--dir', dir], 'take it up with --resume'],
      [['--dir', dir, '--resume', '--seed', '7'], 'has the seed 6'],
      [['--resume'], '--resume needs the --dir'],
      [['--kills', 'many'], '--kills many is not a number'],
      [['--pity'], "Unknown option '--pity'"],
    ] as const;
    await Promise.all(
      mistakes.map(async ([args, says]) => {
        const { code, err } = await runScript('chaos', [...args]);
        expect(err).toContain(says);
        expect(err.trim().split('\n')).toHaveLength(1);
        expect(code).toBe(1);
      }),
    );
    expect(JSON.parse(await readFile(join(dir, 'chaos-state.json'), 'utf8'))).toMatchObject({ kills: 7, rounds: 2 });
  }, 120_000);

  it('[CRASH-4] a seed draws the same faults again, and in time every kind', () => {
    const draw = (seed: string, times: number) =>
      drawFaults(createRandom(seed), times).map(({ fault, waitMs }) => `${waitMs} ${fault.kind}`);
    expect(draw('a', 50)).toEqual(draw('a', 50));
    expect(draw('a', 50)).not.toEqual(draw('b', 50));
    expect(new Set(drawFaults(createRandom('a'), 1_000).map(({ fault }) => fault.kind)).size).toBe(faults.length);
  });
});

describe('the verdict', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.close());

  /** A held, a confirmed and a refused sale as the journal has them, and the round that they belong to. */
  async function tell(): Promise<{ round: Round; held: Sale; confirmed: Sale; refused: Sale }> {
    const flight = await scene.flight({ seats: 3, price: 101 });
    const sale = (view?: BookingView): Sale => ({
      id: view?.id ?? newId(),
      buyer: scene.guest.userId,
      legs: [{ flightId: flight.id, cabin: 'economy' }],
      seats: 1,
      price: 101,
      held: view,
      paid: false,
      confirmed: false,
      cancelled: false,
      penalty: 0,
      version: view?.version ?? 0,
      doubted: false,
    });
    const held = sale(await scene.hold(flight.id));
    const confirmed = sale(await scene.hold(flight.id));
    await scene.guest.trpc.booking.pay.mutate({ id: confirmed.id });
    const view = await scene.reaches(confirmed.id, 'confirmed');
    Object.assign(confirmed, { paid: true, confirmed: true, version: view.version });
    await scene.overdue(held.id);
    await scene.reaches(held.id, 'expired');
    const refused = { ...sale(), refused: 'SOLD_OUT' };
    const round: Round = {
      flights: [flight],
      phase: 'over',
      sales: new Map([held, confirmed, refused].map((each) => [each.id, each])),
      tally: newTally(),
      cancelling: 0,
      violations: [],
      onAnswer: () => undefined,
    };
    return { round, held, confirmed, refused };
  }

  const judge = async (round: Round): Promise<string[]> => [
    ...(await judgeSeats(scene.db, null)),
    ...(await judgeSales(scene.db, round)),
    ...(await findRepeats(scene.db)),
  ];

  type Told = Awaited<ReturnType<typeof tell>>;
  it.each<[what: string, says: string, spoil: (told: Told) => Promise<unknown> | unknown]>([
    ['a seat too many', 'counters are not the ledger', ({ round }) => move(round, 'held = held + 1')],
    ['a seat too few', 'counters are not the bookings', ({ round }) => move(round, 'sold = 0')],
    [
      'an acknowledged hold that is gone',
      'lost:',
      ({ held }) => scene.db.query('delete from booking where id = $1', [held.id]),
    ],
    ['a confirmation that is gone', 'a confirmation was told', ({ confirmed }) => to('expired', confirmed)],
    ['another price', 'not what was acknowledged', ({ confirmed }) => set(confirmed, 'price_amount = 102')],
    ['another owner', 'not what was acknowledged', ({ held }) => set(held, 'actor = gen_random_uuid()')],
    ['an older version', 'older than', ({ confirmed }) => set(confirmed, 'version = 1')],
    ['money that is kept', '101 is kept and 0 is due', ({ held }) => pay(held)],
    ['money that is not there', '0 is kept and 101 is due', ({ confirmed }) => unpay(confirmed)],
    ['a second capture', '202 is kept and 101 is due', ({ confirmed }) => pay(confirmed)],
    [
      'a cancellation undone',
      'a cancellation was acknowledged',
      ({ held }) => Object.assign(held, { cancelled: true }),
    ],
    [
      'an effect of a refusal',
      'effect of a refused hold',
      ({ held }) => Object.assign(held, { held: undefined, refused: 'SOLD_OUT' }),
    ],
    ['a state told twice', 'happened twice', ({ confirmed }) => repeat(confirmed)],
  ])('[CRASH-2] finds %s', async (_, says, spoil) => {
    const told = await tell();
    expect(await judge(told.round)).toEqual([]);
    const putBack = await saved();
    await spoil(told);
    try {
      expect((await judge(told.round)).join('\n')).toContain(says);
    } finally {
      await putBack();
    }
  });

  it('[CRASH-2] finds what is still on its way', async () => {
    const { held } = await tell();
    expect(await listUnsettled(scene.db)).toEqual([]);
    const putBack = await saved();
    await to('paying', held);
    expect(await listUnsettled(scene.db)).toEqual([`booking ${held.id} is paying`]);
    await putBack();
  });

  const set = (sale: Sale, change: string) => scene.db.query(`update booking set ${change} where id = $1`, [sale.id]);
  const to = (status: string, sale: Sale) => set(sale, `status = '${status}'`);
  const move = ({ flights }: Round, change: string) =>
    scene.db.query(`update cabin set ${change} where flight_id = $1`, [flights[0]?.id]);
  const pay = ({ id, price }: Sale) =>
    scene.db.query(
      `insert into payment (id, booking_id, provider, amount, currency, status) values ($1, $2, 'mock', $3, 'USD', 'succeeded')`,
      [newId(), id, price],
    );
  const unpay = ({ id }: Sale) => scene.db.query(`update payment set status = 'failed' where booking_id = $1`, [id]);
  const repeat = ({ id }: Sale) =>
    scene.db.query(
      `insert into outbox (type, subject, version, data) select type, subject, version, data from outbox where subject = $1`,
      [id],
    );

  /** Keeps the tables as they are. Answers how to put them back, so that one case does not spoil the next. */
  async function saved(): Promise<() => Promise<void>> {
    const tables = ['booking', 'payment', 'cabin', 'outbox'];
    for (const table of tables) await scene.db.query(`create table saved_${table} as table ${table}`);
    return async () => {
      for (const table of tables) {
        await scene.db.query(`delete from ${table}`);
        await scene.db.query(`insert into ${table} select * from saved_${table}`);
        await scene.db.query(`drop table saved_${table}`);
      }
    };
  }
});
