import type { Guard } from './guard.ts';

const engine = 'migrations/0005_selling.sql';
const holding = 'migrations/0023_rows_of_a_hold.sql';
const lives = 'migrations/0017_lives.sql';
const record = 'migrations/0001_record.sql';
const alone = 'test/booking/guards.test.ts';
const journeys = 'test/booking/journeys.test.ts';
const lane = 'server/platform/postgres/lane.ts';
const holdSeats = 'server/domain/booking/hold-seats.ts';
const own = 'test/booking/hold-and-pay.test.ts';
const repeats = '[BOOK-2] answers a repeat with the same booking, and refuses the id to others';
const sorted = 'order by b.id for update;';

const bookingKey = { file: record, after: 'create table booking (', text: 'primary key (id)', instead: 'check (true)' };
const poison = {
  file: lane,
  text: 'if (batch.length === 1 || !(isPoison(error) || isLockTimeout(error)))',
  instead: 'if (batch.length > 0)',
};

/** Requests, owners, states, locks, and what happens between us and the record. */
export const bookingGuards: Guard[] = [
  {
    name: 'id-known',
    prevents: 'a repeat that fails instead of being answered',
    out: [{ file: holding, text: 'if p_id[member] = any(known) then', instead: 'if false then' }],
    proof: {
      file: 'test/booking/lane.test.ts',
      title: '[LANE-4] the same id at once, in one lane or in two, is held once',
    },
    behind: 'booking-id-unique keeps the second booking from being made; its caller would get an error',
  },
  {
    name: 'together-known',
    prevents: 'a repeat that fails because nobody of its batch was looked at',
    out: [{ file: holding, text: 'all_held := cardinality(known) = 0 and ', instead: 'all_held := ' }],
    proof: {
      file: 'test/booking/lane.test.ts',
      title: '[LANE-4] the same id at once, in one lane or in two, is held once',
    },
    behind: 'booking-id-unique keeps the second booking from being made; its caller would get an error',
  },
  {
    name: 'booking-id-unique',
    prevents: 'one id that becomes two bookings, whatever wrote them',
    out: [bookingKey],
    proof: { file: 'test/record/schema.test.ts', title: '[RECORD-4] booking_pkey refuses a second one' },
  },
  {
    name: 'booking-id-at-once',
    prevents: 'one id that becomes two bookings on two flights, at two processes at once',
    out: [bookingKey],
    proof: { file: alone, title: '[LANE-4] the same id for two flights, at two processes at once, is one booking' },
  },
  {
    name: 'repeat-same-actor',
    prevents: 'an id of somebody else that is answered as if it were one’s own',
    out: [{ file: holdSeats, text: 'if (known.actor !== actor || known.bodyHash', instead: 'if (known.bodyHash' }],
    proof: { file: own, title: repeats },
  },
  {
    name: 'repeat-same-body',
    prevents: 'another request under an old id that is told the old answer',
    out: [{ file: holdSeats, text: ' || known.bodyHash !== member.bodyHash', instead: '' }],
    proof: { file: own, title: repeats },
  },
  {
    name: 'repeat-behind-gate',
    prevents: 'a repeat that is told SOLD_OUT although it was held',
    out: [
      {
        file: holdSeats,
        text: `if (outcome.kind === 'shed' && (await room.lanes.known.send(member.id)))`,
        instead: 'if (false)',
      },
    ],
    proof: { file: alone, title: '[BOOK-2] a repeat is answered although the gate refuses everybody by now' },
  },
  {
    name: 'repeat-under-way',
    prevents: 'a repeat that is told SOLD_OUT while its first attempt is about to be held',
    out: [
      {
        file: holdSeats,
        text: 'room.lanes.hold.has(member.id) ? undefined : room.gate.refuses(wants)',
        instead: 'room.gate.refuses(wants)',
      },
    ],
    proof: {
      file: alone,
      title: '[BOOK-2] a repeat of one that is still under way waits for it, whatever the gate says',
    },
  },
  {
    name: 'one-of-an-id-a-batch',
    prevents: 'a batch that fails because it has the same id twice',
    out: [
      { file: lane, text: 'if (entry.keys.some((key) => keys.has(key))) {', instead: 'if (entry.keys.length < 0) {' },
      poison,
    ],
    proof: {
      file: 'test/booking/lane.test.ts',
      title: '[LANE-4] the same id at once, in one lane or in two, is held once',
    },
    behind: 'poison-alone: halves find out who fails, at the cost of some more calls, so both are taken out',
  },
  {
    name: 'fence',
    prevents: 'a statement that comes late and takes seats for nobody',
    out: [
      {
        file: holding,
        text: 'with fenced as (\n        insert into batch (id) values (p_batch)\n      ), moved as (',
        instead: 'with moved as (',
      },
    ],
    proof: { file: 'test/booking/in-doubt.test.ts', title: '[LANE-6] with the fence it takes none' },
  },
  {
    name: 'seal',
    prevents: 'an answer while nobody knows whether the batch will still commit',
    out: [{ file: lane, text: 'if (inDoubt && seal) await end(batchId, error);', instead: '' }],
    proof: { file: 'test/booking/in-doubt.test.ts', title: '[LANE-6] with the fence it takes none' },
  },
  {
    name: 'poison-alone',
    prevents: 'one member that cannot be written and takes its whole batch with it',
    out: [poison],
    proof: { file: 'test/booking/lane.test.ts', title: '[LANE-2] a member that cannot be written fails alone' },
  },
  {
    name: 'queue-bound',
    prevents: 'a queue that grows without end',
    out: [{ file: lane, text: 'if (queue.length >= waitingMax)', instead: 'if (queue.length < 0)' }],
    proof: {
      file: 'test/booking/lane.test.ts',
      title: '[LANE-3] the queue is bounded: beyond it the answer is BUSY and nothing is written',
    },
  },
  {
    name: 'owner-reads',
    prevents: 'a booking that is shown to a stranger',
    out: [
      {
        file: 'server/domain/booking/get-booking.ts',
        text: '!row || row.actor !== actor',
        instead: '!row',
      },
    ],
    proof: { file: own, title: repeats },
  },
  {
    name: 'owner-pays',
    prevents: 'a stranger who starts paying',
    out: [
      {
        file: lives,
        text: 'join locked b on b.id = u.id and b.actor = u.actor',
        instead: 'join locked b on b.id = u.id',
      },
    ],
    proof: { file: alone, title: '[BOOK-2] a stranger can neither pay for a booking nor cancel it' },
  },
  {
    name: 'owner-cancels',
    prevents: 'a stranger who cancels',
    out: [
      {
        file: engine,
        text: 'left join booking b on b.id = u.id and b.actor = u.actor',
        instead: 'left join booking b on b.id = u.id',
      },
    ],
    proof: { file: alone, title: '[BOOK-2] a stranger can neither pay for a booking nor cancel it' },
    behind: 'owner-reads stands before it: the command looks at the booking as its owner first',
  },
  {
    name: 'arrow-starts-somewhere',
    prevents: 'a booking that makes a step its state does not allow',
    out: [
      {
        file: lives,
        text: 'where b.id = any(p_ids) and b.status = any(p_from)',
        instead: 'where b.id = any(p_ids)',
      },
    ],
    proof: { file: alone, title: '[PAY-5] money for a cancelled hold moves it once, and says why' },
  },
  {
    name: 'pay-only-held',
    prevents: 'a second payment for the same hold',
    out: [
      {
        file: lives,
        text: `where b.status = 'held' and b.hold_expires_at`,
        instead: 'where b.hold_expires_at',
      },
    ],
    proof: { file: 'test/booking/payments.test.ts', title: '[PAY-1] pays once, however often it is asked to' },
  },
  {
    name: 'recent-hold-version',
    prevents: 'an answer to a payment that shows the hold as it was made, without its people',
    out: [
      {
        file: 'server/domain/booking/pay-booking.ts',
        text: 'if (held?.version !== version - 1)',
        instead: 'if (!held)',
      },
    ],
    proof: { file: alone, title: '[BOOK-6] who pays is shown what happened to the hold since it was made' },
  },
  {
    name: 'pay-before-deadline',
    prevents: 'paying for seats whose time is over',
    out: [
      {
        file: lives,
        text: ' and b.hold_expires_at > clock_timestamp()',
        instead: '',
      },
    ],
    proof: {
      file: alone,
      title: '[BOOK-8] a hold past it cannot be paid for, and one before it cannot be ended',
    },
  },
  {
    name: 'expire-only-due',
    prevents: 'a hold that ends before its time',
    out: [
      {
        file: engine,
        after: 'create function expire_bookings',
        text: ` and b.hold_expires_at <= clock_timestamp()`,
        instead: '',
      },
    ],
    proof: {
      file: alone,
      title: '[BOOK-8] a hold past it cannot be paid for, and one before it cannot be ended',
    },
  },
  {
    name: 'expire-only-open',
    prevents: 'a booking that is paid for and runs out all the same',
    out: [
      {
        file: engine,
        after: 'create function expire_bookings',
        text: ` and b.status in ('held', 'paying')`,
        instead: '',
      },
      {
        file: engine,
        after: 'create function expire_bookings',
        text: `advance_bookings(moved, '{held,paying}'`,
        instead: `advance_bookings(moved, '{held,paying,confirmed}'`,
      },
    ],
    proof: { file: alone, title: '[BOOK-8] a booking that is paid for does not run out' },
    behind: 'each half alone suffices: whom the first lets through, the condition of the arrow stops',
  },
  {
    name: 'reader-ends-what-is-due',
    prevents: 'somebody who is shown a hold that is over',
    out: [
      {
        file: 'server/domain/booking/get-booking.ts',
        text: 'if (!row.due) return row;',
        instead: 'if (row) return row;',
      },
    ],
    proof: {
      file: 'test/recovery/failure-matrix.test.ts',
      title: '[MATRIX-19] the clock of a process is a day behind: holds live as long as anywhere',
    },
  },
  {
    name: 'locator-free',
    prevents: 'a batch of payments that fails because one locator is taken',
    out: [
      {
        file: lives,
        text: 'on conflict (code) do nothing returning booking_id',
        instead: 'returning booking_id',
      },
    ],
    proof: { file: alone, title: '[BOOK-1] a locator that is somebody’s is given to nobody else' },
    behind: 'the key of record_locator keeps it unique; the payment would fail instead of drawing again',
  },
  {
    name: 'cancel-only-open',
    prevents: 'cancelling what is being paid for, or is over',
    out: [
      {
        file: engine,
        text: `when m.status not in ('held', 'confirmed') then 'x' else 'c' end`,
        instead: `else 'c' end`,
      },
    ],
    proof: { file: journeys, title: '[BOOK-7] a booking that is being paid for cannot be cancelled' },
  },
  {
    name: 'quote-newest',
    prevents: 'a cancellation on terms that a newer quote has replaced',
    out: [{ file: engine, text: ' and q.quote_id = m.quote', instead: '' }],
    proof: { file: journeys, title: '[BOOK-7] a confirmed booking is cancelled by its newest quote, once' },
  },
  {
    name: 'quote-alive',
    prevents: 'a cancellation on terms that are no longer offered',
    out: [{ file: engine, text: ' and q.expires_at > clock_timestamp()', instead: '' }],
    proof: { file: alone, title: '[BOOK-7] a quote is good until its end' },
  },
  {
    name: 'names-only-while-open',
    prevents: 'people of a booking that change after its end',
    out: [
      {
        file: 'server/domain/booking/set-passengers.ts',
        text: 'where id = $1 and status = any($2::text[])',
        instead: 'where id = $1 and ($2::text[]) is not null',
      },
    ],
    proof: {
      file: 'test/booking/hard-cases.test.ts',
      title: '[BOOK-6] a renaming that meets the end of the booking changes its people or nothing',
    },
  },
  {
    name: 'names-take-no-seats',
    prevents: 'more people than seats',
    out: [
      {
        file: 'server/domain/booking/set-passengers.ts',
        text: 'if (seatsTaken(passengers) !== before.seats)',
        instead: 'if (before.seats < 0)',
      },
    ],
    proof: { file: journeys, title: '[BOOK-6] lap infants take no seat, and names take none either' },
  },
  ...lockGuards(),
];

