import { AlertDelivery } from './domain/alerts/alert-delivery.entity.ts';
import { AlertInbox } from './domain/alerts/alert-inbox.entity.ts';
import { PriceAlert } from './domain/alerts/price-alert.entity.ts';
import { AccessLink } from './domain/booking/access-link.entity.ts';
import { Booking } from './domain/booking/booking.entity.ts';
import { CancelQuote } from './domain/booking/cancel-quote.entity.ts';
import { HoldDeadline } from './domain/booking/hold-deadline.entity.ts';
import { Passenger } from './domain/booking/passenger.entity.ts';
import { RecordLocator } from './domain/booking/record-locator.entity.ts';
import { ConnectionTime } from './domain/connections/connection-time.entity.ts';
import { OperatorKey } from './domain/identity/operator-key.entity.ts';
import { User } from './domain/identity/user.entity.ts';
import { Cabin } from './domain/inventory/cabin.entity.ts';
import { Flight } from './domain/inventory/flight.entity.ts';
import { LedgerHold, LedgerMove } from './domain/inventory/ledger.entity.ts';
import { Job } from './domain/jobs/job.entity.ts';
import { JobChunk } from './domain/jobs/job-chunk.entity.ts';
import { JobStep } from './domain/jobs/job-step.entity.ts';
import { FareFamily } from './domain/offers/fare-family.entity.ts';
import { PriceDifference } from './domain/offers/price-difference.entity.ts';
import { Payment } from './domain/payments/payment.entity.ts';
import { PaymentEvent } from './domain/payments/payment-event.entity.ts';
import { Refund } from './domain/payments/refund.entity.ts';
import { Carrier } from './domain/places/carrier.entity.ts';
import { Place } from './domain/places/place.entity.ts';
import { PriceObservation } from './domain/prices/price-observation.entity.ts';
import { ScheduleChange } from './domain/schedules/schedule-change.entity.ts';
import { ScheduleImport } from './domain/schedules/schedule-import.entity.ts';
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
  FareFamily,
  Cabin,
  LedgerHold,
  LedgerMove,
  Booking,
  Passenger,
  HoldDeadline,
  RecordLocator,
  AccessLink,
  CancelQuote,
  PriceDifference,
  Payment,
  PaymentEvent,
  Refund,
  ScheduleImport,
  ScheduleChange,
  ConnectionTime,
  PriceObservation,
  PriceAlert,
  AlertInbox,
  AlertDelivery,
  Outbox,
  LogHorizon,
  Cluster,
  Batch,
  Job,
  JobStep,
  JobChunk,
];
