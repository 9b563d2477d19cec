import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';
import { Feed, type FeedEntry, PositionLost } from '../../server/platform/feed/feed.ts';
import { LogRecord } from '../../server/platform/feed/log-record.ts';
import { LogStream, streamLength } from '../../server/platform/feed/log-stream.ts';
import { feedStart, isAfter, isPosition } from '../../server/platform/feed/position.ts';
import { pruneLog } from '../../server/platform/feed/prune-log.ts';
import { relayLagSeconds, relayLog, startRelay } from '../../server/platform/feed/relay-log.ts';
import { writeLog } from '../../server/platform/feed/write-log.ts';
import { openRedis, type RedisConnections } from '../../server/platform/redis/redis.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { newId } from '../../shared/ids.ts';
import { createTestDatabase } from '../support/test-database.ts';

/** Patient: the machine may be busy with others. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 10_000, interval: 20 });

type Engine = Awaited<ReturnType<typeof startEmbeddedRedis>>;

/** The log's parts on a database of their own and a Redis of their own, which may be flushed and stopped. */
describe('the relay', () => {
  let dataDir: string;
  let engine: Engine;
  let redis: RedisConnections;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let pool: pg.Pool;
  let record: LogRecord;
  let stream: LogStream;
  let key: string;
  const closings: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'airside-relay-'));
    engine = await startEmbeddedRedis({ dataDir, durable: false });
    redis = openRedis(engine.url, pino({ level: 'silent' }));
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 8 });
    record = new LogRecord(pool);
  });
  afterAll(async () => {
    await redis.close();
    await engine.stop();
    await pool.end();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await eventually(() => redis.commands.status).toBe('ready');
    await pool.query(`truncate outbox; update log_horizon set xid = '0', id = 0`);
    key = `test:${newId()}:booking_event_stream`;
    stream = new LogStream(redis, key, systemClock);
  });
  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
  });

  /** As another process would have it, with connections of its own. */
  const openFeed = () => {
    const own = openRedis(engine.url, pino({ level: 'silent' }));
    const itsStream = new LogStream(own, key, systemClock);
    const feed = new Feed({ epoch: 1, record, stream: itsStream, clock: systemClock, onError: () => undefined });
    closings.push(() => feed.close().then(own.close));
    return feed;
  };
  /** Entries, each in a transaction of its own. */
  const write = async (count: number, db: pg.Pool | pg.PoolClient = pool, type = 'test.happened') => {
    for (let index = 0; index < count; index++) {
      await db.query(`insert into outbox (type, data) values ($1, '{}')`, [type]);
    }
  };
  /** Many entries in one transaction. */
  const writeMany = (count: number, ageDays = 0, type = 'test.happened') =>
    pool.query(
      `insert into outbox (type, data, at) select $2, '{}', now() - make_interval(days => $3)
       from generate_series(1, $1::int)`,
      [count, type, ageDays],
    );
  const relay = async () => {
    for (let outcome = await relayLog({ record, stream }); outcome === 'more'; ) {
      outcome = await relayLog({ record, stream });
    }
  };
  const recorded = async () => (await record.readNewest(100_000)).map((row) => row.position);
  const streamed = async () => (await redis.commands.xrange(key, '-', '+')).map(([id]) => id);
  /** What a follower has seen, as it comes. */
  const collect = (feed: Feed, from = feedStart) => {
    const over = new AbortController();
    const seen: FeedEntry[] = [];
    const done = (async () => {
      for await (const entry of feed.follow(from, over.signal)) seen.push(entry);
    })();
    closings.push(async () => {
      over.abort();
      await done.catch(() => undefined);
    });
    return { seen, done, positions: () => seen.map((entry) => entry.position) };
  };

  it('[FEED-1] positions compare as the numbers that they are', () => {
    expect(isAfter('10-1', '9-99')).toBe(true);
    expect(isAfter('9-10', '9-9')).toBe(true);
    expect(isAfter('9-9', '9-9')).toBe(false);
    expect(isAfter('9223372036854775808-1', '9223372036854775807-2')).toBe(true);
    for (const wrong of ['', '1', '1-', '01-1', '1-01', '1-1-1', '-1-1', '1e3-1', `${'9'.repeat(20)}-1`]) {
      expect(isPosition(wrong), wrong).toBe(false);
    }
  });

  it('[FEED-1] an entry that commits late is relayed in its place; reading by id alone would skip it', async () => {
    const late = await pool.connect();
    await late.query('begin');
    await write(1, late, 'test.late');
    await write(1, pool, 'test.early');
    // A reader that goes by id sees the second one, goes on behind it, and never meets the first.
    const byId = async (after: number) =>
      (await pool.query<{ id: string; type: string }>('select id, type from outbox where id > $1 order by id', [after]))
        .rows;
    const first = await byId(0);
    expect(first.map((row) => row.type)).toEqual(['test.early']);
    expect(await relayLog({ record, stream })).toBe('heldBack');
    await late.query('commit');
    late.release();
    expect(await byId(Number(first[0]?.id))).toEqual([]);

    await relay();
    const entries = await redis.commands.xrange(key, '-', '+');
    expect(entries.map(([, fields]) => fields[fields.indexOf('type') + 1])).toEqual(['test.late', 'test.early']);
    expect(await streamed()).toEqual(await recorded());
  });

  it('[FEED-1] it says for how long the oldest entry that it has not relayed has waited', async () => {
    expect(await relayLagSeconds({ record, stream })).toBe(0);
    await write(1);
    await relay();
    await writeMany(1, 1);
    await write(3);
    const lag = await relayLagSeconds({ record, stream });
    expect(lag).toBeGreaterThanOrEqual(86_400);
    expect(lag).toBeLessThan(86_500);
    await relay();
    expect(await relayLagSeconds({ record, stream })).toBe(0);
  });

  it('[FEED-1] of two relays that read the same the slower one adds nothing, and nothing twice', async () => {
    await write(5);
    let release = () => {};
    const otherIsDone = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reached = () => {};
    const slowHasRead = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const disarm = armPausePoint('feed.relay.append', async () => {
      disarm();
      reached();
      await otherIsDone;
    });
    const slow = relayLog({ record, stream });
    await slowHasRead;
    await write(3);
    await relay();
    expect(await streamed()).toHaveLength(8);
    release();
    await slow;
    expect(await streamed()).toEqual(await recorded());
  });

  it('[FEED-1] any number of relays without a lease, while many write, roll back and hold transactions open', async () => {
    const relays = [1, 2, 3].map(() =>
      startRelay({ record, stream, lease: (_, __, run) => run(), clock: systemClock, report: () => 'none' }),
    );
    closings.push(async () => void (await Promise.all(relays.map((each) => each.stop()))));
    const followed = [collect(openFeed()), collect(openFeed())];
    const writers = [1, 2, 3, 4].map(async (writer) => {
      const db = await pool.connect();
      for (let round = 0; round < 60; round++) {
        await db.query('begin');
        await write(1 + (round % 3), db, `test.${writer}`);
        if (round % 5 === writer) await db.query('select pg_sleep(0.01)');
        await db.query(round % 7 === writer ? 'rollback' : 'commit');
        for (const each of relays) each.nudge();
      }
      db.release();
    });
    await Promise.all(writers);
    const all = await recorded();
    expect(all.length).toBeGreaterThan(300);
    await eventually(streamed).toEqual(all);
    for (const { positions } of followed) await eventually(positions).toEqual(all);
  });

  it('[FEED-2] a relay that dies between two batches is continued by the next one', async () => {
    await writeMany(250);
    let passes = 0;
    const disarm = armPausePoint('feed.relay.append', () => {
      passes += 1;
      if (passes === 3) throw new Error('killed here');
    });
    await expect(relayLog({ record, stream })).rejects.toThrow('killed here');
    disarm();
    expect(await streamed()).toHaveLength(200);
    await relay();
    expect(await streamed()).toEqual(await recorded());
  });

  it('[FEED-2] an empty stream is filled with the newest window, and stays bounded', async () => {
    await writeMany(streamLength + 700);
    await relay();
    const newest = (await recorded()).slice(-streamLength);
    expect((await streamed()).slice(-streamLength)).toEqual(newest);
    await writeMany(streamLength);
    await relay();
    // Redis trims whole nodes of a hundred entries.
    expect((await streamed()).length).toBeLessThanOrEqual(streamLength + 200);
    expect((await streamed()).at(-1)).toBe((await recorded()).at(-1));
  });

  it('[FEED-2] a stream that is ahead of the record, or behind what it keeps, is made anew', async () => {
    await write(3);
    await relay();
    await redis.commands.xadd(key, '99999999999-1', 'type', 'from the future');
    await write(2);
    await relay();
    expect(await streamed()).toEqual(await recorded());

    const all = await recorded();
    const [xid, id] = (all[3] as string).split('-');
    await pool.query('update log_horizon set xid = $1, id = $2', [xid, id]);
    await redis.commands.del(key);
    await redis.commands.xadd(key, all[0] as string, 'type', 'of long ago');
    await relay();
    expect(await streamed()).toEqual(all.slice(4));
  });

  it('[FEED-3] flushed in the middle: no follower skips or repeats, at any moment of it', async () => {
    const followed = [collect(openFeed()), collect(openFeed())];
    for (let round = 1; round <= 8; round++) {
      await writeMany(150);
      let passes = 0;
      // Before the first, the second, … batch of a round, and between two rounds.
      const disarm = armPausePoint('feed.relay.append', async () => {
        passes += 1;
        if (passes === 1 + (round % 3)) await redis.commands.flushall();
      });
      await relay();
      disarm();
      if (round % 2 === 0) await redis.commands.flushall();
    }
    const all = await recorded();
    for (const { positions } of followed) await eventually(positions).toEqual(all);
  });

  it('[FEED-3] what is missing in the stream is read from the record; trusting the stream would skip it', async () => {
    const feed = openFeed();
    await write(1);
    await relay();
    const { positions } = collect(feed);
    await eventually(positions).toHaveLength(1);
    // The first may have come from the record; the second says that the stream is followed.
    await write(1);
    await relay();
    await eventually(positions).toHaveLength(2);
    const before = positions()[1] as string;
    // Ten come, and Redis loses one in the middle before anybody reads.
    await writeMany(10);
    const page = await record.readAfter(before, 10);
    const multi = redis.commands.multi();
    let previous = before;
    for (const [index, row] of page.rows.entries()) {
      const fields = ['previous', previous, 'type', row.type, 'data', row.data, 'at', row.at];
      if (index !== 4) multi.xadd(key, row.position, ...fields);
      previous = row.position;
    }
    await multi.exec();
    expect((await redis.commands.xrange(key, `(${before}`, '+')).length).toBe(9);
    await eventually(positions).toEqual(await recorded());
  });

  it('[FEED-3] a stream that came back as it was some time ago grows again, and nobody notices', async () => {
    await write(20);
    await relay();
    const { positions } = collect(openFeed());
    await eventually(positions).toHaveLength(20);
    const rows = await record.readNewest(20);
    await stream.drop();
    await stream.append(rows.slice(0, 8), feedStart);
    await write(5);
    await relay();
    expect(await streamed()).toEqual(await recorded());
    await eventually(positions).toEqual(await recorded());
  });

  it('[FEED-3] with Redis away the log is read from the record, and when it is back the stream goes on', async () => {
    const feed = openFeed();
    const chore = startRelay({
      record,
      stream,
      lease: (_, __, run) => run(),
      clock: systemClock,
      report: () => 'none',
    });
    closings.push(() => chore.stop());
    const { positions } = collect(feed);
    const subject = newId();
    const over = new AbortController();
    const versions: number[] = [];
    const following = (async () => {
      for await (const entry of feed.followSubject(subject, 1, over.signal)) versions.push(entry.version as number);
    })();
    closings.push(async () => {
      over.abort();
      await following;
    });
    let version = 1;
    // Committed by another process whose hints do not reach this one.
    const elsewhere = () =>
      pool.query(`insert into outbox (type, subject, version, data) values ('test.moved', $1, $2, '{}')`, [
        subject,
        ++version,
      ]);
    await write(3);
    await elsewhere();
    chore.nudge();
    await eventually(() => [positions().length, versions]).toEqual([4, [2]]);

    await engine.stop();
    await write(3);
    await elsewhere();
    await eventually(() => [positions().length, versions]).toEqual([8, [2, 3]]);
    // A hint of this process's own commit is enough to be quick.
    await eventually(() => redis.commands.status).not.toBe('ready');
    await write(1);
    feed.hint([]);
    await expect.poll(() => positions().length, { timeout: 600, interval: 20 }).toBe(9);

    engine = await startEmbeddedRedis({ dataDir, durable: false, previousUrl: engine.url });
    await eventually(() => redis.commands.status).toBe('ready');
    await write(3);
    await elsewhere();
    await eventually(() => [positions().length, versions]).toEqual([13, [2, 3, 4]]);
    expect(positions()).toEqual(await recorded());
    await expect.poll(async () => (await streamed()).at(-1), { timeout: 5_000 }).toBe((await recorded()).at(-1));
  });

  it('[FEED-3] one subject does not wait for a transaction that holds back the whole log', async () => {
    const feed = openFeed();
    const subject = newId();
    const over = new AbortController();
    const { positions } = collect(feed);
    const following = feed.followSubject(subject, 1, over.signal);
    const first = following.next();
    const long = await pool.connect();
    await long.query('begin');
    await write(1, long, 'test.long');
    await pool.query(`insert into outbox (type, subject, version, data) values ('test.moved', $1, 2, '{}')`, [subject]);
    feed.hint([subject]);
    expect((await first).value).toMatchObject({ version: 2 });
    expect(positions()).toEqual([]);
    await long.query('commit');
    long.release();
    await relay();
    await eventually(() => positions().length).toBe(2);
    over.abort();
    await following.next();
  });

  it('[FEED-3] a subject\u2019s entries come in order whatever the stream has lost of them', async () => {
    const feed = openFeed();
    const subject = newId();
    const over = new AbortController();
    const versions: number[] = [];
    const following = (async () => {
      for await (const entry of feed.followSubject(subject, 0, over.signal)) versions.push(entry.version as number);
    })();
    for (let version = 1; version <= 60; version++) {
      await pool.query(`insert into outbox (type, subject, version, data) values ('test.moved', $1, $2, '{}')`, [
        subject,
        version,
      ]);
      if (version % 3 === 0) await relay();
      if (version % 10 === 0) await redis.commands.flushall();
    }
    await relay();
    await eventually(() => versions).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    over.abort();
    await following;
  });

  it('[FEED-3] what comes while the tail of the first follower begins is not missed, though nobody says so', async () => {
    const begun = Promise.withResolvers<void>();
    const atBegin = Promise.withResolvers<void>();
    class SlowRecord extends LogRecord {
      override async newestPosition(back?: number) {
        atBegin.resolve();
        await begun.promise;
        return super.newestPosition(back);
      }
    }
    // No second passes: nobody looks again by himself.
    const clock = {
      now: Date.now,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
    };
    const feed = new Feed({ epoch: 1, record: new SlowRecord(pool), stream, clock, onError: () => undefined });
    const subject = newId();
    const moved = (version: number) =>
      pool.query(`insert into outbox (type, subject, version, data) values ('test.moved', $1, $2, '{}')`, [
        subject,
        version,
      ]);
    await moved(1);
    const over = new AbortController();
    const versions: (number | null)[] = [];
    const following = (async () => {
      for await (const { version } of feed.followSubject(subject, 0, over.signal)) versions.push(version);
    })();
    closings.push(async () => {
      over.abort();
      await following;
      await feed.close();
    });
    await Promise.all([atBegin.promise, eventually(() => versions).toEqual([1])]);
    await moved(2);
    begun.resolve();
    await eventually(() => versions).toEqual([1, 2]);
  });

  it('[FEED-5] a follower that stands still costs no memory, and misses nothing when it goes on', async () => {
    const feed = openFeed();
    await write(1);
    const over = new AbortController();
    const slow = feed.follow(feedStart, over.signal);
    const seen = [(await slow.next()).value?.position];
    const { positions } = collect(feed);
    for (let round = 0; round < 12; round++) {
      await writeMany(1_000);
      await relay();
    }
    await eventually(() => positions().length).toBe(12_001);
    expect(feed.load.entries).toBeLessThanOrEqual(4_500);
    while (seen.length < 12_001) seen.push((await slow.next()).value?.position);
    expect(seen).toEqual(await recorded());
    over.abort();
    await slow.next();
    // Nobody follows: nothing is kept.
    for (const close of closings.splice(1).reverse()) await close();
    await expect.poll(() => feed.load, { timeout: 3_000 }).toEqual({ everything: 0, subjects: 0, entries: 0 });
  });

  describe('following what is rare', () => {
    const entry = (type: string, db: pg.Pool | pg.PoolClient = pool) => writeLog(db, [{ type, data: {} }]);
    const followRare = (feed: Feed, from = feedStart) => {
      const over = new AbortController();
      const types: string[] = [];
      const done = (async () => {
        for await (const { type } of feed.followRare(from, over.signal)) types.push(type);
      })();
      closings.push(async () => {
        over.abort();
        await done.catch(() => undefined);
      });
      return { types, done };
    };

    it('[FEED-8] brings each such entry once and in order, and has nobody read the others', async () => {
      const feed = openFeed();
      for (const n of [1, 2, 3]) {
        await writeMany(400, 0, 'booking.confirmed');
        await entry(`flight.${n}`);
        await writeMany(400, 0, 'booking_intent.created');
      }
      for (let n = 0; n < 600; n++) await entry('alert.fired');
      const { types } = followRare(feed);
      const wanted = ['flight.1', 'flight.2', 'flight.3', ...Array.from({ length: 600 }, () => 'alert.fired')];
      await eventually(() => types).toEqual(wanted);
      await write(1, pool, 'booking.held');
      await entry('timetable.imported');
      await eventually(() => types).toEqual([...wanted, 'timetable.imported']);
      // Nobody has asked the stream, or keeps what is sold.
      expect(feed.load).toEqual({ everything: 0, subjects: 0, entries: 0 });
    });

    it('[FEED-8] finds what a hint was about though it stands behind a transaction that still runs', async () => {
      const feed = openFeed();
      const { types } = followRare(feed);
      const other = await pool.connect();
      await other.query('begin');
      await write(1, other, 'booking.confirmed');
      await entry('flight.updated');
      feed.hint([]);
      // A reader that does not wait for the transaction would skip what it writes.
      await entry('flight.created', other);
      await other.query('commit');
      other.release();
      await eventually(() => types).toEqual(['flight.created', 'flight.updated']);
    });

    it('[FEED-8] stays on while only sales are pruned; who comes from before what is kept is told so', async () => {
      await writeMany(2_100, 8, 'booking.confirmed');
      const [early] = (await recorded()) as [string];
      const { types } = followRare(openFeed());
      await writeMany(streamLength, 0, 'booking.confirmed');
      await entry('flight.updated');
      await eventually(() => types).toEqual(['flight.updated']);
      while (await pruneLog(pool, record, { days: 7, keptNouns: [] }));
      await entry('flight.cancelled');
      await eventually(() => types).toEqual(['flight.updated', 'flight.cancelled']);
      await expect(followRare(openFeed(), early).done).rejects.toThrow(PositionLost);
      await expect(followRare(openFeed(), '999999999-1').done).rejects.toThrow(PositionLost);
    });

    it('[FEED-8] reads a few entries of an index for two flights, whatever was sold between them', async () => {
      await entry('flight.created');
      await writeMany(20_000, 0, 'booking.confirmed');
      await entry('flight.updated');
      await pool.query('analyze outbox');
      const one = await pool.connect();
      await one.query('begin');
      const page = await new LogRecord(one as unknown as pg.Pool).readRareAfter(feedStart, 500);
      const { rows } = await one.query(
        `select pg_stat_get_xact_tuples_returned('outbox_pkey'::regclass)::int as all,
           pg_stat_get_xact_tuples_returned('outbox_rare_idx'::regclass)::int as rare`,
      );
      await one.query('commit');
      one.release();
      expect(page.rows.map(({ type }) => type)).toEqual(['flight.created', 'flight.updated']);
      // Some more for planning, which looks at both ends.
      expect(rows[0].all).toBeLessThan(10);
      expect(rows[0].rare).toBeLessThan(10);
    });
  });

  it('[FEED-6] old entries are pruned, but for nouns that are kept and what an empty stream would be filled with', async () => {
    const retention = { days: 7, keptNouns: ['kept'] };
    const prune = async () => {
      while (await pruneLog(pool, record, retention));
    };
    await writeMany(2_100, 8, 'gone.by');
    await writeMany(5, 8, 'kept.for_good');
    await writeMany(5, 6, 'gone.later');
    await prune();
    expect(await recorded()).toHaveLength(2_110);
    const lost = (await recorded())[40] as string;
    const { seen, done } = collect(openFeed(), lost);
    await eventually(() => seen.length).toBe(2_110 - 41);

    await writeMany(streamLength);
    await prune();
    const { rows } = await pool.query(`select type, count(*)::int as n from outbox where type like '%.%' group by 1`);
    expect(Object.fromEntries(rows.map(({ type, n }) => [type, n]))).toEqual({
      'gone.later': 5,
      'kept.for_good': 5,
      'test.happened': streamLength,
    });
    // What was read goes on; what lies behind the horizon cannot.
    await eventually(() => seen.length).toBe(2_110 - 41 + streamLength);
    await expect(collect(openFeed(), lost).done).rejects.toThrow(PositionLost);
    void done;
    expect(await pruneLog(pool, record, retention)).toBe(false);
  });

  it('[FEED-6] whoever lags behind what is pruned meanwhile is told so, and skips nothing in silence', async () => {
    await writeMany(600, 8, 'gone.by');
    const over = new AbortController();
    const slow = openFeed().follow(feedStart, over.signal);
    await slow.next();
    await writeMany(streamLength);
    await pruneLog(pool, record, { days: 7, keptNouns: [] });
    const reading = (async () => {
      while (!(await slow.next()).done);
    })();
    await expect(reading).rejects.toThrow(PositionLost);
  });
});