function lockGuards(): Guard[] {
  const cabins = (verb: string) => ({
    file: alone,
    title: `[LOCK-2] ${verb} locks cabins in the order of their ids, however they are named`,
  });
  return [
    {
      name: 'order-of-cabins-hold',
      prevents: 'two batches that wait for each other',
      out: [
        {
          file: holding,
          after: '    else\n      select array_agg(x.place)',
          text: 'order by c.id for update of c\n',
          instead: 'order by u.place for update of c\n',
        },
      ],
      proof: cabins('hold'),
    },
    ...['cancel', 'expire', 'settle', 'release'].map((verb) => ({
      name: `order-of-cabins-${verb}`,
      prevents: 'two batches that wait for each other',
      out: [
        {
          file: holding,
          after: 'create or replace function lock_cabins_of',
          text: 'order by c.id for update;',
          instead: 'order by c.id desc for update;',
        },
      ],
      proof: cabins(verb),
    })),
    ...['pay', 'settle'].map((verb) => ({
      name: `order-of-bookings-${verb}`,
      prevents: 'two batches that wait for each other',
      out: [
        {
          file: lives,
          after: verb === 'pay' ? 'create function start_payments' : 'create function settle_payments',
          text: 'order by b.id for update',
          instead: 'order by b.id desc for update',
        },
      ],
      proof: {
        file: alone,
        title: `[LOCK-2] ${verb} locks bookings in the order of their ids, however they are named`,
      },
    })),
    ...Object.entries({
      cancel: 'cancel_bookings',
      release: 'release_bookings',
      refunded: 'complete_refunds',
    }).map(([verb, name]) => ({
      name: `order-of-bookings-${verb}`,
      prevents: 'two batches that wait for each other',
      out: [
        {
          file: engine,
          after: `create function ${name}`,
          text: sorted,
          instead: 'order by b.id desc for update;',
        },
      ],
      proof: {
        file: alone,
        title: `[LOCK-2] ${verb} locks bookings in the order of their ids, however they are named`,
      },
    })),
    {
      name: 'reclaim-skips-bookings',
      prevents: 'a buyer who waits for whoever is deciding about a due hold',
      out: [
        {
          file: holding,
          after: 'create or replace function reclaim_due',
          text: 'limit 500 for update skip locked',
          instead: 'limit 500 for update',
        },
      ],
      proof: {
        file: alone,
        title:
          '[LOCK-3] a booking that somebody is deciding about is not waited for, neither by a sweeper nor by a buyer',
      },
    },
    {
      name: 'reclaim-skips-cabins',
      prevents: 'a buyer who waits, with his cabin in hand, for the other cabin of a due hold',
      out: [
        {
          file: holding,
          after: 'create or replace function reclaim_due',
          text: 'order by c.id for update skip locked',
          instead: 'order by c.id for update',
        },
      ],
      proof: {
        file: alone,
        title: '[LOCK-3] a due hold whose other cabin is in somebody’s hands is left alone by the buyer of the first',
      },
    },
    {
      name: 'reclaim-whole-bookings',
      prevents: 'the same: a due hold is ended only when all its cabins are ours',
      out: [
        {
          file: holding,
          after: 'create or replace function reclaim_due',
          text: ' and b.leg_cabins <@ (p_locked || others)',
          instead: '',
        },
      ],
      proof: {
        file: alone,
        title: '[LOCK-3] a due hold whose other cabin is in somebody’s hands is left alone by the buyer of the first',
      },
    },
    {
      name: 'sweeper-skips',
      prevents: 'a sweeper that waits for whoever is deciding about a due hold',
      out: [
        {
          file: engine,
          after: 'create function expire_bookings',
          text: 'for update skip locked',
          instead: 'for update',
        },
      ],
      proof: {
        file: alone,
        title:
          '[LOCK-3] a booking that somebody is deciding about is not waited for, neither by a sweeper nor by a buyer',
      },
    },
  ];
}
