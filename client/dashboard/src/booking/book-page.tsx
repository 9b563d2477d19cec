import { Button, Skeleton } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { LoaderCircle, Pencil } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { BookingView } from '../../../../shared/booking.ts';
import { failureOf } from '../../../sdk/airside-error.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { StripSkeletons } from '../flight/strip-skeletons.tsx';
import { ButtonLink } from '../shell/button-link.tsx';
import { CopyText } from '../shell/copy-text.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { useServerSecond } from '../wire/server-clock.ts';
import styles from './book-page.module.css';
import { BookingEnd, hasEnded } from './booking-end.tsx';
import { BookingStatusTag, bookingStatusNames } from './booking-status-tag.tsx';
import { BookingTrack } from './booking-track.tsx';
import { CancelDialog } from './cancel-dialog.tsx';
import { Countdown } from './countdown.tsx';
import { FareTerms } from './fare-terms.tsx';
import { LegStrip } from './leg-strip.tsx';
import { PassengerList } from './passenger-list.tsx';
import { PassengersForm } from './passengers-form.tsx';
import { PayForm } from './pay-form.tsx';
import { PriceBreakdown } from './price-breakdown.tsx';
import { PriceGuarantee } from './price-guarantee.tsx';
import { Receipt } from './receipt.tsx';
import { useBooking } from './use-booking.ts';

const route = getRouteApi('/book/$bookingId');
// Below everything that matters at first.
const BookingTimeline = lazy(() =>
  import('./booking-timeline.tsx').then((module) => ({ default: module.BookingTimeline })),
);

export function BookPage() {
  const { bookingId } = route.useParams();
  const { query, identity } = useBooking(bookingId);
  if (query.isSuccess) return <Booking key={bookingId} booking={query.data} />;
  if (query.isError) {
    const { code } = failureOf(query.error);
    if (code !== 'NOT_FOUND' && code !== 'INVALID_INPUT')
      return <FailureNotice error={query.error} onRetry={() => void query.refetch()} retrying={query.isRefetching} />;
  }
  if (query.isError || identity === 'nobody') return <NoBooking />;
  return (
    <div className="stack">
      <Skeleton height={28} width={260} />
      <section className="surface">
        <StripSkeletons count={1} cabins={1} />
      </section>
      <div className={styles.columns}>
        <Skeleton height={300} radius="md" />
        <Skeleton height={300} radius="md" />
      </div>
    </div>
  );
}

function NoBooking() {
  usePageTitle('Booking');
  return (
    <section className="surface">
      <EmptyState action={<ButtonLink to="/bookings">My bookings</ButtonLink>}>
        This booking does not exist, or belongs to another browser: a guest's bookings stay where they were made.
      </EmptyState>
    </section>
  );
}

function Booking({ booking }: { booking: BookingView }) {
  const [cancelling, setCancelling] = useState(false);
  const { status } = booking;
  usePageTitle(`${booking.locator ?? 'Booking'} · ${bookingStatusNames[status]}`);
  return (
    <div className="stack">
      <div className="row between">
        <div className="row">
          <h1>{status === 'held' ? 'Complete your booking' : 'Booking'}</h1>
          <BookingStatusTag status={status} />
        </div>
        <BookingTrack status={status} paid={booking.payment?.status === 'succeeded'} />
      </div>
      {status === 'held' && <Countdown until={booking.holdExpiresAt} from={booking.createdAt} />}
      {status === 'held' && <PriceGuarantee booking={booking} />}
      <section className="surface" aria-label="Flights" style={{ overflow: 'hidden' }}>
        {booking.legs.map((leg) => (
          <LegStrip key={leg.flightId} leg={leg} seats={booking.seats} fare={booking.fare?.name} />
        ))}
      </section>
      {status === 'held' && <Held booking={booking} onCancel={() => setCancelling(true)} />}
      {status === 'paying' && <Paying booking={booking} />}
      {status === 'confirmed' && <Receipt booking={booking} onCancel={() => setCancelling(true)} />}
      {hasEnded(status) && <BookingEnd booking={booking} status={status} />}
      <section className="surface" aria-labelledby="story">
        <div className="head">
          <h2 id="story">What happened so far</h2>
        </div>
        <div className="body">
          <Suspense fallback={<Skeleton height={180} radius="md" />}>
            <BookingTimeline bookingId={booking.id} />
          </Suspense>
        </div>
      </section>
      <p className={styles.reference}>
        Booking <CopyText text={booking.id} label="Copy the booking id" />
      </p>
      {cancelling && booking.availableActions.includes('cancel') && (
        <CancelDialog booking={booking} onClose={() => setCancelling(false)} />
      )}
    </div>
  );
}

function Held({ booking, onCancel }: { booking: BookingView; onCancel: () => void }) {
  const named = booking.passengers.length > 0;
  const [editing, setEditing] = useState(!named);
  const over = useServerSecond() >= Math.floor(Date.parse(booking.holdExpiresAt) / 1000);
  return (
    <div className={styles.columns}>
      <section className="surface" aria-labelledby="who">
        <div className="head">
          <h2 id="who">
            <span className={styles.step} aria-hidden>
              1
            </span>
            Who flies
          </h2>
          {!editing && (
            <Button
              size="xs"
              variant="default"
              leftSection={<Pencil size={13} aria-hidden />}
              onClick={() => setEditing(true)}
            >
              Change
            </Button>
          )}
        </div>
        <div className="body">
          {editing ? (
            <PassengersForm booking={booking} onSaved={() => setEditing(false)} />
          ) : (
            <PassengerList passengers={booking.passengers} />
          )}
        </div>
      </section>
      <section className="surface" aria-labelledby="pay">
        <div className="head">
          <h2 id="pay">
            <span className={styles.step} aria-hidden>
              2
            </span>
            Pay
          </h2>
        </div>
        <div className="body stack">
          <PriceBreakdown booking={booking} />
          {booking.fare && <FareTerms conditions={booking.fare.conditions} />}
          <PayForm booking={booking} disabled={over} />
          {!named && <p className={styles.note}>Names can also follow after paying.</p>}
          <Button variant="subtle" size="xs" onClick={onCancel} disabled={over}>
            Give the seats back
          </Button>
        </div>
      </section>
    </div>
  );
}

function Paying({ booking }: { booking: BookingView }) {
  return (
    <section className="surface" aria-labelledby="paying">
      <div className="body stack">
        <div className="row" role="status">
          <LoaderCircle size={22} aria-hidden className={styles.turning} />
          <div>
            <h2 id="paying">Waiting for the payment's result</h2>
            <p className="dim">Usually a second. This page changes by itself; it may also be closed.</p>
          </div>
        </div>
        <div className={styles.columns}>
          <PassengerList passengers={booking.passengers} />
          <PriceBreakdown booking={booking} />
        </div>
      </div>
    </section>
  );
}
