import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  type LineName,
  type LineState,
  lineLimits,
  openRedisLines,
  type RedisLines,
} from '../../server/domain/waiting-room/redis-lines.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis, type RedisConnections } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { newId } from '../../shared/ids.ts';

let redis: RedisConnections;
let lines: RedisLines;
let line: LineName;
let now: number;
/** Of the cabin; rises with each change of its seats. */
let version: number;

beforeAll(async () => {
  redis = openRedis(inject('redisUrl'), createLogger('silent'));
  await new Promise((resolve) => redis.commands.once('ready', resolve));
});
afterAll(() => redis.close());
beforeEach(() => {
  lines = openRedisLines(redis, keyspace(newId()), { ...lineLimits, places: 20 });
  line = { flightId: newId(), cabin: 'economy' };
  now = 1_000_000;
  version = 1;
});

const fresh = (more: Partial<LineState> = {}): LineState => ({
  ...line,
  ...{ by: 'pressure', opened: now, startsAt: 0, version: 1, issued: 0, drawn: 0, serving: 0, rate: 0 },
  ...{ soldOut: false, admitted: 0, held: 0, inversions: 0, waiting: 0, shopping: 0 },
  ...more,
});
const { presenceMs, passMs, returnMs } = lineLimits;
const enter = (actor: string, ticket = 0, presentMs = presenceMs) =>
  lines.enter(line, { actor, ticket, presentMs }, now);
/** One round with enough to serve everybody, if not said otherwise. */
const advance = async (free: number, tokens = 1_000) => {
  const moved = await lines.advance(line, { now, tokens, seats: { version, free } });
  if (!moved) throw new Error('there is no such line');
  return moved;
};
const leave = (actor: string, how: 'held' | 'refused', free: number) =>
  lines.leave(line, { actor, how, seats: { version: ++version, free } }, now);
const names = (count: number) => Array.from({ length: count }, (_, at) => `buyer-${at + 1}`);
/** Those of them who may buy now. */
async function letIn(actors: string[]): Promise<string[]> {
  const entered = await Promise.all(actors.map(async (actor) => [actor, await enter(actor)] as const));
  return entered.filter(([, { kind }]) => kind === 'admitted').map(([actor]) => actor);
}

