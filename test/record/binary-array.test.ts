import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { binaryArray } from '../../server/platform/postgres/binary-array.ts';
import { createTestDatabase } from '../support/test-database.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: pg.Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  db = new pg.Pool({ connectionString: database.url, max: 1 });
});
afterAll(async () => {
  await db.end();
  await database.drop();
});

const read = async (type: 'int2' | 'int4' | 'int8', lists: (number | null)[][]) => {
  const { rows } = await db.query<{ text: string }>(`select $1::${type}[]::text as text`, [binaryArray(type, lists)]);
  return rows[0]?.text;
};

test.each([
  ['int2', [[1, -32_768], [], [null, 32_767]], '{1,-32768,NULL,32767}'],
  [
    'int4',
    [
      [-2_147_483_648, null],
      [2_147_483_647, 0],
    ],
    '{-2147483648,NULL,2147483647,0}',
  ],
  [
    'int8',
    [
      [Number.MAX_SAFE_INTEGER, -1],
      [Number.MIN_SAFE_INTEGER, 4_294_967_296, null],
    ],
    '{9007199254740991,-1,-9007199254740991,4294967296,NULL}',
  ],
  ['int4', [[], []], '{}'],
] as const)('Postgres reads %s lists as one array', async (type, lists, text) => {
  expect(
    await read(
      type,
      lists.map((list) => [...list]),
    ),
  ).toBe(text);
});

test.each([
  ['int2', 32_768],
  ['int4', 2 ** 31],
  ['int4', 0.5],
  ['int8', 2 ** 53],
  ['int8', Number.NaN],
] as const)('%s takes no %d', (type, value) => {
  expect(() => binaryArray(type, [[value]])).toThrow(RangeError);
});
