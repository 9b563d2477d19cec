import { Link } from '@tanstack/react-router';
import { useSubscription } from '@trpc/tanstack-react-query';
import { useState } from 'react';
import type { AdminEvent } from '../../../../shared/operations.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatClock } from '../flight/flight-times.ts';
import { recordUpdate } from '../wire/replayed.ts';
import styles from './event-feed.module.css';
import { useOperator } from './operator.tsx';

const shownMax = 60;

const toneOf = (type: string): string => {
  if (type === 'booking.confirmed' || type === 'booking.refunded') return 'ok';
  if (/failed|cancelled|deleted|^seats\./.test(type)) return 'bad';
  if (/expired|refund_pending/.test(type)) return 'warn';
  return 'neutral';
};

const wordsOf = (type: string): string => {
  if (type === 'booking_intent.created') return 'payment started';
  return type.replace('.', ' ').replaceAll('_', ' ');
};

/** The log as it grows, newest first. It resumes where it stood when the connection comes back. */
export function EventFeed() {
  const { trpc } = useOperator();
  const [events, setEvents] = useState<AdminEvent[]>([]);
  const feed = useSubscription(
    trpc.admin.onEvents.subscriptionOptions(
      {},
      {
        onData: ({ data }) => {
          recordUpdate();
          setEvents((before) => {
            // The log could not go on where we stood: what was shown and what comes now may have a gap between them.
            if (data.snapshot && !before[0]?.snapshot) return [data];
            return before.some((event) => event.id === data.id) ? before : [data, ...before].slice(0, shownMax);
          });
        },
      },
    ),
  );
  if (feed.status === 'error') {
    return (
      <div className="body">
        <FailureNotice error={feed.error} onRetry={feed.reset} />
      </div>
    );
  }
  if (events.length === 0)
    return <p className={styles.quiet}>Quiet. Holds paid, flights edited and refunds show up here.</p>;
  return (
    // A log that scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: as said
    <ol className={styles.feed} tabIndex={0} aria-label="Newest events">
      {events.map((event) => (
        <li key={event.id} data-tone={toneOf(event.type)}>
          <time dateTime={event.at}>{formatClock(event.at)}</time>
          <span className={styles.type}>{wordsOf(event.type)}</span>
          {event.subject.flightId ? (
            <Link to="/flights/$flightId" params={{ flightId: event.subject.flightId }}>
              <code title={event.subject.flightId}>{event.subject.flightId.slice(-6)}</code>
            </Link>
          ) : (
            <code title={event.subject.bookingId}>
              {typeof event.data.locator === 'string' ? event.data.locator : event.subject.bookingId?.slice(-6)}
            </code>
          )}
        </li>
      ))}
    </ol>
  );
}
