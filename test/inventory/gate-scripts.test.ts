import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisConnections } from '../../server/platform/redis/redis.ts';
import { openScript, type Script } from '../../server/platform/redis/script.ts';
import { GateModel, type ModelAdmission } from './gate-model.ts';
import { type GateScene, openGateScene } from './gate-scene.ts';

const folder = new URL('../../server/domain/inventory/', import.meta.url);

describe('the scripts of the gate', () => {
  let scene: GateScene;
  let redis: RedisConnections['commands'];
  let scripts: { admit: Script; settle: Script };
  let key: string;
  let made = 0;
  beforeAll(async () => {
    scene = await openGateScene();
    redis = scene.redis.commands;
    scripts = {
      admit: openScript(scene.redis, new URL('admit-1.lua', folder)),
      settle: openScript(scene.redis, new URL('settle-1.lua', folder)),
    };
  });
  afterAll(() => scene.close());

  /** A cabin that Redis has never heard of. */
  const newCabin = (): void => {
    key = `test:{${scene.clusterId}-${++made}}`;
  };
  const settle = async (epoch: number, version: number, free: number, state = 'open', disproved = 0) =>
    (await scripts.settle([key], [epoch, version, free, state, disproved])) as [number, number, number];
  const admit = async (epoch: number, ...quantities: number[]): Promise<ModelAdmission> => {
    const [letters, version, free] = (await scripts.admit([key], [epoch, ...quantities])) as [string, number, number];
    return { letters, version, free };
  };
  const makeAge = `
    if redis.call('EXISTS', KEYS[1]) == 1 then
      local time = redis.call('TIME')
      redis.call('HSET', KEYS[1], 'at', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]))
    end`;
  /** Lets time pass for the cabin by making its truth older. */
  const pass = (ms: number) => redis.hincrby(key, 'at', -ms);

  it('[GATE-1] counts members in, in order, each for itself; a small one still fits after a big one', async () => {
    newCabin();
    await settle(1, 7, 5);
    expect(await admit(1, 3, 9, 2, 1)).toEqual({ letters: 'ATAT', version: 7, free: 0 });
    expect(await admit(1, 1)).toEqual({ letters: 'T', version: 7, free: 0 });
  });

  it('[GATE-1] says sold out only by a truth younger than a second that nothing is free', async () => {
    newCabin();
    await settle(1, 7, 0);
    expect(await admit(1, 1, 2)).toEqual({ letters: 'SS', version: 7, free: 0 });
    // With half a second to spare, so that a slow machine does not decide.
    await pass(500);
    expect((await admit(1, 1)).letters).toBe('S');
    await pass(500);
    expect((await admit(1, 1)).letters).toBe('T');
    await settle(1, 7, 0);
    expect((await admit(1, 1)).letters).toBe('S');
  });

  it('[GATE-11] a truth of the future refuses nobody', async () => {
    newCabin();
    await settle(1, 7, 0);
    await pass(-60_000);
    expect((await admit(1, 1)).letters).toBe('T');
  });

  it('[GATE-1] an old truth still counts members in, and tells nobody that there are none', async () => {
    newCabin();
    await settle(1, 7, 1);
    await pass(60_000);
    expect(await admit(1, 1, 1)).toEqual({ letters: 'AT', version: 7, free: 0 });
  });

  it('[GATE-1] knows nothing of another epoch, of an unknown cabin, and of a hash that is none', async () => {
    newCabin();
    const cold = { letters: 'CC', version: 0, free: 0 };
    expect(await admit(1, 1, 1)).toEqual(cold);
    await settle(2, 7, 5);
    expect(await admit(1, 1, 1)).toEqual(cold);
    expect(await admit(3, 1, 1)).toEqual(cold);
    expect(await redis.hget(key, 'free')).toBe('5');
    await redis.hset(key, 'free', 'many');
    expect(await admit(2, 1, 1)).toEqual(cold);
    await redis.hdel(key, 'free');
    expect(await admit(2, 1, 1)).toEqual(cold);
    expect(await settle(2, 7, 5)).toEqual([1, 2, 7]);
    expect((await admit(2, 1, 1)).letters).toBe('AA');
  });

  it.each(['closed', 'cancelled'])('[GATE-1] leaves a %s cabin to Postgres, full or not', async (state) => {
    newCabin();
    await settle(1, 1, 5, state);
    expect(await admit(1, 1)).toEqual({ letters: 'T', version: 1, free: 5 });
    await settle(1, 2, 0, state);
    expect((await admit(1, 1)).letters).toBe('T');
  });

  it('[GATE-2] takes what is newer or equal; equal makes it young and shows again who never came', async () => {
    newCabin();
    expect(await settle(1, 7, 5)).toEqual([1, 1, 7]);
    await admit(1, 5);
    await pass(60_000);
    expect(await settle(1, 6, 9)).toEqual([0, 1, 7]);
    expect((await admit(1, 1)).letters).toBe('T');
    expect(await settle(1, 7, 5)).toEqual([1, 1, 7]);
    expect(await redis.hget(key, 'free')).toBe('5');
    const [seconds] = await redis.time();
    expect(Number(await redis.hget(key, 'at')) / 1_000).toBeGreaterThan(Number(seconds) - 30);
    expect(await settle(1, 8, 4)).toEqual([1, 1, 8]);
    expect((await admit(1, 1)).free).toBe(3);
  });

  it('[GATE-2] a newer epoch wins even with a lower version, and an older never', async () => {
    newCabin();
    await settle(1, 100, 5);
    expect(await settle(2, 1, 3)).toEqual([1, 2, 1]);
    expect(await settle(1, 101, 9)).toEqual([0, 2, 1]);
    expect((await admit(2, 1)).free).toBe(2);
  });

  it('[GATE-2] a claim gives way to an older version only when it is the one that was disproved', async () => {
    newCabin();
    await settle(1, 999, 0);
    expect(await settle(1, 7, 5, 'open', 998)).toEqual([0, 1, 999]);
    expect(await settle(1, 7, 5, 'open', 999)).toEqual([1, 1, 7]);
    await settle(2, 999, 0);
    expect(await settle(1, 8, 5, 'open', 999)).toEqual([0, 2, 999]);
  });

  it('[GATE-2] told twice and in any order, the last truth is what is known', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 9 })), { minLength: 1 }),
        async (told) => {
          newCabin();
          const freeOf = ([epoch, version]: [number, number]) => epoch * 100 + version;
          for (const each of told) await settle(each[0], each[1], freeOf(each));
          expect(await redis.hget(key, 'free')).toBe(String(Math.max(...told.map(freeOf))));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('[GATE-2] forgets cabins that nobody tells of any more', async () => {
    newCabin();
    await settle(1, 1, 5);
    const life = await redis.pttl(key);
    expect(life).toBeGreaterThan(500_000);
    expect(life).toBeLessThanOrEqual(600_000);
  });

  it('[GATE-4] a script that Redis has forgotten is sent again', async () => {
    newCabin();
    await redis.script('FLUSH');
    expect(await settle(1, 1, 5)).toEqual([1, 1, 1]);
    await redis.script('FLUSH');
    expect((await admit(1, 1)).letters).toBe('A');
    await expect(scripts.admit([key, key], [1, 1])).rejects.toThrow('2 keys');
  });

  it('[GATE-3] do what the model does, on thousands of random operations', async () => {
    type Operation =
      | { kind: 'settle'; epoch: number; version: number; free: number; state: string; disproved: number }
      | { kind: 'admit'; epoch: number; quantities: number[] }
      | { kind: 'age'; ms: number }
      | { kind: 'flush' };
    const small = (max: number, min = 0) => fc.integer({ min, max });
    const operation: fc.Arbitrary<Operation> = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('settle' as const),
          epoch: small(2, 1),
          version: small(6, 1),
          free: fc.oneof(fc.constant(0), small(12)),
          state: fc.oneof({ weight: 5, arbitrary: fc.constant('open') }, fc.constantFrom('closed', 'cancelled')),
          disproved: small(6),
        }),
      },
      {
        weight: 8,
        arbitrary: fc.record({
          kind: fc.constant('admit' as const),
          epoch: small(2, 1),
          quantities: fc.array(small(9, 1), { minLength: 1, maxLength: 6 }),
        }),
      },
      // Far from 0 and from a second, for real time goes by as well, if only a little.
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('age' as const), ms: fc.constantFrom(400, 2_000, -2_000) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
    );
    let done = 0;
    const letters = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 60 }), async (operations) => {
        newCabin();
        const model = new GateModel();
        let now = 10_000;
        let ageMs = 0;
        const said: unknown[] = [];
        const expected: unknown[] = [];
        for (const each of operations) {
          done++;
          switch (each.kind) {
            case 'settle': {
              const { epoch, version, free, state, disproved } = each;
              said.push((await settle(epoch, version, free, state, disproved))[0] === 1);
              const isTaken = model.settle(epoch, version, free, state, now, disproved);
              if (isTaken) ageMs = 0;
              expected.push(isTaken);
              break;
            }
            case 'admit': {
              // Sent together, so that no time goes by between the two.
              const [, admission] = await Promise.all([
                redis.eval(makeAge, 1, key, ageMs),
                admit(each.epoch, ...each.quantities),
              ]);
              for (const letter of admission.letters) letters.add(letter);
              said.push(admission);
              expected.push(model.admit(each.epoch, each.quantities, now));
              break;
            }
            case 'age':
              now += each.ms - ageMs;
              ageMs = each.ms;
              break;
            case 'flush':
              await redis.del(key);
              model.flush();
          }
        }
        expect(said).toEqual(expected);
      }),
      { numRuns: 150 },
    );
    expect(done).toBeGreaterThan(3_000);
    expect([...letters].sort()).toEqual(['A', 'C', 'S', 'T']);
  });
});
