import type pg from 'pg';
import type { Sale } from './journal.ts';
import type { Round } from './round.ts';

interface CabinTruth {
  flight: string;
  cabin: string;
  version: number;
  capacity: number;
  target: number;
  held: number;
  sold: number;
  ledger_held: number;
  ledger_sold: number;
  booked_held: number;
  booked_sold: number;
}

// One statement, hence one snapshot, however fast seats move meanwhile.
const cabinsSql = `
  select c.flight_id as flight, c.cabin, c.version, c.capacity, c.target_capacity as target, c.held, c.sold,
    coalesce(l.held, 0)::int as ledger_held, coalesce(l.sold, 0)::int as ledger_sold,
    coalesce(b.held, 0)::int as booked_held, coalesce(b.sold, 0)::int as booked_sold
  from cabin c
  left join (select cabin_id, sum(d_held) as held, sum(d_sold) as sold from ledger group by cabin_id) l on l.cabin_id = c.id
  left join (
    select g.cabin_id, sum(g.quantity) filter (where k.status in ('held', 'paying')) as held,
      sum(g.quantity) filter (where k.status = 'confirmed') as sold
    from booking_leg g join booking k on k.id = g.booking_id group by g.cabin_id
  ) b on b.cabin_id = c.id
  where $1::uuid[] is null or c.flight_id = any($1)`;

/** What must hold at every moment: nothing oversold, and counters, ledger and bookings agree. Of these flights, or of all. */
export async function judgeSeats(db: pg.Pool, flightIds: string[] | null): Promise<string[]> {
  const { rows } = await db.query<CabinTruth>(cabinsSql, [flightIds]);
  return rows.flatMap((row) => {
    const says = `${row.flight} ${row.cabin}: ${JSON.stringify(row)}`;
    const counters = `${row.held} ${row.sold}`;
    return [
      row.held + row.sold > row.capacity || row.booked_held + row.booked_sold > row.capacity ? `oversold ${says}` : [],
      counters !== `${row.ledger_held} ${row.ledger_sold}` ? `counters are not the ledger ${says}` : [],
      counters !== `${row.booked_held} ${row.booked_sold}` ? `counters are not the bookings ${says}` : [],
    ].flat();
  });
}

/** Seats of these flights: all, sold and held. */
export async function countSeats(
  db: pg.Pool,
  flightIds: string[],
): Promise<{ capacity: number; sold: number; held: number }> {
  const { rows } = await db.query<{ capacity: number; sold: number; held: number }>(
    `select sum(capacity)::int as capacity, sum(sold)::int as sold, sum(held)::int as held
     from cabin where flight_id = any($1)`,
    [flightIds],
  );
  return rows[0] as { capacity: number; sold: number; held: number };
}

const unsettledSql = `
  select 'booking ' || id || ' is ' || status as what from booking where status in ('held', 'paying', 'refund_pending')
  union all select 'payment ' || id || ' of ' || booking_id || ' is ' || status from payment where status in ('pending', 'authorised', 'voiding')
  union all select 'refund ' || id || ' of ' || booking_id || ' is pending' from refund where status = 'pending'`;

/** What is still on its way, in words. */
export async function listUnsettled(db: pg.Pool): Promise<string[]> {
  const { rows } = await db.query<{ what: string }>(unsettledSql);
  return rows.map(({ what }) => what);
}

interface BookingTruth {
  id: string;
  actor: string;
  status: string;
  version: number;
  seats: number;
  price: number;
  legs: { flightId: string; cabin: string; quantity: number }[];
  captured: number;
  refunded: number;
  holds: number;
}

const bookingsSql = `
  select b.id, b.actor, b.status, b.version, b.seats, b.price_amount::float8 as price,
    (select jsonb_agg(jsonb_build_object('flightId', l.flight_id, 'cabin', l.cabin, 'quantity', l.quantity) order by l.position)
       from booking_leg l where l.booking_id = b.id) as legs,
    (select coalesce(sum(amount), 0)::float8 from payment p where p.booking_id = b.id and p.status = 'succeeded') as captured,
    (select coalesce(sum(amount), 0)::float8 from refund r where r.booking_id = b.id and r.status = 'succeeded') as refunded,
    coalesce(h.seats, 0)::int as holds
  from booking b left join (
    select booking_id, sum(d_held) as seats from ledger where kind = 'hold' group by booking_id
  ) h on h.booking_id = b.id
  where b.id = any($1)`;

