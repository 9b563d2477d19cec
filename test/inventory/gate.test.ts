import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { flushRedis } from '../../scripts/stage/whole-redis.ts';
import type { SeatWant, SoldOut } from '../../server/domain/inventory/seat-gate.ts';
import { seatUpdates } from '../../server/domain/inventory/seat-truth.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { newId } from '../../shared/ids.ts';
import { type Cabin, type GateProcess, type GateScene, openGateScene } from './gate-scene.ts';

const want = ({ flightId, cabin }: Cabin, quantity = 1): SeatWant[] => [{ flightId, cabin, quantity }];

describe('the gate of a process', () => {
  let scene: GateScene;
  let process: GateProcess;
  beforeAll(async () => {
    scene = await openGateScene();
  });
  beforeEach(() => {
    process = scene.process();
  });
  afterAll(() => scene.close());

  const hash = (cabin: Cabin) => scene.redis.commands.hgetall(scene.key(cabin));
  /** Redis has worked off what was sent to it before, and its answers have arrived where they go. */
  const redisDone = async () => {
    await scene.redis.commands.ping();
    await turn();
  };
  /** What has arrived gets to where it goes. */
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  /** A cabin whose truth this process and Redis know. */
  const known = async (seats: number, options?: { state?: string }): Promise<Cabin> => {
    const cabin = await scene.cabin(seats, options);
    process.gate.settle([await scene.truth(cabin)]);
    await redisDone();
    return cabin;
  };
  /** What many who ask in the same turn are told. */
  const askAll = (cabin: Cabin, count: number, by = process): Promise<(SoldOut | undefined)[]> =>
    Promise.all(Array.from({ length: count }, () => by.gate.asks(want(cabin))));
  const refused = (answers: (SoldOut | undefined)[]): number => answers.filter((each) => each).length;
  /** Makes the truth old for this process; Redis keeps a time of its own. */
  const age = (ms = 1_000) => scene.clock.advance(ms);

  describe('asking Redis', () => {
    it('[GATE-5] is one call a cabin for all who ask in the same turn, and each is counted in', async () => {
      const [one, other] = [await known(5), await known(9)];
      const calls = vi.spyOn(scene.redis.commands, 'evalsha');
      const answers = await Promise.all([
        ...Array.from({ length: 7 }, () => process.gate.asks(want(one))),
        process.gate.asks([...want(one), ...want(other, 2)]),
        process.gate.asks([...want(other, 3), ...want(other, 3)]),
      ]);
      expect(answers.every((answer) => answer === undefined)).toBe(true);
      expect(calls).toHaveBeenCalledTimes(2);
      calls.mockRestore();
      expect(await hash(one)).toMatchObject({ truth: '5', free: '0' });
      expect(await hash(other)).toMatchObject({ truth: '9', free: '1' });
      expect(await process.verdicts()).toEqual({ admit: 7, try: 3 });
      expect(await process.count('redisDecrementsTotal')).toBe(7);
    });

    it('[GATE-5] is spared while plenty of seats were free a moment ago, and for what is not for sale', async () => {
      const cabins = [await known(1_024), await known(5, { state: 'closed' }), await scene.cabin(5)];
      const calls = vi.spyOn(scene.redis.commands, 'evalsha');
      for (const cabin of cabins) expect(await process.gate.asks(want(cabin))).toBeUndefined();
      expect(calls).not.toHaveBeenCalled();
      age();
      await process.gate.asks(want(cabins[0] as Cabin));
      expect(calls).toHaveBeenCalledTimes(1);
      calls.mockRestore();
    });

    it('[GATE-8] of the members that Redis knows sold out one goes to Postgres, the others are told', async () => {
      const cabin = await known(0);
      age();
      const answers = await askAll(cabin, 20);
      expect(refused(answers)).toBe(19);
      expect(answers.at(-1)).toEqual({ leg: 0, available: 0, version: 1 });
      // He is on his way.
      expect(refused(await askAll(cabin, 20))).toBe(20);
      scene.clock.advance(100);
      expect(refused(await askAll(cabin, 20))).toBe(19);
    });

    it('[GATE-8] names the first leg that is sold out', async () => {
      const [full, free] = [await known(0), await known(5)];
      age();
      await process.gate.asks(want(full));
      const legs = [...want(free), ...want(full), ...want(full)];
      expect(await process.gate.asks(legs)).toEqual({ leg: 1, available: 0, version: 1 });
    });

    it('[GATE-6] a Redis that was flushed is cold: nobody is refused, and one reading of the row heals it', async () => {
      const cabin = await known(0);
      age();
      await flushRedis(scene.redis.commands);
      const row = await scene.truth(cabin);
      const reads = vi.spyOn(scene.db, 'query');
      let read = () => {};
      reads.mockImplementationOnce(
        () =>
          new Promise((resolve) => {
            read = () => resolve({ rows: [row] });
          }) as never,
      );
      expect(refused(await askAll(cabin, 20))).toBe(0);
      expect(refused(await askAll(cabin, 20))).toBe(0);
      expect(reads).toHaveBeenCalledTimes(1);
      read();
      await turn();
      expect(reads).toHaveBeenCalledTimes(1);
      reads.mockRestore();
      await redisDone();
      expect(await hash(cabin)).toMatchObject({ truth: '0', version: '1', state: 'open' });
      expect((await process.verdicts()).cold).toBe(40);
      age();
      expect(refused(await askAll(cabin, 20))).toBe(19);
    });

    it('[GATE-6] Postgres away while a cabin is loaded is nobody’s trouble, and the next one loads it', async () => {
      const cabin = await known(5);
      await scene.redis.commands.del(scene.key(cabin));
      const reads = vi.spyOn(scene.db, 'query').mockRejectedValueOnce(new Error('away') as never);
      expect(await process.gate.asks(want(cabin))).toBeUndefined();
      await turn();
      expect(scene.errors.splice(0)).toEqual([new Error('away')]);
      await process.gate.asks(want(cabin));
      await reads.mock.results[1]?.value;
      await turn();
      reads.mockRestore();
      await redisDone();
      expect(await hash(cabin)).toMatchObject({ truth: '5' });
    });

    it('[GATE-4] two databases on one Redis share nothing', async () => {
      const elsewhere = await openGateScene();
      const neighbour = elsewhere.process();
      const twin = await elsewhere.cabin(5);
      const truth = await elsewhere.truth(twin);
      const cabin = await known(0);
      neighbour.gate.settle([{ ...truth, cabinId: cabin.cabinId }]);
      await elsewhere.redis.commands.ping();
      age();
      expect(refused(await askAll(twin, 2, neighbour))).toBe(0);
      expect(refused(await askAll(cabin, 2))).toBe(1);
      expect(await hash(cabin)).toMatchObject({ truth: '0' });
      await elsewhere.close();
    });

    it('[GATE-10] Redis is not believed when it lags behind what this process knows, and is told', async () => {
      const cabin = await known(0);
      const before = await hash(cabin);
      const truth = await scene.commit(cabin, {});
      // Somebody has put two more seats in, and Redis has not heard of it.
      process.gate.learn(seatUpdates([{ ...truth, targetCapacity: 2 }]));
      expect(refused(await askAll(cabin, 5))).toBe(0);
      expect((await process.verdicts()).sold_out).toBe(5);
      await redisDone();
      expect(before).toMatchObject({ version: '1', truth: '0' });
      expect(await hash(cabin)).toMatchObject({ version: '2', truth: '2' });
    });

    it('[GATE-10] nor when it tells something else of the same version', async () => {
      const cabin = await known(5);
      await scene.redis.commands.hset(scene.key(cabin), { truth: 0, free: 0 });
      expect(refused(await askAll(cabin, 5))).toBe(0);
      await redisDone();
      expect(await hash(cabin)).toMatchObject({ truth: '5', free: '5' });
    });

    it('[GATE-10] a process that lags behind Redis is told what Redis knows', async () => {
      const cabin = await known(5);
      const seller = scene.process();
      seller.gate.settle([await scene.commit(cabin, { free: 0 })]);
      await redisDone();
      expect(await askAll(cabin, 2)).toEqual([undefined, { leg: 0, available: 0, version: 2 }]);
    });
  });

  describe('without Redis', () => {
    it('[GATE-7] nobody waits: three failures, then it is not asked for a while, then one tries', async () => {
      const away = openRedis('redis://127.0.0.1:1', createLogger('fatal'));
      const alone = scene.process(away);
      const calls = vi.spyOn(away.commands, 'evalsha');
      const [cabin, other] = [await scene.cabin(5), await scene.cabin(5)];
      const truth = await scene.truth(cabin);
      alone.gate.settle([truth]);
      await turn();
      for (let i = 0; i < 20; i++) expect(await alone.gate.asks(want(cabin))).toBeUndefined();
      expect(calls).toHaveBeenCalledTimes(3);
      for (let i = 0; i < 20; i++) alone.gate.settle([truth]);
      await alone.push();
      expect(calls).toHaveBeenCalledTimes(3);
      expect(await alone.count('redisDecrementsFailed')).toBe(2);
      // The wait is at most a tenth of a second and two more at first.
      scene.clock.advance(300);
      await Promise.all([cabin, other].map(({ cabinId }) => alone.redisGate.admit([{ cabinId, quantities: [1] }])));
      expect(calls).toHaveBeenCalledTimes(4);
      await askAll(cabin, 5, alone);
      expect(calls).toHaveBeenCalledTimes(4);
      // Longer each time, and never longer than three seconds.
      for (let outage = 0; outage < 10; outage++) {
        scene.clock.advance(3_000);
        await askAll(cabin, 5, alone);
      }
      expect(calls).toHaveBeenCalledTimes(14);
      await away.close();
    });

    it('[GATE-7] a cabin that Redis cannot work on shuts no other gate', async () => {
      const [broken, sound] = [await known(5), await known(5)];
      await scene.redis.commands.set(scene.key(broken), 'no hash');
      for (let i = 0; i < 5; i++) await Promise.all([askAll(broken, 1), askAll(sound, 1)]);
      expect(process.redisGate.isAway()).toBe(false);
      expect(await process.count('redisDecrementsFailed')).toBe(5);
      expect(await process.count('redisDecrementsTotal')).toBe(5);
    });

    it('[GATE-7] what fails together with what opened it makes the wait no longer', async () => {
      const away = openRedis('redis://127.0.0.1:1', createLogger('fatal'));
      const alone = scene.process(away);
      const random = vi.spyOn(Math, 'random').mockReturnValue(0.99);
      await Promise.all(Array.from({ length: 100 }, () => alone.redisGate.admit([{ cabinId: 1, quantities: [1] }])));
      random.mockRestore();
      scene.clock.advance(297);
      expect(alone.redisGate.isAway()).toBe(true);
      scene.clock.advance(1);
      expect(alone.redisGate.isAway()).toBe(false);
      await away.close();
    });

    it('[GATE-7] who gets no answer goes on after 50 ms', async () => {
      const cabin = await known(5);
      const calls = vi.spyOn(scene.redis.commands, 'evalsha');
      for (let asked = 1; asked <= 3; asked++) {
        calls.mockImplementation(() => new Promise(() => {}));
        const answers = askAll(cabin, 4);
        await scene.clock.untilAsleep();
        scene.clock.advance(49);
        let isAnswered = false;
        void answers.then(() => {
          isAnswered = true;
        });
        await turn();
        expect(isAnswered).toBe(false);
        scene.clock.advance(1);
        expect(refused(await answers)).toBe(0);
      }
      expect(await process.count('redisDecrementsFailed')).toBe(12);
      expect(process.redisGate.isAway()).toBe(true);
      calls.mockRestore();
      // It is back, and one answer is enough.
      scene.clock.advance(300);
      await askAll(cabin, 1);
      expect(process.redisGate.isAway()).toBe(false);
      expect((await process.verdicts()).admit).toBe(1);
    });

    it('[GATE-7] an answer that came while the event loop was busy is no failure', async () => {
      const cabin = await known(5);
      const calls = vi.spyOn(scene.redis.commands, 'evalsha');
      // It has arrived when the timer is looked at, but nobody has read it yet.
      calls.mockImplementation(() => new Promise((resolve) => setImmediate(resolve, ['A', 1, 4])));
      const answer = process.gate.asks(want(cabin));
      await scene.clock.untilAsleep();
      scene.clock.advance(50);
      await answer;
      calls.mockRestore();
      expect(await process.count('redisDecrementsFailed')).toBe(0);
    });

    it('[GATE-11] a clock that is set back does not keep it shut', async () => {
      const away = openRedis('redis://127.0.0.1:1', createLogger('fatal'));
      const alone = scene.process(away);
      alone.gate.settle([await scene.truth(await scene.cabin(5))]);
      for (let i = 0; i < 3; i++) await alone.redisGate.admit([{ cabinId: 1, quantities: [1] }]);
      expect(alone.redisGate.isAway()).toBe(true);
      scene.clock.advance(-3_600_000);
      expect(alone.redisGate.isAway()).toBe(false);
      await away.close();
    });
  });

  describe('what the process knows', () => {
    const refuses = (cabin: Cabin) => process.gate.refuses(want(cabin));

    it('[GATE-8] a full cabin is refused for 100 ms without a look, then one goes and the others wait for his news', async () => {
      const cabin = await scene.cabin(0);
      expect(refuses(cabin)).toBeUndefined();
      process.gate.settle([await scene.truth(cabin)]);
      const soldOut = { leg: 0, available: 0, version: 1 };
      expect(refuses(cabin)).toEqual(soldOut);
      scene.clock.advance(99);
      expect(refuses(cabin)).toEqual(soldOut);
      scene.clock.advance(1);
      const storm = () => refused(Array.from({ length: 50 }, () => refuses(cabin)));
      expect(storm()).toBe(49);
      scene.clock.advance(99);
      expect(storm()).toBe(50);
      // He is back with the same truth: another 100 ms.
      process.gate.settle([await scene.truth(cabin)]);
      scene.clock.advance(99);
      expect(storm()).toBe(50);
      scene.clock.advance(1);
      expect(storm()).toBe(49);
      expect((await process.verdicts()).known).toBe(2 + 49 + 50 + 50 + 49);
    });

    it('[GATE-8] when nobody comes back one goes every 100 ms, and after a second all do', async () => {
      const cabin = await scene.cabin(0);
      process.gate.settle([await scene.truth(cabin)]);
      const passed: number[] = [];
      for (let ms = 0; ms < 1_500; ms += 50) {
        passed.push(10 - refused(Array.from({ length: 10 }, () => refuses(cabin))));
        scene.clock.advance(50);
      }
      expect(passed.slice(0, 20)).toEqual([0, 0, ...Array.from({ length: 9 }, () => [1, 0]).flat()]);
      expect(passed.slice(20)).toEqual(Array.from({ length: 10 }, () => 10));
    });

    it('[GATE-8] the one who goes is not held up by Redis', async () => {
      const cabin = await known(0);
      scene.clock.advance(100);
      const calls = vi.spyOn(scene.redis.commands, 'evalsha');
      expect(refuses(cabin)).toBeUndefined();
      expect(await process.gate.asks(want(cabin))).toBeUndefined();
      expect(calls).not.toHaveBeenCalled();
      calls.mockRestore();
    });

    it('[GATE-8] a look at the row is no answer to a buyer: holds that are over hide in it', async () => {
      const cabin = await known(0);
      scene.clock.advance(900);
      await process.push();
      scene.clock.advance(200);
      // The truth is young again, so that there is somebody who goes and others who wait.
      expect(refuses(cabin)).toBeUndefined();
      expect(refuses(cabin)).toBeDefined();
    });

    it('[GATE-8] only who no other leg refuses goes to ask', async () => {
      const [older, newer] = [await known(0), await scene.cabin(0)];
      scene.clock.advance(100);
      process.gate.settle([await scene.truth(newer)]);
      expect(process.gate.refuses([...want(older), ...want(newer)])).toEqual({ leg: 1, available: 0, version: 1 });
      expect(process.gate.refuses(want(older))).toBeUndefined();
      expect(process.gate.refuses([...want(older), ...want(newer)])).toEqual({ leg: 0, available: 0, version: 1 });
    });

    it('[GATE-8] seats that came free are known at once', async () => {
      const cabin = await known(0);
      await scene.db.query('update cabin set target_capacity = 3, capacity = 3 where id = $1', [cabin.cabinId]);
      process.gate.settle([await scene.commit(cabin, {})]);
      expect(refuses(cabin)).toBeUndefined();
      expect(refuses(cabin)).toBeUndefined();
    });

    it('[GATE-12] what is not for sale is not called sold out', async () => {
      const cabin = await known(0, { state: 'closed' });
      expect(refuses(cabin)).toBeUndefined();
      age();
      expect(await process.gate.asks(want(cabin))).toBeUndefined();
      expect((await process.verdicts()).try).toBe(1);
    });

    it('[GATE-10] hears what other processes sell; older news and repeats of theirs change nothing', async () => {
      const cabin = await scene.cabin(0);
      const truth = await scene.truth(cabin);
      process.gate.learn(seatUpdates([{ ...truth, version: 5 }]));
      expect(refuses(cabin)).toEqual({ leg: 0, available: 0, version: 5 });
      process.gate.learn(seatUpdates([{ ...truth, targetCapacity: 9, version: 4 }]));
      expect(refuses(cabin)).toBeDefined();
      scene.clock.advance(100);
      process.gate.learn(seatUpdates([{ ...truth, version: 5 }]));
      expect(refuses(cabin)).toBeUndefined();
      process.gate.learn(seatUpdates([{ ...truth, version: 6 }]));
      expect(refuses(cabin)).toEqual({ leg: 0, available: 0, version: 6 });
      // A part of another release, and the flight itself, tell it nothing.
      process.gate.learn([{ topic: cabin.flightId, parts: { economy: { version: 7, body: {} } } }]);
      process.gate.learn([{ topic: cabin.flightId, parts: { flight: { version: 7, body: {} } } }]);
      expect(refuses(cabin)).toMatchObject({ version: 6 });
    });

    it('[GATE-10] a flight that is made again under its id starts anew', async () => {
      const cabin = await scene.cabin(0);
      const truth = await scene.truth(cabin);
      process.gate.settle([{ ...truth, version: 9 }]);
      process.gate.settle([{ ...truth, cabinId: truth.cabinId + 1_000_000, targetCapacity: 5, version: 1 }]);
      expect(refuses(cabin)).toBeUndefined();
      process.gate.settle([{ ...truth, version: 10 }]);
      expect(process.known.find(cabin.flightId, 'economy')).toMatchObject({ available: 5, version: 1 });
    });

    it('[GATE-11] a clock that is set back makes nothing young', async () => {
      const cabin = await known(0);
      expect(refuses(cabin)).toBeDefined();
      scene.clock.advance(-3_600_000);
      for (let i = 0; i < 3; i++) expect(refuses(cabin)).toBeUndefined();
    });

    it('[GATE-13] is bounded: what was not used for longest is forgotten', async () => {
      const truth = await scene.truth(await scene.cabin(0));
      const told = (n: number) => ({ ...truth, flightId: `flight ${n}`, cabinId: n });
      const find = (n: number) => process.known.find(`flight ${n}`, 'economy');
      for (let n = 1; n <= 10_000; n++) process.known.learn({ ...told(n), available: 0 }, 'buyer');
      expect(find(1)).toBeDefined();
      process.known.learn({ ...told(10_001), available: 0 }, 'buyer');
      expect(process.known.size).toBe(10_000);
      expect(find(1)).toBeDefined();
      expect(find(2)).toBeUndefined();
    });
  });

  describe('the pusher', () => {
    const push = async () => {
      await process.push();
      await redisDone();
    };

    it('[GATE-9] overwrites a lie within a second, whatever it claims', async () => {
      const cabin = await known(5);
      const key = scene.key(cabin);
      for (const lie of [
        { truth: 0, free: 0 },
        { truth: 1_000_000, free: 1_000_000 },
        { version: 999, truth: 0, free: 0 },
        { state: 'cancelled' },
        { epoch: 0 },
        { free: 'x' },
      ]) {
        await scene.redis.commands.hset(key, lie);
        scene.clock.advance(750);
        await push();
        expect(await hash(cabin)).toMatchObject({ epoch: '1', version: '1', truth: '5', free: '5', state: 'open' });
      }
    });

    it('[GATE-9] heals a flushed Redis and an old copy of it without any buyer', async () => {
      const cabin = await known(5);
      const old = await hash(cabin);
      process.gate.settle([await scene.commit(cabin, { free: 3 })]);
      await redisDone();
      await flushRedis(scene.redis.commands);
      scene.clock.advance(750);
      await push();
      expect(await hash(cabin)).toMatchObject({ version: '2', truth: '3' });
      await scene.redis.commands.hset(scene.key(cabin), old);
      expect(await hash(cabin)).toMatchObject({ version: '1', truth: '5' });
      scene.clock.advance(750);
      await push();
      expect(await hash(cabin)).toMatchObject({ version: '2', truth: '3' });
      await scene.redis.commands.hset(scene.key(cabin), old);
      process.gate.settle([await scene.commit(cabin, { free: 2 })]);
      await redisDone();
      expect(await hash(cabin)).toMatchObject({ version: '3', truth: '2' });
    });

    it('[GATE-9] shows again the seats of those who were counted in and never came', async () => {
      const cabin = await known(5);
      await process.gate.asks(want(cabin, 4));
      expect(await hash(cabin)).toMatchObject({ free: '1' });
      scene.clock.advance(750);
      await push();
      expect(await hash(cabin)).toMatchObject({ free: '5' });
    });

    it('[GATE-9] learns for the process what nobody told it of', async () => {
      const cabin = await known(5);
      await scene.commit(cabin, { free: 0 });
      scene.clock.advance(750);
      await push();
      expect(process.gate.refuses(want(cabin))).toEqual({ leg: 0, available: 0, version: 2 });
    });

    it('[GATE-9] a truth that somebody sold past meanwhile is no proof of a lie', async () => {
      const cabin = await known(5);
      const seller = scene.process();
      const reads = vi.spyOn(scene.db, 'query');
      reads.mockImplementationOnce(async () => {
        // As if the row had been read just before this sale.
        const rows = [await scene.truth(cabin)];
        seller.gate.settle([await scene.commit(cabin, { free: 4 })]);
        return { rows } as never;
      });
      scene.clock.advance(750);
      await push();
      reads.mockRestore();
      expect(await hash(cabin)).toMatchObject({ version: '2', truth: '4' });
    });

    it('[GATE-9] looks after cabins in use: once a second, four times where buyers are refused, a minute long', async () => {
      const [quiet, full] = [await known(5), await known(0)];
      const due = () => process.known.due(10).map((each) => each.cabinId);
      expect(due()).toEqual([]);
      scene.clock.advance(250);
      expect(due()).toEqual([]);
      process.gate.refuses(want(full));
      process.gate.refuses(want(full));
      expect(due()).toEqual([full.cabinId]);
      await push();
      expect(due()).toEqual([]);
      scene.clock.advance(500);
      expect(due().sort()).toEqual([quiet.cabinId, full.cabinId].sort());
      expect(process.known.due(1).map((each) => each.cabinId)).toEqual([full.cabinId]);
      scene.clock.advance(60_000);
      expect(due()).toEqual([]);
    });

    it('[GATE-9] forgets a cabin that is gone', async () => {
      const cabin = await known(5);
      await scene.db.query('delete from flight where id = $1', [cabin.flightId]);
      scene.clock.advance(750);
      await push();
      expect(process.known.find(cabin.flightId, cabin.cabin)).toBeUndefined();
    });
  });

  it('[GATE-4] the key of a cabin has its id as the tag that decides the slot', () => {
    const id = newId();
    const cabin = { flightId: id, cabin: 'economy', cabinId: 42 } as const;
    expect(scene.key(cabin)).toBe(keyspace(scene.clusterId).key('gate', '42'));
    expect(scene.key(cabin)).toMatch(/^[^{}]*\{42\}$/);
  });
});
