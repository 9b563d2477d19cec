import { describe, expect, it } from 'vitest';
import { turnstile } from '../../server/transport/turnstile.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('the turnstile', () => {
  function open() {
    const clock = new ManualClock();
    const letIn = turnstile(clock, 1_000);
    const entered: number[] = [];
    const come = (from: number, to: number) => {
      for (let n = from; n < to; n++) letIn(() => entered.push(n));
    };
    const pass = async (ms: number) => {
      await clock.untilAsleep();
      clock.advance(ms);
      await new Promise(setImmediate);
    };
    return { entered, come, pass };
  }

  it('[CROWD-6] lets a few in at once, and a crowd in its order at a bounded rate', async () => {
    const { entered, come, pass } = open();
    come(0, 30);
    expect(entered.length).toBe(10);
    await pass(10);
    expect(entered.length).toBe(20);
    // Whoever comes later does not overtake.
    come(30, 31);
    await pass(10);
    expect(entered.length).toBe(30);
    await pass(10);
    expect(entered).toEqual(Array.from({ length: 31 }, (_, n) => n));
    await pass(10);
    come(31, 41);
    expect(entered.length).toBe(41);
  });

  it('[CROWD-6] makes up for a step that came late, but not for a long standstill', async () => {
    const { entered, come, pass } = open();
    come(0, 200);
    await pass(30);
    expect(entered.length).toBe(40);
    await pass(5_000);
    expect(entered.length).toBe(90);
  });
});
