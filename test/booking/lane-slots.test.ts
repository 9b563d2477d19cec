import { describe, expect, it } from 'vitest';
import { createLane } from '../../server/platform/postgres/lane.ts';
import { createLaneSlots } from '../../server/platform/postgres/lane-slots.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('lanes that share slots', () => {
  /** Lanes whose calls end when the test says so, and what they have sent. */
  function openLanes(names: string[], count: number) {
    const clock = new ManualClock();
    const slots = createLaneSlots(clock, count);
    const sent: string[] = [];
    const ends = new Map<string, () => void>();
    const lanes = new Map(
      names.map((name) => [
        name,
        createLane<number, number>({
          name,
          clock,
          keysOf: (member) => [String(member)],
          batchMax: 4,
          pipelined: true,
          slots,
          call: async (_, members) => {
            sent.push(`${name} ${members.join()}`);
            await new Promise<void>((resolve) => ends.set(name, resolve));
            return { outcomes: members };
          },
        }),
      ]),
    );
    const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    return {
      clock,
      sent,
      settled,
      send: async (name: string, ...members: number[]) => {
        const answers = members.map((member) => lanes.get(name)?.send(member));
        await settled();
        return answers;
      },
      end: async (name: string) => {
        ends.get(name)?.();
        await settled();
      },
    };
  }

  it('[LANE-9] gather while two others have a call under way, and are served in the order in which they began to wait', async () => {
    const { send, sent, end } = openLanes(['hold', 'pay', 'settle', 'cancel'], 2);
    await send('hold', 1);
    await send('pay', 1);
    await send('settle', 1);
    await send('cancel', 1);
    await send('hold', 2);
    await send('settle', 2);
    expect(sent).toEqual(['hold 1', 'pay 1']);
    // Also ahead of the lane whose call has just ended.
    await end('hold');
    expect(sent).toEqual(['hold 1', 'pay 1', 'settle 1,2']);
    await end('settle');
    expect(sent.slice(3)).toEqual(['cancel 1']);
    await end('pay');
    expect(sent.slice(4)).toEqual(['hold 2']);
  });

  it('[LANE-9] with a slot for each of them all have a call under way', async () => {
    const { send, sent } = openLanes(['hold', 'pay', 'settle'], 3);
    await send('hold', 1);
    await send('pay', 1);
    await send('settle', 1);
    expect(sent).toEqual(['hold 1', 'pay 1', 'settle 1']);
  });

  it('[LANE-9] wait for none with a batch that is full', async () => {
    const { send, sent, end } = openLanes(['hold', 'pay', 'settle'], 2);
    await send('hold', 1);
    await send('pay', 1);
    await send('settle', 1, 2, 3, 4, 5);
    expect(sent).toEqual(['hold 1', 'pay 1', 'settle 1,2,3,4']);
    // Now three are under way: one that ends leaves no slot.
    await end('settle');
    expect(sent.slice(3)).toEqual([]);
    await end('hold');
    expect(sent.slice(3)).toEqual(['settle 5']);
  });

  it('[LANE-9] wait for none that takes long', async () => {
    const { send, sent, end, clock, settled } = openLanes(['hold', 'pay', 'settle', 'cancel'], 2);
    await send('hold', 1);
    await send('pay', 1);
    await send('settle', 1);
    await send('cancel', 1);
    await clock.advance(49);
    await settled();
    expect(sent).toEqual(['hold 1', 'pay 1']);
    await clock.advance(1);
    await settled();
    expect(sent).toEqual(['hold 1', 'pay 1', 'settle 1', 'cancel 1']);
    // They have given theirs back already.
    await end('hold');
    await send('hold', 2);
    expect(sent.slice(4)).toEqual([]);
    await end('settle');
    expect(sent.slice(4)).toEqual(['hold 2']);
  });
});
