import type { Guard } from './guard.ts';

const engine = 'migrations/0005_selling.sql';
const lives = 'migrations/0017_lives.sql';
const record = 'migrations/0001_record.sql';
const alone = 'test/booking/guards.test.ts';
const payments = 'test/booking/payments.test.ts';
const queue = 'server/domain/payments/postgres-payment-queue.ts';
const promised = '[PAY-10] what is promised and not collected yet is neither cancelled nor released';

/** Money: what a provider says, what it pays for, what goes back. */
export const moneyGuards: Guard[] = [
  {
    name: 'event-known',
    prevents: 'a repeated event that is answered with an error, and so is sent for ever',
    out: [{ file: engine, text: 'when x.event_id is not null then', instead: 'when false then' }],
    proof: { file: payments, title: '[PAY-2] one event delivered twenty times at once has one effect' },
    behind: 'event-unique keeps it from having a second effect',
  },
  {
    name: 'event-unique',
    prevents: 'one event with two effects, when it is told of two bookings at the same moment',
    out: [
      {
        file: 'migrations/0022_event_key.sql',
        text: 'add constraint payment_event_pkey primary key (event_id, provider)',
        instead: 'add constraint payment_event_any check (true)',
      },
    ],
    proof: { file: alone, title: '[PAY-2] one event told of two bookings, at two processes at once, has one effect' },
  },
  {
    name: 'payment-only-rises',
    prevents: 'a failure that undoes a success',
    out: [{ file: engine, text: '<= array_position(', instead: '< 0 * array_position(' }],
    proof: { file: alone, title: '[PAY-3] a failure after the success leaves the payment succeeded' },
  },
  {
    name: 'payment-of-this-booking',
    prevents: 'a payment that confirms another booking than its own',
    out: [{ file: engine, text: 'when y.booking_id <> u.booking or ', instead: 'when ' }],
    proof: { file: alone, title: '[PAY-6] a payment of one booking says nothing of another' },
  },
  {
    name: 'payment-of-this-provider',
    prevents: 'a provider whose secret settles the payments of another',
    out: [{ file: engine, text: ' or y.provider <> u.provider then', instead: ' then' }],
    proof: { file: alone, title: '[PAY-6] a provider settles its own payments only' },
  },
  {
    name: 'amount-of-this-payment',
    prevents: 'an event that names another sum than its payment',
    out: [
      { file: engine, text: 'when y.amount <> u.amount or y.currency <> u.currency then', instead: 'when false then' },
    ],
    proof: { file: payments, title: '[PAY-6] only signed, fresh and fitting events are believed' },
  },
  {
    name: 'sum-is-the-price-held',
    prevents: 'a booking that is confirmed by another sum than its price',
    out: [
      {
        file: engine,
        text: `when t.status in ('held', 'paying') and t.is_price then`,
        instead: `when t.status in ('held', 'paying') then`,
      },
    ],
    proof: { file: alone, title: '[PAY-5] another sum than the price of a booking that is held goes back' },
  },
  {
    name: 'collect-only-waiting',
    prevents: 'money that confirms a booking whose seats went back',
    out: [
      {
        file: lives,
        text: `and b.status in ('held', 'paying') and (b.price_amount`,
        instead: 'and (b.price_amount',
      },
      { file: lives, text: ` and b.status in ('held', 'paying') returning`, instead: ' returning' },
    ],
    proof: { file: payments, title: '[PAY-4] a late payment goes back when the seats are gone' },
  },
  {
    name: 'collect-only-the-price',
    prevents: 'a booking that is confirmed at once by another sum than its price',
    out: [{ file: lives, text: ' and (b.price_amount, b.price_currency) = (u.amount, u.currency)', instead: '' }],
    proof: { file: alone, title: '[PAY-5] another sum that was asked for goes back as well' },
  },
  {
    name: 'collect-own-payment',
    prevents: 'a booking that is confirmed at once by the payment of another',
    out: [
      {
        file: lives,
        text: '(y.booking_id, y.provider, y.amount, y.currency) = (u.booking, u.provider, u.amount, u.currency)',
        instead: '(y.amount, y.currency) = (u.amount, u.currency)',
      },
    ],
    proof: { file: alone, title: '[PAY-6] a provider settles its own payments only' },
  },
  {
    name: 'sum-is-the-price-late',
    prevents: 'the same for one that is over',
    out: [
      {
        file: engine,
        text: `when t.status in ('expired', 'failed') and t.is_price then`,
        instead: `when t.status in ('expired', 'failed') then`,
      },
    ],
    proof: { file: alone, title: '[PAY-5] another sum than the price of a booking that is expired goes back' },
  },
  {
    name: 'failure-ends-only-the-last',
    prevents: 'a booking that fails although another of its payments may still come',
    out: [
      {
        file: engine,
        text: `and y.status in ('pending', 'authorised'))\n          then 'fail'`,
        instead: `and false)\n          then 'fail'`,
      },
    ],
    proof: { file: alone, title: '[PAY-5] one payment that fails ends nothing while another may still come' },
  },
  {
    name: 'retake-only-free',
    prevents: 'late money that takes seats which are sold by now',
    out: [{ file: engine, text: '\n        and c.held + c.sold + l.seats <= c.target_capacity', instead: '' }],
    proof: {
      file: 'test/booking/hard-cases.test.ts',
      title: '[PAY-4] one leg is gone first: nothing is taken on the other, and all goes back',
    },
    behind: 'seats-check keeps it from overselling; the money would hang',
  },
  {
    name: 'retake-only-open',
    prevents: 'late money that takes seats on a flight that is closed',
    out: [
      {
        file: engine,
        text: `left join cabin c on c.id = l.cabin_id and c.state = 'open' and`,
        instead: 'left join cabin c on c.id = l.cabin_id and',
      },
    ],
    proof: { file: alone, title: '[PAY-4] late money for a flight that is closed by now goes back' },
  },
  {
    name: 'retake-only-before-departure',
    prevents: 'late money that takes seats on a flight that has left',
    out: [
      {
        file: engine,
        text: `c.id = l.cabin_id and c.state = 'open' and c.departs_at_utc > clock_timestamp()`,
        instead: `c.id = l.cabin_id and c.state = 'open'`,
      },
    ],
    proof: { file: alone, title: '[PAY-4] late money for a flight that is closed by now goes back' },
  },
  {
    name: 'refund-what-is-not-refunded',
    prevents: 'a cancellation that gives nothing back because it picks a payment that went back before',
    out: [
      { file: engine, text: '\n      and not exists (select from refund r where r.payment_id = y.id)', instead: '' },
    ],
    proof: { file: alone, title: '[PAY-7] a cancellation gives back the payment that has not gone back yet' },
  },
  {
    name: 'one-refund-a-payment',
    prevents: 'money that goes back twice, whatever wrote it',
    out: [
      {
        file: record,
        text: 'alter table refund add constraint refund_payment_uq unique (payment_id);',
        instead: '',
      },
      { file: engine, text: '\n    on conflict (payment_id) do nothing;', instead: ';' },
    ],
    proof: { file: 'test/record/schema.test.ts', title: '[RECORD-4] refund_payment_uq refuses a second one' },
    behind: 'refund-what-is-not-refunded, on the locked booking',
  },
  {
    name: 'refund-no-more-than-paid',
    prevents: 'more money that goes back than came',
    out: [{ file: engine, text: ' and y.amount >= p_amount', instead: '' }],
    proof: { file: alone, title: '[PAY-7] no more goes back than was paid' },
  },
  {
    name: 'refund-of-what-succeeded',
    prevents: 'money that goes back before it came',
    out: [{ file: engine, text: `y.status = 'succeeded' and y.currency`, instead: 'y.currency' }],
    proof: { file: alone, title: '[PAY-7] a cancellation gives back what came, not what failed' },
  },
  {
    name: 'refund-noted-once',
    prevents: 'a refund that is noted twice and moves its booking twice',
    out: [
      {
        file: engine,
        text: `where r.id = any(p_refund) and r.status = 'pending'`,
        instead: 'where r.id = any(p_refund)',
      },
      {
        file: lives,
        text: 'where b.id = any(p_ids) and b.status = any(p_from)',
        instead: 'where b.id = any(p_ids)',
      },
    ],
    proof: {
      file: 'test/recovery/failure-matrix.test.ts',
      title: '[MATRIX-21] a refund is noted twice: one refund, and the booking moves once',
    },
    behind: 'the refund’s own state and arrow-starts-somewhere: either suffices, so both are taken out',
  },
  {
    name: 'refunded-when-all-is-back',
    prevents: 'a booking that is called refunded while money is still on its way',
    out: [
      {
        file: engine,
        text: `where not exists (select from refund r where r.booking_id = u.id and r.status = 'pending')),`,
        instead: 'where true),',
      },
    ],
    proof: { file: alone, title: '[PAY-7] a booking is refunded when nothing of it is on its way any more' },
  },
  {
    name: 'cancel-waits-for-capture',
    prevents: 'a cancellation of money that is promised and would be collected afterwards',
    out: [{ file: engine, text: 'if m.capturing then', instead: 'if false then' }],
    proof: { file: alone, title: promised },
  },
  {
    name: 'release-waits-for-capture',
    prevents: 'the same when the airline cancels',
    out: [
      {
        file: engine,
        after: 'create function release_bookings',
        text: `\n      and not exists (select from payment y where y.booking_id = b.id and y.status = 'authorised')`,
        instead: '',
      },
    ],
    proof: { file: alone, title: promised },
  },
  {
    name: 'given-up-goes-back',
    prevents: 'money of a promise that was given up and confirms the booking all the same',
    out: [
      {
        file: engine,
        text: `when t.was in ('voiding', 'voided') then`,
        instead: 'when false then',
      },
    ],
    proof: {
      file: alone,
      title: '[PAY-10] a promise that was given up confirms nothing, though the seats are free again',
    },
  },
  {
    name: 'webhook-signature',
    prevents: 'anybody who says that he has paid',
    out: [
      {
        file: 'server/domain/payments/parse-signed-webhook.ts',
        text: 'if (!verifyWebhook(',
        instead: 'if (nowMs < 0 && !verifyWebhook(',
      },
    ],
    proof: { file: payments, title: '[PAY-6] only signed, fresh and fitting events are believed' },
  },
  {
    name: 'webhook-fresh',
    prevents: 'a recorded request that is played back later',
    out: [
      {
        file: 'server/domain/payments/webhook-signature.ts',
        text: ' || Math.abs(nowMs / 1000 - Number(signature.unixSeconds)) > toleranceSeconds',
        instead: ' || toleranceSeconds < 0 || nowMs < 0',
      },
    ],
    proof: { file: payments, title: '[PAY-6] only signed, fresh and fitting events are believed' },
  },
  {
    name: 'claim-once',
    prevents: 'two processes that call the provider for the same payment',
    out: [{ file: queue, text: 'for update of p skip locked', instead: '' }],
    proof: {
      file: 'test/payments/asking.test.ts',
      title: '[PAY-9] no row is claimed twice, by however many at once, and a provider can be left out',
    },
  },
  {
    name: 'voided-only-once-given-up',
    prevents: 'a payment that is noted as given up while it is being collected',
    out: [{ file: queue, text: `where id = $1 and status = 'voiding'`, instead: 'where id = $1' }],
    proof: {
      file: 'test/payments/asking.test.ts',
      title: '[PAY-10] collects what is authorised, gives up what is voiding, and notes that once',
    },
  },
];
