import { afterEach, describe, expect, it } from 'vitest';
import { Hub } from '../../server/platform/live/hub.ts';
import type { Sink, Update, Watch } from '../../server/platform/live/topic.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A hub of one topic, `flight`, with a number as its only part. */
function openHub(options: { urgent?: (before: number, after: number) => boolean } = {}) {
  const clock = new ManualClock();
  const record = { version: 1, body: 0, reads: 0, isAway: false };
  const update = (version: number, body = version): Update[] => [
    { topic: 'flight', parts: { economy: { version, body } } },
  ];
  const hub = new Hub({
    clock,
    load: async (topics) => {
      record.reads++;
      if (record.isAway) throw new Error('away');
      return topics.includes('flight') ? update(record.version, record.body) : [];
    },
    isUrgent: options.urgent && ((before, after) => options.urgent?.(before as number, after as number) ?? false),
    onError: () => undefined,
  });
  /** Whoever was told to do something now has done it. */
  const settle = async () => {
    for (let turn = 0; turn < 16; turn++) await new Promise(setImmediate);
  };
  return { hub, clock, record, update, settle };
}

/** Notes the versions it is shown; while it is full it takes none. */
function sink(): Sink & { shown: number[]; isFull: boolean } {
  const made = {
    shown: [] as number[],
    isFull: false,
    show: (topic: { version: number }) => {
      if (!made.isFull) made.shown.push(topic.version);
      return !made.isFull;
    },
  };
  return made;
}

describe('the hub', () => {
  let opened: ReturnType<typeof openHub>;
  const watches: Watch[] = [];
  const join = (to: Sink, shown?: number) => {
    const watch = opened.hub.join(['flight'], to, shown);
    watches.push(watch);
    return watch;
  };
  afterEach(async () => {
    for (const watch of watches.splice(0)) watch.stop();
    expect(opened.hub.topicCount).toBe(0);
    await opened.hub.close();
  });

  it('[LIVE-4] shows the first change at once and those of its window as one; the window grows with the watchers', async () => {
    opened = openHub();
    const { hub, clock, update, settle } = opened;
    const first = sink();
    join(first);
    await settle();
    expect(first.shown).toEqual([1]);
    const change = async (version: number) => {
      hub.offer(update(version));
      await settle();
    };
    await change(2);
    expect(first.shown).toEqual([1, 2]);
    for (const version of [3, 4, 5]) await change(version);
    expect(first.shown).toEqual([1, 2]);
    clock.advance(99);
    await settle();
    expect(first.shown).toEqual([1, 2]);
    clock.advance(1);
    await settle();
    expect(first.shown).toEqual([1, 2, 5]);

    const many = Array.from({ length: 1_000 }, sink);
    for (const each of many) join(each);
    await settle();
    expect(many.every(({ shown }) => shown.join() === '5')).toBe(true);
    clock.advance(200);
    await change(6);
    await change(7);
    clock.advance(100);
    await settle();
    expect(many[0]?.shown).toEqual([5, 6]);
    clock.advance(100);
    await settle();
    expect(many.every(({ shown }) => shown.join() === '5,6,7')).toBe(true);
    expect(first.shown).toEqual([1, 2, 5, 6, 7]);
  });

  it('[LIVE-6] an urgent change does not wait for its window, but what flaps passes once in each', async () => {
    opened = openHub({ urgent: (before, after) => (before === 0) !== (after === 0) });
    const { hub, clock, update, settle } = opened;
    const watcher = sink();
    join(watcher);
    await settle();
    const change = async (version: number, body: number) => {
      hub.offer(update(version, body));
      await settle();
    };
    clock.advance(100);
    await change(2, 5);
    await change(3, 4);
    expect(watcher.shown).toEqual([1, 2]);
    await change(4, 0);
    expect(watcher.shown).toEqual([1, 2, 4]);
    await change(5, 1);
    await change(6, 0);
    expect(watcher.shown).toEqual([1, 2, 4]);
    clock.advance(100);
    await settle();
    expect(watcher.shown).toEqual([1, 2, 4, 6]);
  });

  it('[LIVE-7] whoever has seen a version already is shown neither it nor an older one', async () => {
    opened = openHub();
    const { hub, clock, record, update, settle } = opened;
    record.version = 5;
    const [same, newer, older] = [sink(), sink(), sink()];
    join(same, 5);
    join(newer, 7);
    join(older, 4);
    await settle();
    expect([same.shown, newer.shown, older.shown]).toEqual([[], [], [5]]);
    hub.offer(update(6));
    await settle();
    clock.advance(100);
    hub.offer(update(8));
    await settle();
    expect([same.shown, newer.shown, older.shown]).toEqual([[6, 8], [8], [5, 6, 8]]);
  });

  it('[LIVE-8] whoever does not read is shown nothing, and the newest when it reads again', async () => {
    opened = openHub();
    const { hub, clock, update, settle } = opened;
    const slow = sink();
    const watch = join(slow);
    await settle();
    slow.isFull = true;
    for (const version of [2, 3, 4]) {
      clock.advance(100);
      hub.offer(update(version));
      await settle();
    }
    expect(slow.shown).toEqual([1]);
    slow.isFull = false;
    watch.catchUp();
    expect(slow.shown).toEqual([1, 4]);
    watch.catchUp();
    expect(slow.shown).toEqual([1, 4]);
  });

  it('[LIVE-3] a record that was away at first is asked again, and thousands who join at once cost few readings', async () => {
    opened = openHub();
    const { clock, record, settle } = opened;
    record.isAway = true;
    const watchers = Array.from({ length: 2_000 }, sink);
    for (const each of watchers) join(each);
    await settle();
    expect(watchers[0]?.shown).toEqual([]);
    record.isAway = false;
    await clock.untilAsleep();
    clock.advance(1_000);
    for (let turn = 0; turn < 5; turn++) await settle();
    expect(watchers.every(({ shown }) => shown.join() === '1')).toBe(true);
    expect(record.reads).toBeLessThanOrEqual(3);
  });
});
