import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShop, type Shop } from '../../scripts/sellout/open-shop.ts';
import { judgeRefusals } from '../../scripts/sellout/refusals.ts';
import { newHistogram, runSellout } from '../../scripts/sellout/run-sellout.ts';

describe('a sell-out at ten times the seats', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(await mkdtemp(join(tmpdir(), 'airside-sellout-test-')), 25, {
      env: { HOLD_TTL_SECONDS: '2' },
    });
  });
  afterAll(() => shop.close());

  it('[CRASH-3] ends with every seat sold, although holds run out and are given back', async () => {
    const seats = 50;
    const run = await runSellout({ ...shop, holds: newHistogram() }, { seats, demand: 10, seed: 'sellout 1' });
    expect(run).toMatchObject({ seats, sold: seats, buyers: 500, violations: [] });
    expect(run.abandoned + run.returned).toBeGreaterThan(0);
    expect(run.refusals).toBeGreaterThan(400);
    expect(run.judged.contradicted).toBe(0);

    // The judge of refusals can find a false one: before the first hold every seat was free.
    const { rows } = await shop.db.query<{ first: number }>(
      `select extract(epoch from min(l.at))::float8 * 1000 as first from ledger l join cabin c on c.id = l.cabin_id where c.flight_id = $1`,
      [run.flightId],
    );
    const first = rows[0]?.first as number;
    const early = { sentAt: first - 500, answeredAt: first - 400, available: 0, version: 1 };
    const honest = { sentAt: Date.now(), answeredAt: Date.now(), available: 0, version: 1_000_000 };
    expect(await judgeRefusals(shop.db, run.flightId, seats, [early, honest])).toEqual({ contradicted: 1, false: 1 });
  }, 90_000);
});
