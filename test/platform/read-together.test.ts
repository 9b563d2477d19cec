import { describe, expect, it } from 'vitest';
import { readTogether } from '../../server/platform/postgres/read-together.ts';

/** A read that doubles its keys, and answers when it is let go. */
function heldRead() {
  const reads: { keys: number[]; answer: () => void; fail: () => void }[] = [];
  const read = readTogether(
    (keys: number[]) =>
      new Promise<number[]>((resolve, reject) => {
        reads.push({
          keys,
          answer: () => resolve(keys.map((key) => key * 2)),
          fail: () => reject(new Error('away')),
        });
      }),
  );
  const turn = () => new Promise(setImmediate);
  return { reads, read, turn };
}

describe('reading together', () => {
  it('[HOT-5] takes those of one turn in one read, and who comes meanwhile in the next, each with its own answer', async () => {
    const { reads, read, turn } = heldRead();
    const first = [read(1), read(2)];
    await turn();
    const later = [read(3), read(1)];
    await turn();
    expect(reads.map(({ keys }) => keys)).toEqual([[1, 2]]);
    reads[0]?.answer();
    expect(await Promise.all(first)).toEqual([2, 4]);
    await turn();
    expect(reads.map(({ keys }) => keys)).toEqual([
      [1, 2],
      [3, 1],
    ]);
    reads[1]?.answer();
    expect(await Promise.all(later)).toEqual([6, 2]);
  });

  it('[HOT-5] fails those of a read that failed, and nobody else', async () => {
    const { reads, read, turn } = heldRead();
    const lost = read(1).catch((error: Error) => error.message);
    await turn();
    const kept = read(2);
    reads[0]?.fail();
    expect(await lost).toBe('away');
    await turn();
    reads[1]?.answer();
    expect(await kept).toBe(4);
  });
});
