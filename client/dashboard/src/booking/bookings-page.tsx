import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type BookingStatus, type BookingView, bookingStatuses } from '../../../../shared/booking.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatMoment } from '../flight/flight-times.ts';
import { StripSkeletons } from '../flight/strip-skeletons.tsx';
import { ButtonLink } from '../shell/button-link.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { trpc, useIdentity } from '../wire/traveller.ts';
import { BookingStatusTag, bookingStatusNames } from './booking-status-tag.tsx';
import styles from './bookings-page.module.css';
import { LegStrip } from './leg-strip.tsx';

const route = getRouteApi('/bookings');
const pageSize = 10;

export function BookingsPage() {
  usePageTitle('My bookings');
  const { status } = route.useSearch();
  const navigate = route.useNavigate();
  const identity = useIdentity();
  const list = useInfiniteQuery(
    trpc.booking.list.infiniteQueryOptions(
      { limit: pageSize, ...(status && { status }) },
      { getNextPageParam: (page) => page.nextCursor, enabled: identity === 'guest' },
    ),
  );
  const bookings = list.data?.pages.flatMap((page) => page.bookings) ?? [];
  return (
    <div className="stack">
      <div className="row between">
        <h1>My bookings</h1>
        <NativeSelect
          aria-label="Status"
          value={status ?? ''}
          onChange={(event) =>
            void navigate({ search: { status: (event.currentTarget.value || undefined) as BookingStatus | undefined } })
          }
          data={[
            { value: '', label: 'All of them' },
            ...bookingStatuses.map((each) => ({ value: each, label: bookingStatusNames[each] })),
          ]}
        />
      </div>
      {list.isError ? (
        <FailureNotice error={list.error} onRetry={() => void list.refetch()} retrying={list.isRefetching} />
      ) : identity !== 'nobody' && list.isPending ? (
        <section className="surface">
          <StripSkeletons count={3} cabins={1} />
        </section>
      ) : bookings.length === 0 ? (
        <section className="surface">
          <EmptyState
            action={
              status ? (
                <ButtonLink to="/bookings" variant="default">
                  Show all
                </ButtonLink>
              ) : (
                <div className="row" style={{ justifyContent: 'center' }}>
                  <ButtonLink to="/">Search flights</ButtonLink>
                  <ButtonLink to="/find" variant="default">
                    Find a booking
                  </ButtonLink>
                </div>
              )
            }
          >
            {status
              ? `No booking of yours is “${bookingStatusNames[status].toLowerCase()}”.`
              : 'Seats that you hold or buy in this browser appear here.'}
          </EmptyState>
        </section>
      ) : (
        <>
          <ol className="cards">
            {bookings.map((booking) => (
              <li key={booking.id}>
                <BookingCard booking={booking} />
              </li>
            ))}
          </ol>
          {list.hasNextPage && (
            <Button variant="default" onClick={() => void list.fetchNextPage()} loading={list.isFetchingNextPage}>
              Load more bookings
            </Button>
          )}
        </>
      )}
    </div>
  );
}

function BookingCard({ booking }: { booking: BookingView }) {
  const { id, locator, status } = booking;
  const [first] = booking.legs;
  return (
    <article className={`surface ${styles.card}`} aria-label={`Booking ${locator ?? id}`}>
      <div className={styles.head}>
        <BookingStatusTag status={status} />
        {locator && <code className={styles.locator}>{locator}</code>}
        <span className="dim">{formatMoment(booking.createdAt)}</span>
        <span className={styles.price}>{formatMoney(booking.price)}</span>
        <ButtonLink
          to="/book/$bookingId"
          params={{ bookingId: id }}
          size="xs"
          variant={status === 'held' ? 'filled' : 'default'}
          rightSection={<ChevronRight size={14} aria-hidden />}
        >
          {status === 'held' ? 'Continue' : 'Open'}
        </ButtonLink>
      </div>
      {first && <LegStrip leg={first} seats={booking.seats} />}
      {booking.legs.length > 1 && <p className={styles.more}>and {booking.legs.length - 1} more flights</p>}
    </article>
  );
}
