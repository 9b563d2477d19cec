import { Booking } from './domain/booking/booking.entity.ts';
import { BookingLeg } from './domain/booking/booking-leg.entity.ts';
import { CancelQuote } from './domain/booking/cancel-quote.entity.ts';
import { HoldDeadline } from './domain/booking/hold-deadline.entity.ts';
import { Passenger } from './domain/booking/passenger.entity.ts';
import { RecordLocator } from './domain/booking/record-locator.entity.ts';
import { OperatorKey } from './domain/identity/operator-key.entity.ts';
import { User } from './domain/identity/user.entity.ts';
import { Cabin } from './domain/inventory/cabin.entity.ts';
import { Flight } from './domain/inventory/flight.entity.ts';
import { Ledger } from './domain/inventory/ledger.entity.ts';
import { Payment } from './domain/payments/payment.entity.ts';
import { PaymentEvent } from './domain/payments/payment-event.entity.ts';
import { Refund } from './domain/payments/refund.entity.ts';
import { Carrier } from './domain/places/carrier.entity.ts';
import { Place } from './domain/places/place.entity.ts';
import { LogHorizon } from './platform/feed/log-horizon.entity.ts';
import { Outbox } from './platform/feed/outbox.entity.ts';
import { Batch } from './platform/postgres/batch.entity.ts';
import { Cluster } from './platform/postgres/cluster.entity.ts';

/** Every table, listed once. */
export const entities = [
  Place,
  Carrier,
  User,
  OperatorKey,
  Flight,
  Cabin,
  Ledger,
  Booking,
  BookingLeg,
  Passenger,
  HoldDeadline,
  RecordLocator,
  CancelQuote,
  Payment,
  PaymentEvent,
  Refund,
  Outbox,
  LogHorizon,
  Cluster,
  Batch,
];
