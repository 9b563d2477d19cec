import '@mantine/core/styles/Timeline.layer.css';
import { Skeleton, Timeline } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Armchair, CalendarClock, CreditCard, Flag, type LucideIcon, Tag, UserRound } from 'lucide-react';
import type { BookingStatus, TimelineEntry, TimelineKind } from '../../../../shared/booking.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatClock, formatDay } from '../flight/flight-times.ts';
import { trpc } from '../wire/traveller.ts';
import styles from './booking-timeline.module.css';

const icons: Record<TimelineKind, LucideIcon> = {
  state: Flag,
  passengers: UserRound,
  money: CreditCard,
  price: Tag,
  seats: Armchair,
  schedule: CalendarClock,
};

const toneOf = ({ kind, status }: TimelineEntry): string => {
  if (kind === 'schedule') return 'warn';
  return kind === 'state' && status ? tones[status] : 'neutral';
};
const tones: Record<BookingStatus, string> = {
  held: 'accent',
  paying: 'accent',
  confirmed: 'ok',
  failed: 'bad',
  expired: 'warn',
  cancelled: 'warn',
  refund_pending: 'warn',
  refunded: 'ok',
};

/** Everything that happened to a booking, oldest first, each line after what led to it. */
export function BookingTimeline({ bookingId }: { bookingId: string }) {
  const query = useQuery(
    trpc.booking.timeline.queryOptions({ id: bookingId }, { placeholderData: keepPreviousData, staleTime: 0 }),
  );
  if (query.isPending) return <Skeleton height={180} radius="md" />;
  if (query.isError)
    return <FailureNotice error={query.error} onRetry={() => void query.refetch()} retrying={query.isRefetching} />;
  const { entries } = query.data;
  return (
    <Timeline
      bulletSize={24}
      lineWidth={1}
      role="list"
      aria-label="What happened so far"
      classNames={{ item: styles.item, itemBullet: styles.bullet, itemTitle: styles.title }}
    >
      {entries.map((entry, index) => {
        const Icon = icons[entry.kind];
        return (
          <Timeline.Item
            // Entries are only ever added.
            // biome-ignore lint/suspicious/noArrayIndexKey: as said
            key={index}
            role="listitem"
            data-tone={toneOf(entry)}
            data-kind={entry.kind}
            bullet={<Icon size={13} aria-hidden />}
            title={
              <>
                <span>{entry.title}</span>
                {entry.was && entry.now && (
                  <span className={styles.amount}>
                    {formatMoney(entry.was)} → {formatMoney(entry.now)}
                  </span>
                )}
                {entry.amount && <span className={styles.amount}>{formatMoney(entry.amount)}</span>}
              </>
            }
          >
            <p className={styles.detail}>
              <time dateTime={entry.at}>
                {formatDay(entry.at)}, {formatClock(entry.at)}
              </time>
              {entry.detail && <span>{entry.detail}</span>}
            </p>
          </Timeline.Item>
        );
      })}
    </Timeline>
  );
}
