import { Check, X } from 'lucide-react';
import type { BookingStatus } from '../../../../shared/booking.ts';
import styles from './booking-track.module.css';

const steps = ['Held', 'Paying', 'Confirmed'] as const;

/** How far a booking came: three stops, like a strip's own line. */
function progressOf(status: BookingStatus, paid: boolean): { reached: number; ended: boolean } {
  switch (status) {
    case 'held':
      return { reached: 0, ended: false };
    case 'paying':
      return { reached: 1, ended: false };
    case 'confirmed':
      return { reached: 2, ended: false };
    case 'failed':
      return { reached: 1, ended: true };
    case 'expired':
    case 'cancelled':
    case 'refund_pending':
    case 'refunded':
      return { reached: paid ? 2 : 0, ended: true };
  }
}

export function BookingTrack({ status, paid }: { status: BookingStatus; paid: boolean }) {
  const { reached, ended } = progressOf(status, paid);
  return (
    <ol className={styles.track} aria-label="Progress of the booking">
      {steps.map((step, index) => {
        const state =
          index < reached || (index === reached && status === 'confirmed')
            ? 'done'
            : index > reached
              ? 'open'
              : ended
                ? 'ended'
                : 'now';
        return (
          <li key={step} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
            <span className={styles.mark} aria-hidden>
              {state === 'done' ? (
                <Check size={11} strokeWidth={3} />
              ) : state === 'ended' ? (
                <X size={11} strokeWidth={3} />
              ) : null}
            </span>
            {step}
          </li>
        );
      })}
    </ol>
  );
}