describe('a line', () => {
  it('[WAIT-2] gives one place a user, in the order of arrival, however often he asks', async () => {
    await lines.open(fresh(), now);
    for (const [at, actor] of names(5).entries()) {
      expect(await enter(actor)).toEqual({ kind: 'waits', ticket: at + 1, isNew: true });
    }
    for (const [at, actor] of names(5).entries()) {
      expect(await enter(actor)).toEqual({ kind: 'waits', ticket: at + 1, isNew: false });
    }
  });

  it('[WAIT-2] is full beyond its bound, and those who have a place keep it', async () => {
    await lines.open(fresh(), now);
    for (const actor of names(20)) await enter(actor);
    expect(await enter('late')).toEqual({ kind: 'full' });
    expect(await enter('buyer-20')).toMatchObject({ kind: 'waits', ticket: 20 });
  });

  it('[WAIT-4] lets in the first, as many as seats are free and not on their way to somebody', async () => {
    await lines.open(fresh(), now);
    const actors = names(10);
    for (const actor of actors) await enter(actor);
    expect((await advance(3)).state).toMatchObject({
      serving: 3,
      shopping: 3,
      waiting: 7,
      admitted: 3,
      soldOut: false,
    });
    expect(await letIn(actors)).toEqual(names(3));
    // The seats are spoken for, however often it is asked.
    expect((await advance(3)).state).toMatchObject({ serving: 3, waiting: 7 });
    // Two have taken theirs, so that one is free, and that one is another's.
    expect(await leave('buyer-1', 'held', 2)).toBe('in order');
    expect(await leave('buyer-2', 'held', 1)).toBe('in order');
    expect((await advance(1)).state).toMatchObject({ serving: 3, shopping: 1, held: 2 });
    expect(await leave('buyer-3', 'held', 0)).toBe('in order');
    expect((await advance(0)).state).toMatchObject({ serving: 3, soldOut: true, held: 3 });
    // One comes back.
    version++;
    expect((await advance(1)).state).toMatchObject({ serving: 4, soldOut: false });
  });

  it('[WAIT-4] lets in no more than the processes can serve, and counts what each of them brings', async () => {
    await lines.open(fresh(), now);
    const actors = names(20);
    for (const actor of actors) await enter(actor);
    expect((await advance(100, 2.5)).state.serving).toBe(2);
    expect((await advance(100, 2.5)).state.serving).toBe(5);
    expect((await advance(100, 0)).state.serving).toBe(5);
  });

  it('[WAIT-4] what was known of the seats by an older version does not let anybody in', async () => {
    await lines.open(fresh(), now);
    for (const actor of names(3)) await enter(actor);
    version = 5;
    expect((await advance(0)).state.serving).toBe(0);
    version = 4;
    expect((await advance(3)).state.serving).toBe(0);
    version = -1;
    expect((await advance(0)).state).toMatchObject({ serving: 0, soldOut: true });
  });

  it('[WAIT-5] whoever is silent is passed over, and whoever lets his pass lapse goes to the end', async () => {
    await lines.open(fresh(), now);
    for (const actor of names(4)) await enter(actor);
    now += presenceMs - 1;
    for (const actor of ['buyer-2', 'buyer-3', 'buyer-4']) await enter(actor);
    now += 1;
    expect((await advance(1)).state).toMatchObject({ serving: 2, admitted: 1 });
    // He is back, behind all others.
    expect(await enter('buyer-1')).toMatchObject({ kind: 'waits', ticket: 5 });
    expect(await enter('buyer-2')).toMatchObject({ kind: 'admitted', ticket: 2, until: now + passMs });
    now += passMs + 1;
    expect((await advance(1)).state).toMatchObject({ serving: 3 });
    // Whatever ticket he shows, his turn is over.
    expect(await enter('buyer-2', 2)).toMatchObject({ kind: 'waits', ticket: 6 });
  });

  it('[WAIT-5] whoever was told that nothing is free, and went, keeps nobody waiting', async () => {
    await lines.open(fresh(), now);
    for (const actor of names(19)) await enter(actor, 0, returnMs);
    await enter('patient');
    now += returnMs;
    expect((await advance(1)).state).toMatchObject({ serving: 20, admitted: 1, waiting: 0 });
    expect(await letIn(['patient'])).toEqual(['patient']);
  });

  it('[WAIT-4] a seat is kept for a moment for whoever was let in, and while he may buy once he has come', async () => {
    await lines.open(fresh(), now);
    for (const actor of names(4)) await enter(actor);
    await advance(2);
    const called = now;
    now += returnMs - 1;
    await enter('buyer-2');
    expect((await advance(2)).state).toMatchObject({ serving: 2, shopping: 2 });
    // The first is missed, and his seat offered to the next.
    now += 1;
    expect((await advance(2)).state).toMatchObject({ serving: 3, shopping: 2 });
    // He may come after all, and one of the seats is for him again.
    expect(await enter('buyer-1')).toMatchObject({ kind: 'admitted', ticket: 1, until: called + passMs });
    expect((await advance(3)).state).toMatchObject({ serving: 3, shopping: 3 });
    now = called + passMs;
    expect((await advance(2)).state).toMatchObject({ serving: 4, shopping: 1 });
  });

  it('[WAIT-4] whoever was refused has his turn while he asks again, and has not given up when he does not', async () => {
    await lines.open(fresh(), now);
    for (const actor of names(20)) await enter(actor);
    await advance(8);
    for (const actor of names(8)) await leave(actor, 'refused', 0);
    now += returnMs - 1;
    await enter('buyer-2');
    version++;
    expect((await advance(1)).state).toMatchObject({ serving: 8, shopping: 8 });
    now += 1;
    // The second is still there.
    expect((await advance(1)).state).toMatchObject({ serving: 8, shopping: 1 });
    expect(await leave('buyer-2', 'held', 0)).toBe('in order');
    version++;
    // Eight seats for eight.
    expect((await advance(8)).state).toMatchObject({ serving: 16, shopping: 8, inversions: 0 });
  });

  it('[WAIT-4] no seat is kept any more for whoever has his, whatever else he asks', async () => {
    await lines.open(fresh(), now);
    for (const actor of names(3)) await enter(actor);
    await advance(1);
    expect(await leave('buyer-1', 'held', 0)).toBe('in order');
    expect(await enter('buyer-1')).toMatchObject({ kind: 'admitted' });
    expect(await leave('buyer-1', 'refused', 0)).toBe('not counted');
    version++;
    expect((await advance(1)).state).toMatchObject({ serving: 2, shopping: 1 });
  });

  it('[WAIT-4] where many give up, more are let in than seats are free', async () => {
    await lines.open(fresh(), now);
    const actors = names(20);
    for (const actor of actors) await enter(actor);
    await advance(10);
    now += passMs + 1;
    for (const actor of actors.slice(10)) await enter(actor);
    // A tenth and a bit of those lately let in held nothing: eight seats are offered to nine.
    const { state } = await advance(8);
    expect(state.serving).toBe(19);
  });

  it('[WAIT-3] who comes before the sale is drawn by lot, who comes later stands behind', async () => {
    const orders = new Set<string>();
    for (let round = 0; round < 3; round++) {
      line = { flightId: newId(), cabin: 'economy' };
      now = 1_000_000;
      await lines.open(fresh({ by: 'operator', startsAt: now + 60_000 }), now);
      const early = names(8);
      for (const [at, actor] of early.entries()) {
        expect(await enter(actor)).toEqual({ kind: 'early', crowd: at + 1, isNew: true });
      }
      expect(await enter('buyer-1')).toEqual({ kind: 'early', crowd: 8, isNew: false });
      // Nobody is let in before, whatever is free.
      expect((await advance(8)).state).toMatchObject({ serving: 0, waiting: 8 });
      now += 60_000;
      // Before anybody has drawn the lots, an early one already is who he will be.
      const first = await enter('buyer-1');
      expect(await enter('late')).toMatchObject({ kind: 'waits', ticket: 9 });
      await advance(0);
      expect(await enter('buyer-1')).toMatchObject({ kind: 'waits', ticket: (first as { ticket: number }).ticket });
      const tickets = await Promise.all(
        early.map(async (actor) => ((await enter(actor)) as { ticket: number }).ticket),
      );
      expect(tickets.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      orders.add(tickets.join());
    }
    // Of 40,320 orders the same one three times would be no lot.
    expect(orders.size).toBeGreaterThan(1);
  });

  it('[WAIT-9] that Redis has lost is put back, with the places that are proven and behind none that was given', async () => {
    const opened = now;
    await lines.open(fresh(), now);
    for (const actor of names(6)) await enter(actor);
    const { state } = await advance(2);
    for (const key of Object.keys(line)) expect(state).toHaveProperty(key);
    // Another keyspace is an empty Redis.
    lines = openRedisLines(redis, keyspace(newId()), lineLimits);
    expect(await enter('buyer-3', 3)).toEqual({ kind: 'gone' });
    expect(await lines.open({ ...state, version: state.version + 1 }, now)).toBe(opened);
    expect(await enter('newcomer')).toMatchObject({ kind: 'waits', ticket: 7 });
    expect(await enter('buyer-5', 5)).toMatchObject({ kind: 'waits', ticket: 5 });
    expect(await enter('buyer-3', 3)).toMatchObject({ kind: 'waits', ticket: 3 });
    expect((await advance(1)).state.serving).toBe(3);
    expect(await letIn(['newcomer', 'buyer-5', 'buyer-3'])).toEqual(['buyer-3']);
  });

  it('[WAIT-10] that pressure has opened closes when nobody comes any more; an operator’s stays', async () => {
    for (const by of ['pressure', 'operator'] as const) {
      line = { flightId: newId(), cabin: 'economy' };
      await lines.open(fresh({ by }), now);
      await enter('buyer-1');
      now += lineLimits.quietMs + 1;
      // Somebody waits for what is free.
      expect((await advance(1)).isClosed).toBe(false);
      await leave('buyer-1', 'held', 0);
      expect((await advance(0)).isClosed).toBe(by === 'pressure');
      const listed = (await lines.list()).filter(({ flightId }) => flightId === line.flightId);
      expect(listed).toHaveLength(by === 'operator' ? 1 : 0);
    }
    expect(await lines.close(line)).toBe(true);
    expect(await lines.close(line)).toBe(false);
    // Whoever has not heard of it does not put it back.
    expect(await lines.open(fresh({ opened: 1 }), now)).toBe(0);
    expect(await enter('buyer-2')).toEqual({ kind: 'gone' });
  });

  it('[WAIT-10] that nobody cared for until it was over is looked for no longer', async () => {
    lines = openRedisLines(redis, keyspace(newId()), { ...lineLimits, lifeMs: 1 });
    await lines.open(fresh(), now);
    expect(await lines.list()).toEqual([line]);
    await expect.poll(() => lines.advance(line, { now, tokens: 0, seats: { version: -1, free: 0 } })).toBeUndefined();
    expect(await lines.list()).toEqual([]);
  });

  it('[WAIT-12] counts a hold against the order of tickets', async () => {
    await lines.open(fresh(), now);
    for (const actor of names(4)) await enter(actor);
    await advance(3);
    expect(await leave('buyer-1', 'refused', 0)).toBe('not counted');
    expect(await leave('buyer-3', 'held', 0)).toBe('inverted');
    expect(await leave('buyer-1', 'held', 0)).toBe('in order');
    expect(await leave('buyer-2', 'held', 0)).toBe('in order');
    expect(await leave('buyer-4', 'held', 0)).toBe('not counted');
    expect((await advance(0)).state).toMatchObject({ held: 3, inversions: 1 });
  });
});
