import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HoldMember } from '../../server/domain/booking/booking-store.ts';
import { pruneBatches } from '../../server/platform/postgres/prune-batches.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { newId } from '../../shared/ids.ts';
import { openLanes } from '../support/lanes.ts';
import { openScene, type Scene } from '../support/scene.ts';

describe('the lane', () => {
  let scene: Scene;
  let pool: pg.Pool;
  beforeAll(async () => {
    scene = await openScene();
    pool = new pg.Pool({ connectionString: scene.server.engines.databaseUrl, max: 4 });
  });
  const opened: ReturnType<typeof openLanes>[] = [];
  const anotherLane = () => {
    const own = openLanes(pool, scene.server.engines.databaseUrl);
    opened.push(own);
    return own.lanes.hold;
  };
  afterAll(async () => {
    await Promise.all(opened.map((each) => each.close()));
    expect(await scene.drift()).toBe(0);
    await pool.end();
    await scene.close();
  });

  function memberOf(flightIds: string[], seats: number, id = newId()): HoldMember {
    const legs = flightIds.map((flightId) => ({ flightId, cabin: 'economy' as const }));
    return {
      id,
      actor: newId(),
      bodyHash: '00'.repeat(32),
      seats,
      passengers: [],
      contact: null,
      legs,
      expected: null,
      ttlSeconds: 900,
    };
  }
  const holds = async () => {
    const { rows } = await scene.db.query<{ n: number }>('select count(*)::int as n from booking');
    return rows[0]?.n;
  };

  it('[LANE-1] decides each member of a batch for itself, in the order of arrival, all legs or none', async () => {
    const [wide, narrow] = await Promise.all([scene.flight({ seats: 9 }), scene.flight({ seats: 5 })]);
    const lane = anotherLane();
    const members = [
      memberOf([wide.id, narrow.id], 3),
      memberOf([wide.id, narrow.id], 3),
      memberOf([narrow.id, wide.id], 2),
      memberOf([wide.id], 4),
      memberOf([wide.id], 1),
    ];
    const outcomes = await Promise.all(members.map((member) => lane.send(member)));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['held', 'refused', 'held', 'held', 'refused']);
    expect(await scene.cabin(wide.id)).toMatchObject({ available: 0 });
    expect(await scene.cabin(narrow.id)).toMatchObject({ available: 0 });
    const first = outcomes[0];
    // What the maker is told is what everybody reads.
    if (first?.kind !== 'held') throw new Error('not held');
    const { rows } = await scene.db.query<{ expires: Date; created: Date }>(
      'select hold_expires_at as expires, created_at as created from booking where id = $1',
      [first.booking.id],
    );
    expect(first.booking.holdExpiresAt).toBe(rows[0]?.expires.toISOString());
    expect(first.booking.createdAt).toBe(rows[0]?.created.toISOString());
  });

  it('[LANE-2] a member that cannot be written fails alone', async () => {
    const flight = await scene.flight({ seats: 20 });
    const lane = anotherLane();
    const good = Array.from({ length: 6 }, () => memberOf([flight.id], 1));
    // No booking of ten seats exists; the record refuses it whoever asks.
    const poison = { ...memberOf([flight.id], 1), seats: 10 };
    const outcomes = await Promise.allSettled(
      [...good.slice(0, 3), poison, ...good.slice(3)].map((member) => lane.send(member)),
    );
    expect(outcomes.map((outcome) => outcome.status)).toEqual(
      Array.from({ length: 7 }, (_, place) => (place === 3 ? 'rejected' : 'fulfilled')),
    );
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 14 });
  });

  it('[LANE-3] the queue is bounded: beyond it the answer is BUSY and nothing is written', async () => {
    const flight = await scene.flight({ seats: 9 });
    const lane = anotherLane();
    const before = await holds();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reached = () => {};
    const paused = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let underWay = 0;
    const disarm = armPausePoint('lane.hold.before-call', () => {
      underWay += 1;
      reached();
      return released;
    });
    const member = memberOf([flight.id], 1);
    const first = lane.send(member);
    await paused;
    const waiting = Array.from({ length: 255 }, () => lane.send({ ...member, id: newId() }));
    expect(underWay).toBe(1);
    // The next is full, and goes; no third one does, however many wait.
    waiting.push(lane.send({ ...member, id: newId() }));
    expect(underWay).toBe(2);
    waiting.push(...Array.from({ length: 1_024 }, () => lane.send({ ...member, id: newId() })));
    await expect(lane.send({ ...member, id: newId() })).rejects.toMatchObject({ code: 'BUSY' });
    expect(underWay).toBe(2);
    expect(lane.depth()).toBe(1 + 256 + 1_024);
    disarm();
    release();
    const outcomes = await Promise.all([first, ...waiting]);
    expect(outcomes.filter((outcome) => outcome.kind === 'held')).toHaveLength(9);
    expect(await holds()).toBe((before ?? 0) + 9);
    expect(lane.depth()).toBe(0);
  });

  it('[LANE-4] the same id at once, in one lane or in two, is held once', async () => {
    const flight = await scene.flight({ seats: 20 });
    for (const lanes of [1, 2, 4]) {
      const all = Array.from({ length: lanes }, () => anotherLane());
      const member = memberOf([flight.id], 1);
      const outcomes = await Promise.all(Array.from({ length: 8 }, (_, place) => all[place % lanes]?.send(member)));
      const kinds = outcomes.map((outcome) => outcome?.kind);
      expect(kinds.filter((kind) => kind === 'held')).toHaveLength(1);
      expect(kinds.filter((kind) => kind === 'exists')).toHaveLength(7);
    }
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 17 });
  });

  it('[LANE-7] a locked cabin refuses only its own, and who comes for others is held', async () => {
    const [locked, free] = await Promise.all([scene.flight({ seats: 5 }), scene.flight({ seats: 5 })]);
    const editor = await scene.db.connect();
    await editor.query('begin');
    await editor.query('select from cabin where flight_id = $1 for update', [locked.id]);
    const lane = anotherLane();
    const outcomes = await Promise.all([
      lane.send(memberOf([locked.id], 1)),
      lane.send(memberOf([free.id], 1)),
      lane.send(memberOf([free.id, locked.id], 1)),
      lane.send(memberOf([free.id], 1)),
    ]);
    await editor.query('rollback');
    editor.release();
    expect(outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.why : outcome.kind))).toEqual([
      'locked',
      'held',
      'locked',
      'held',
    ]);
    expect(await scene.cabin(free.id)).toMatchObject({ available: 3 });
    expect(await lane.send(memberOf([locked.id], 1))).toMatchObject({ kind: 'held' });
  });

  it('[LANE-7] a booking that somebody has locked holds up no other of its batch', async () => {
    const flight = await scene.flight({ seats: 5 });
    const own = openLanes(pool, scene.server.engines.databaseUrl);
    opened.push(own);
    const members = Array.from({ length: 4 }, () => memberOf([flight.id], 1));
    await Promise.all(members.map((member) => own.lanes.hold.send(member)));
    const decider = await scene.db.connect();
    await decider.query('begin');
    await decider.query('select from booking where id = $1 for update', [members[1]?.id]);
    const cancelled = await Promise.allSettled(
      members.map(({ id, actor }) => own.lanes.cancel.send({ id, actor, quoteId: null })),
    );
    await decider.query('rollback');
    decider.release();
    expect(cancelled.map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 4 });
  });

  it('[LANE-8] the fence forgets a batch after a day, and none before', async () => {
    const [young, old] = [newId(), newId()];
    await scene.db.query(
      `insert into batch (id, at) values ($1, now() - interval '23 hours'), ($2, now() - interval '25 hours')`,
      [young, old],
    );
    expect(await pruneBatches(pool)).toBe(false);
    const { rows } = await scene.db.query('select id from batch where id in ($1, $2)', [young, old]);
    expect(rows).toEqual([{ id: young }]);
  });
});
