import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HoldMember } from '../../server/domain/booking/booking-store.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { newId } from '../../shared/ids.ts';
import { openLanes } from '../support/lanes.ts';
import { type PgProxy, startPgProxy } from '../support/pg-proxy.ts';
import { openScene, type Scene } from '../support/scene.ts';

/** The line of the function that is the fence. */
const fence = 'fenced as (\n        insert into batch (id) values (p_batch)\n      ), ';

describe('a connection is lost while a batch is on its way', () => {
  let scene: Scene;
  let pool: pg.Pool;
  let proxy: PgProxy;
  let lanes: ReturnType<typeof openLanes>;
  let flightId: string;

  beforeAll(async () => {
    scene = await openScene();
    // Reads and seals go straight to the server: only the lane's own connection is spoiled.
    pool = new pg.Pool({ connectionString: scene.server.engines.databaseUrl, max: 2 });
  });
  afterAll(async () => {
    expect(await scene.drift()).toBe(0);
    await pool.end();
    await scene.close();
  });
  beforeEach(async () => {
    flightId = (await scene.flight({ seats: 2 })).id;
    proxy = await startPgProxy(scene.server.engines.databaseUrl);
    lanes = openLanes(pool, proxy.url);
    return async () => {
      await lanes.close();
      await proxy.close();
    };
  });

  const member = (seats = 1): HoldMember => ({
    id: newId(),
    actor: newId(),
    bodyHash: '00'.repeat(32),
    seats,
    passengers: [],
    contact: null,
    legs: [{ flightId, cabin: 'economy' }],
    expected: null,
    ttlSeconds: 900,
  });
  const held = async () => {
    const { rows } = await pool.query<{ held: number }>('select held from cabin where flight_id = $1', [flightId]);
    return rows[0]?.held;
  };

  it('[LANE-5] after the commit: the batch is found committed, and everybody gets the answer', async () => {
    await lanes.lanes.hold.send(member());
    const mine = member();
    proxy.loseAnswers();
    const answer = lanes.lanes.hold.send(mine);
    await proxy.spoiled();
    proxy.heal();
    // It is held, and the repeat that found it says so.
    expect(await answer).toEqual({ kind: 'exists' });
    expect(await held()).toBe(2);
  });

  it('[LANE-5] before it arrived: the batch is sealed, sent again, and its late twin does nothing', async () => {
    await lanes.lanes.hold.send(member());
    proxy.keepBack();
    const answer = lanes.lanes.hold.send(member());
    await proxy.spoiled();
    proxy.heal();
    expect(await answer).toMatchObject({ kind: 'held' });
    await proxy.deliverLate();
    expect(await held()).toBe(2);
  });

  it.each(['loseAnswers', 'keepBack'] as const)(
    '[LANE-5] two batches are under way: each is decided once (%s)',
    async (spoil) => {
      flightId = (await scene.flight({ seats: 300 })).id;
      await lanes.lanes.hold.send(member());
      proxy[spoil]();
      let underWay = 0;
      const disarm = armPausePoint('lane.hold.before-call', () => void underWay++);
      const answers = [lanes.lanes.hold.send(member())];
      await new Promise(setImmediate);
      // A full batch, in the same turn: nothing can have been answered.
      for (let n = 0; n < 256; n++) answers.push(lanes.lanes.hold.send(member()));
      expect(underWay).toBe(2);
      disarm();
      await proxy.spoiled();
      proxy.heal();
      for (const { kind } of await Promise.all(answers)) expect(['held', 'exists']).toContain(kind);
      if (spoil === 'keepBack') await proxy.deliverLate();
      expect(await held()).toBe(258);
    },
  );

  /**
   * A statement lies in a buffer while its sender has given it up, was told SOLD_OUT on the repeat and
   * went away. Then a seat comes free, and the statement arrives.
   */
  async function ghost(): Promise<number | undefined> {
    const first = member(2);
    await lanes.lanes.hold.send(first);
    proxy.keepBack();
    const answer = lanes.lanes.hold.send(member());
    await proxy.spoiled();
    proxy.heal();
    expect(await answer).toMatchObject({ kind: 'refused', why: 'sold_out' });
    await lanes.lanes.cancel.send({ id: first.id, actor: first.actor, quoteId: null });
    await proxy.deliverLate();
    return held();
  }

  it('[LANE-6] control experiment: without the fence a statement that comes late takes a seat for nobody', async () => {
    const { rows } = await pool.query<{ source: string }>(
      `select pg_get_functiondef(oid) as source from pg_proc where proname = 'hold_seats'`,
    );
    const source = rows[0]?.source as string;
    expect(source).toContain(fence);
    await pool.query(source.replace(fence, ''));
    try {
      expect(await ghost()).toBe(1);
    } finally {
      await pool.query(source);
    }
  });

  it('[LANE-6] with the fence it takes none', async () => {
    expect(await ghost()).toBe(0);
  });
});