/** Judges the round at rest against what its buyers were told, id by id, and counts belated holds. */
export async function judgeSales(db: pg.Pool, round: Round): Promise<string[]> {
  const ids = [...round.sales.keys()];
  const { rows } = await db.query<BookingTruth>(bookingsSql, [ids]);
  const truths = new Map(rows.map((row) => [row.id, row]));
  return [...round.sales.values()].flatMap((sale) => judgeSale(sale, truths.get(sale.id), round));
}

function judgeSale(sale: Sale, truth: BookingTruth | undefined, round: Round): string[] {
  if (!truth) return sale.held ? [`lost: hold ${sale.id} was acknowledged and is not there`] : [];
  const found: string[] = [];
  const fault = (text: string) => found.push(`${text}: ${JSON.stringify({ sale, truth })}`);
  if (!sale.held) {
    if (sale.refused && !sale.doubted) fault('effect of a refused hold');
    else if (sale.refused) round.tally.belated++;
    if (truth.status !== 'expired') fault('a hold that nobody was told of did not simply expire');
    return found;
  }
  const isSame =
    truth.actor === sale.buyer &&
    truth.seats === sale.seats &&
    truth.price === sale.price &&
    truth.legs.length === sale.legs.length &&
    truth.legs.every(
      (leg, place) =>
        leg.flightId === sale.legs[place]?.flightId && leg.quantity === sale.seats && leg.cabin === 'economy',
    );
  if (!isSame) fault('not what was acknowledged');
  if (truth.version < sale.version) fault('older than what was acknowledged');
  if (truth.holds !== sale.seats * sale.legs.length) fault('one id, and not one effect');
  const isOver = ['cancelled', 'refunded'].includes(truth.status);
  if (sale.cancelled && !isOver) fault('a cancellation was acknowledged');
  if (sale.confirmed && !sale.cancelled && truth.status !== 'confirmed') fault('a confirmation was told');
  if (!sale.paid && !sale.cancelled && truth.status !== 'expired' && !['confirmed', 'failed'].includes(truth.status)) {
    fault('neither paid for nor cancelled');
  }
  // What the airline keeps is the price of those who fly, and the penalty of those who were told of one.
  const kept = truth.captured - truth.refunded;
  const due = truth.status === 'confirmed' ? truth.price : sale.cancelled && sale.confirmed ? sale.penalty : 0;
  if (kept !== due) fault(`${kept} is kept and ${due} is due`);
  return found;
}

const repeatsSql = `
  select 'outbox: ' || subject || ' version ' || version as what from outbox where subject is not null and version is not null
    group by subject, version, type having count(*) > 1
  union all
  select 'refunds of one payment: ' || payment_id from refund group by payment_id having count(*) > 1
  union all
  select 'money back beyond what came: ' || p.id from payment p join refund r on r.payment_id = p.id
    where r.amount > p.amount or p.status <> 'succeeded'
  union all
  select 'two paid bookings under one locator: ' || locator from booking where locator is not null
    group by locator having count(*) > 1`;

/** Anything in the whole record that happened twice and may happen once. */
export async function findRepeats(db: pg.Pool): Promise<string[]> {
  const { rows } = await db.query<{ what: string }>(repeatsSql);
  return rows.map(({ what }) => `happened twice: ${what}`);
}

interface ProviderPayment {
  id: string;
  /** Minor units. */
  captured: number;
  refunded: number;
}

/** Holds the whole record against the provider's own book: what it collected and gave back, payment by payment. */
export async function judgeProvider(db: pg.Pool, url: string): Promise<string[]> {
  const { payments } = (await (await fetch(`${url}/ledger`)).json()) as { payments: ProviderPayment[] };
  const { rows } = await db.query<{ id: string; captured: number; refunded: number }>(
    `select p.id, case when p.status = 'succeeded' then p.amount else 0 end::float8 as captured,
       coalesce((select sum(amount) from refund r where r.payment_id = p.id and r.status = 'succeeded'), 0)::float8 as refunded
     from payment p`,
  );
  const ours = new Map(rows.map((row) => [row.id, row]));
  const theirs = new Map(payments.map((payment) => [payment.id, payment]));
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((id) => {
    const their = theirs.get(id);
    const says = `${their?.captured ?? 0} ${their?.refunded ?? 0}`;
    const our = `${ours.get(id)?.captured ?? 0} ${ours.get(id)?.refunded ?? 0}`;
    return says === our ? [] : [`payment ${id}: the provider took and gave back ${says}, we say ${our}`];
  });
}
