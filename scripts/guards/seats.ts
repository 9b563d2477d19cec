import type { Guard } from './guard.ts';

const engine = 'migrations/0005_selling.sql';
const holding = 'migrations/0023_rows_of_a_hold.sql';
const lives = 'migrations/0017_lives.sql';
const record = 'migrations/0001_record.sql';
const oversell = 'test/booking/oversell.test.ts';
const alone = 'test/booking/guards.test.ts';
const journeys = 'test/booking/journeys.test.ts';
const cases = 'test/booking/hard-cases.test.ts';
const offers = 'test/offers/offers.test.ts';
const schema = 'test/record/schema.test.ts';

const enough = { file: holding, text: 'if free[k] < p_seats[member] then', instead: 'if false then' };
const check = {
  file: record,
  text: 'alter table cabin add constraint cabin_no_overbooking_ck check ((held + sold) <= capacity);',
  instead: '',
};
const forSale = `c.state = 'open' and c.departs_at_utc > clock_timestamp() as sale`;
const plain = { file: holding, after: '    else\n      select array_agg(x.place)' };

const freed = {
  file: holding,
  text: `capacity = case when by_held + by_sold < 0
        then greatest(c.target_capacity, c.held + c.sold + w.seats * (by_held + by_sold)) else c.capacity end`,
  instead: 'capacity = c.capacity',
};

