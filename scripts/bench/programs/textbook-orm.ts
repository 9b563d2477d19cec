import { OptimisticLockError, UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { Booking } from '../../../server/domain/booking/booking.entity.ts';
import { Cabin } from '../../../server/domain/inventory/cabin.entity.ts';
import { LedgerHold } from '../../../server/domain/inventory/ledger.entity.ts';
import { entities } from '../../../server/entities.ts';
import { type Orm, openOrm } from '../../../server/platform/postgres/orm.ts';
import { type HoldInput, holdInput } from '../../../shared/booking.ts';
import { type StockContext, startStockServer } from '../stock-server.ts';

// A unit of work a request: read the cabin, count up, flush; whoever finds another version starts again. Tries are
// bounded, and end with the caller's socket: otherwise the losers of a storm would go on long after it.

const triesMax = 20;
const actor = '00000000-0000-7000-8000-000000000001';
const t = initTRPC.context<StockContext>().create({ transformer: superjson });
const { orm } = await openOrm({
  url: process.env.DATABASE_URL as string,
  poolSize: 16,
  entities,
  onPoolError: () => undefined,
});

async function hold(input: HoldInput, connected: () => boolean) {
  for (let tries = 1; ; tries++) {
    try {
      return await flushOnce(orm.em.fork(), input);
    } catch (error) {
      if (!wasFaster(error)) throw error;
      if (tries >= triesMax || !connected()) throw new Error(`others were faster ${tries} times`);
    }
  }
}

/** New rows are flushed before changed ones, so whoever is late meets the ledger's row of his version first. */
const wasFaster = (error: unknown): boolean =>
  error instanceof OptimisticLockError || error instanceof UniqueConstraintViolationException;

async function flushOnce(em: Orm['em'], input: HoldInput) {
  const seats = input.seats ?? 1;
  const [leg] = input.legs as [NonNullable<HoldInput['legs']>[number]];
  const cabin = await em.findOneOrFail(Cabin, { flight: leg.flightId, cabin: leg.cabin });
  if (cabin.targetCapacity - cabin.held - cabin.sold < seats) throw new Error('SOLD_OUT');
  cabin.held += seats;
  const at = new Date();
  const total = cabin.priceAmount * seats;
  const holdExpiresAt = new Date(at.getTime() + 86_400_000);
  em.create(Booking, {
    id: input.id,
    actor,
    bodyHash: Buffer.alloc(32),
    status: 'held',
    seats,
    priceAmount: total,
    priceCurrency: cabin.priceCurrency,
    holdExpiresAt,
    createdAt: at,
    legCabins: [String(cabin.id)],
    legPrices: [String(cabin.priceAmount)],
    legVersions: [String(cabin.version + 1)],
  });
  em.create(LedgerHold, {
    cabin: cabin.id,
    version: cabin.version + 1,
    at,
    bookings: [input.id],
    seats: [String(seats)],
  });
  await em.flush();
  return {
    id: input.id,
    status: 'held',
    legs: input.legs,
    seats,
    price: { amount: total, currency: cabin.priceCurrency },
    holdExpiresAt: holdExpiresAt.toISOString(),
  };
}

await startStockServer(
  t.router({ hold: t.procedure.input(holdInput).mutation(({ input, ctx }) => hold(input, ctx.connected)) }),
);