/** Seats: how many there are, who may have them, at what price, until when. */
export const seatGuards: Guard[] = [
  {
    name: 'seats-enough',
    prevents: 'a hold that is given seats which others have; the CHECK stops it too, but then nobody is told SOLD_OUT',
    out: [enough],
    proof: {
      file: oversell,
      title: '[SEAT-1] 4 lanes: with the guard on, exactly the seats that exist are held, and the rest is told so',
    },
  },
  {
    name: 'seats-check',
    prevents: 'counters beyond the capacity, whatever wrote them',
    out: [check],
    proof: { file: oversell, title: '[SEAT-1] 4 lanes: the CHECK alone stops it' },
  },
  {
    name: 'seats-enough-and-check',
    prevents: 'overselling',
    out: [enough, check],
    proof: { file: oversell, title: '[SEAT-1] the same over sockets: forty buyers, five seats' },
  },
  {
    name: 'seats-row-lock',
    prevents: 'two batches that decide on the same count of free seats; the CHECK stops it too, by failing the second',
    out: [{ ...plain, text: 'order by c.id for update of c\n', instead: 'order by c.id\n' }],
    proof: {
      file: alone,
      title: '[SEAT-1] a batch that had to wait for another one counts what that one has left',
    },
  },
  {
    name: 'cut-keeps-promises',
    prevents: 'a cut of capacity below what is taken, which would fail or break promises',
    out: [
      {
        file: 'server/domain/inventory/edit-cabins.ts',
        text: 'greatest(coalesce($3::int4, target_capacity), held + sold)',
        instead: 'coalesce($3::int4, target_capacity)',
      },
    ],
    proof: {
      file: cases,
      title: '[FLIGHT-5] a cut meets the hold of the last seat: it is kept, or it is refused',
    },
  },
  {
    name: 'freed-above-target',
    prevents: 'a hard limit that stays above the target when promised seats come free',
    out: [freed],
    proof: { file: alone, title: '[FLIGHT-5] the hard limit comes down with the seats that come free' },
  },
  {
    name: 'target-not-capacity',
    prevents: 'seats sold above what the operator asked for after a cut',
    out: [
      freed,
      {
        ...plain,
        text: 'c.target_capacity - c.held - c.sold as free',
        instead: 'c.capacity - c.held - c.sold as free',
      },
    ],
    proof: {
      file: alone,
      title: '[FLIGHT-5] seats that come free are not sold while more is promised than wanted, gate or no gate',
    },
    behind:
      'freed-above-target: while the limit follows what is taken it has nothing free either, so both are taken out',
  },
  {
    name: 'all-legs-or-none',
    prevents: 'seats of the first legs that stay taken when a later leg refuses',
    out: [{ file: holding, text: 'for before in first_leg .. l - 1 loop', instead: 'for before in 1 .. 0 loop' }],
    proof: {
      file: 'test/booking/lane.test.ts',
      title: '[LANE-1] decides each member of a batch for itself, in the order of arrival, all legs or none',
    },
  },
  {
    name: 'only-open-flights',
    prevents: 'seats sold on a flight that is closed or cancelled',
    out: [{ ...plain, text: forSale, instead: 'c.departs_at_utc > clock_timestamp() as sale' }],
    proof: { file: journeys, title: '[WIRE-2] each refusal has its code' },
  },
  {
    name: 'only-before-departure',
    prevents: 'seats sold on a flight that has left',
    out: [{ ...plain, text: forSale, instead: `c.state = 'open' as sale` }],
    proof: { file: journeys, title: '[WIRE-2] each refusal has its code' },
  },
  {
    name: 'expected-price',
    prevents: 'a price that nobody was shown',
    out: [
      {
        file: holding,
        text: 'elsif p_expected[member] <> total or p_expected_in[member] <> priced_in[member] then',
        instead: 'elsif false then',
      },
    ],
    proof: {
      file: journeys,
      title: '[BOOK-5] a price that changes between pricing and taking is not charged unseen',
    },
  },
  {
    name: 'price-as-held',
    prevents: 'paying today’s price for seats that were held at yesterday’s',
    out: [
      {
        file: lives,
        text: 'select o.payment, o.id, p_provider, o.price_amount, o.price_currency, o.method, now() from ours o',
        instead:
          'select o.payment, o.id, p_provider, (select sum(c.price_amount * g.quantity) from booking_leg g join cabin c on c.id = g.cabin_id where g.booking_id = o.id), o.price_currency, o.method, now() from ours o',
      },
    ],
    proof: { file: alone, title: '[BOOK-5] what is paid is the price of the hold, whatever the cabin costs by now' },
  },
  {
    name: 'agreed-price',
    prevents: 'a seat that costs more than was agreed',
    out: [{ file: holding, text: 'total + coalesce(l_price[l], prices[k])', instead: 'total + prices[k]' }],
    proof: { file: alone, title: '[BOOK-5] a leg whose price was agreed costs that, whatever the cabin costs' },
  },
  {
    name: 'one-currency',
    prevents: 'a sum of dollars and euros',
    out: [
      { file: holding, text: 'when currencies[k] <> currencies[l_cabin[first_leg]] then', instead: 'when false then' },
    ],
    proof: { file: alone, title: '[BOOK-5] legs in two currencies are refused' },
  },
  {
    name: 'together-enough',
    prevents: 'a whole batch that is given seats which are not there, because nobody of it was looked at',
    out: [{ file: holding, text: 'u.free < u.need or ', instead: '' }],
    proof: {
      file: oversell,
      title: '[SEAT-1] 4 lanes: with the guard on, exactly the seats that exist are held, and the rest is told so',
    },
  },
  {
    name: 'together-for-sale',
    prevents: 'a batch that is given seats which are not for sale',
    out: [{ file: holding, text: 'or not u.for_sale ', instead: '' }],
    proof: { file: journeys, title: '[WIRE-2] each refusal has its code' },
  },
  {
    name: 'together-expected',
    prevents: 'a batch that is charged a price which nobody was shown',
    out: [{ file: holding, text: 'or u.expected <> u.amount or', instead: 'or' }],
    proof: {
      file: journeys,
      title: '[BOOK-5] a price that changes between pricing and taking is not charged unseen',
    },
  },
  {
    name: 'together-one-currency',
    prevents: 'a batch with a sum of dollars and euros',
    out: [{ file: holding, text: ' or u.currency <> currencies[1]);', instead: ');' }],
    proof: { file: alone, title: '[BOOK-5] legs in two currencies are refused' },
  },
  {
    name: 'together-no-ladder',
    prevents: 'a party that is charged the price of its first seat for all',
    out: [{ file: holding, text: ' or u.laddered or ', instead: ' or ' }],
    proof: {
      file: offers,
      title: '[FARE-11] a party without an offer pays the step that can seat all of it, for each of its seats',
    },
  },
  {
    name: 'alone-enough',
    prevents: 'a lone hold of seats which others have; the CHECK stops it too, but then nobody is told SOLD_OUT',
    out: [{ file: holding, text: ' and c.target_capacity - c.held - c.sold >= p_seats[1]\n', instead: '\n' }],
    proof: {
      file: oversell,
      title: '[SEAT-1] 12 lanes: with the guard on, exactly the seats that exist are held, and the rest is told so',
    },
  },
  {
    name: 'alone-row-lock',
    prevents: 'two lone holds that find the same last seat free; the CHECK stops it too, by failing the second',
    out: [{ file: holding, text: '>= p_seats[1]\n      for update;', instead: '>= p_seats[1];' }],
    proof: {
      file: oversell,
      title: '[SEAT-1] 12 lanes: with the guard on, exactly the seats that exist are held, and the rest is told so',
    },
  },
  {
    name: 'alone-target-not-capacity',
    prevents: 'a lone hold of seats above what the operator asked for after a cut',
    out: [
      freed,
      {
        file: holding,
        text: 'c.target_capacity - c.held - c.sold >= p_seats[1]',
        instead: 'c.capacity - c.held - c.sold >= p_seats[1]',
      },
    ],
    proof: {
      file: alone,
      title: '[FLIGHT-5] seats that come free are not sold while more is promised than wanted, gate or no gate',
    },
    behind:
      'freed-above-target: while the limit follows what is taken it has nothing free either, so both are taken out',
  },
  {
    name: 'alone-open-flights',
    prevents: 'a lone hold on a flight that is closed or cancelled',
    out: [{ file: holding, text: ` and c.state = 'open' and c.departs`, instead: ' and c.departs' }],
    proof: { file: journeys, title: '[WIRE-2] each refusal has its code' },
  },
  {
    name: 'alone-before-departure',
    prevents: 'a lone hold on a flight that has left',
    out: [
      {
        file: holding,
        text: ' and c.departs_at_utc > clock_timestamp()\n        and c.ladder',
        instead: '\n        and c.ladder',
      },
    ],
    proof: { file: journeys, title: '[WIRE-2] each refusal has its code' },
  },
  {
    name: 'alone-no-ladder',
    prevents: 'a lone party that is charged the price of its first seat for all',
    out: [{ file: holding, text: 'and c.ladder is null and ', instead: 'and ' }],
    proof: {
      file: offers,
      title: '[FARE-11] a party without an offer pays the step that can seat all of it, for each of its seats',
    },
  },
  {
    name: 'alone-expected',
    prevents: 'a lone hold that is charged a price which nobody was shown',
    out: [{ file: holding, text: 'p_expected[1] = total and ', instead: '' }],
    proof: {
      file: journeys,
      title: '[BOOK-5] a price that changes between pricing and taking is not charged unseen',
    },
  },
  {
    name: 'alone-agreed',
    prevents: 'a lone seat that costs something else than was agreed, and forgets the fare it was made from',
    out: [
      {
        file: holding,
        after: 'create or replace function hold_seats',
        text: 'and p_fare is null and l_price is null and not',
        instead: 'and not',
      },
    ],
    proof: { file: alone, title: '[BOOK-5] a lone leg costs what was agreed, without a word about what was expected' },
  },
  {
    name: 'reclaim-only-due',
    prevents: 'a buyer who ends holds that still have time',
    out: [
      {
        file: holding,
        after: 'create or replace function reclaim_due',
        text: ` where h.at <= clock_timestamp() order by`,
        instead: ` order by`,
      },
      {
        file: holding,
        after: 'create or replace function reclaim_due',
        text: ` and b.hold_expires_at <= clock_timestamp()\n      and b.leg_cabins`,
        instead: `\n      and b.leg_cabins`,
      },
    ],
    proof: {
      file: oversell,
      title: '[SEAT-1] 4 lanes: with the guard on, exactly the seats that exist are held, and the rest is told so',
    },
  },
  {
    name: 'reclaim-at-all',
    prevents: 'seats that nobody gets because nobody sweeps',
    out: [{ file: holding, text: 'touched := reclaim_due(short, cabins);', instead: '' }],
    proof: {
      file: 'test/recovery/failure-matrix.test.ts',
      title: '[MATRIX-17] [MATRIX-18] no event ever comes and no sweeper runs: the next buyer gets the seats',
    },
  },
  {
    name: 'ledger-once',
    prevents: 'one movement of seats written down twice',
    out: [
      {
        file: holding,
        after: 'create table ledger_move (',
        text: ',\n  primary key (cabin_id, booking_id, kind, attempt)',
        instead: '',
      },
    ],
    proof: { file: schema, title: '[RECORD-4] ledger_move_pkey refuses a second one' },
  },
  {
    name: 'flight-version',
    prevents: 'an edit that overwrites one that its operator has not seen',
    out: [
      {
        file: 'server/domain/inventory/update-flight.ts',
        text: 'if (flight.version !== expectedVersion)',
        instead: 'if (flight.version < 0)',
      },
    ],
    proof: {
      file: 'test/inventory/operator-edits.test.ts',
      title: '[FLIGHT-3] an edit of a version that is gone is refused',
    },
  },
  {
    name: 'flight-version-at-write',
    prevents: 'two edits that read the same version at the same time and both win',
    out: [{ file: 'server/domain/inventory/flight.entity.ts', text: '.version()', instead: '' }],
    proof: {
      file: 'test/inventory/operator-edits.test.ts',
      title: '[FLIGHT-3] two edits of one version: one wins, the other is told',
    },
  },
  {
    name: 'removal-looks-at-ledger',
    prevents: 'a flight that is deleted with bookings on it',
    out: [
      {
        file: 'server/domain/inventory/remove-flight.ts',
        text: 'and not exists (select from ledger g join cabin c on c.id = g.cabin_id where c.flight_id = f.id)`',
        instead: '`',
      },
    ],
    proof: {
      file: 'test/inventory/operator-edits.test.ts',
      title:
        '[FLIGHT-7] a flight that nobody touched is deleted; a sold one is cancelled and everybody gets the money back',
    },
  },
  {
    name: 'removal-locks',
    prevents: 'a flight that is deleted while its first hold is being written',
    out: [
      {
        file: 'server/domain/inventory/remove-flight.ts',
        text: `await tx.query('select from cabin where flight_id = $1 order by id for update', [flightId]);`,
        instead: '',
      },
    ],
    proof: {
      file: alone,
      title: '[FLIGHT-9] a removal waits for the hold that is being written, and does not delete its flight',
    },
  },
  {
    name: 'removal-version',
    prevents: 'a flight that is deleted by somebody who has not seen what became of it',
    out: [
      { file: 'server/domain/inventory/remove-flight.ts', text: ' and f.version = $2', instead: ' and $2::int > 0' },
    ],
    proof: {
      file: 'test/inventory/operator-edits.test.ts',
      title: '[FLIGHT-3] an edit of a version that is gone is refused',
    },
  },
  {
    name: 'release-only-cancelled',
    prevents: 'bookings that end although their flights fly',
    out: [
      {
        file: engine,
        text: `\n      and exists (select from booking_leg g join cabin c on c.id = g.cabin_id where g.booking_id = b.id and c.state = 'cancelled')`,
        instead: '',
      },
    ],
    proof: { file: alone, title: '[FLIGHT-7] bookings of a flight that is not cancelled are not released' },
  },
  {
    name: 'repair-once',
    prevents: 'two repairs of the same finding, the second of which spoils what the first made right',
    out: [
      {
        file: 'server/domain/inventory/repair-seats.ts',
        text: '(counted.repairedAt ?? 0) > expectedVersion',
        instead: 'row.version < 0',
      },
    ],
    proof: {
      file: 'test/inventory/audit.test.ts',
      title: '[AUDIT-7] two repairs at once have one effect, and the other is told',
    },
  },
];
