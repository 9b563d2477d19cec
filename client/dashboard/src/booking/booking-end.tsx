import { Ban, CreditCard, type LucideIcon, TimerOff, Undo2 } from 'lucide-react';
import type { BookingStatus, BookingView } from '../../../../shared/booking.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { ButtonLink } from '../shell/button-link.tsx';
import styles from './booking-end.module.css';
import { HoldAgain } from './hold-again.tsx';
import { PassengerList } from './passenger-list.tsx';
import { PriceBreakdown } from './price-breakdown.tsx';

type Ended = Extract<BookingStatus, 'failed' | 'expired' | 'cancelled' | 'refund_pending' | 'refunded'>;
export const hasEnded = (status: BookingStatus): status is Ended =>
  status !== 'held' && status !== 'paying' && status !== 'confirmed';

function words(booking: BookingView, status: Ended): { icon: LucideIcon; title: string; text: string } {
  const refund = booking.refund && formatMoney(booking.refund.amount);
  switch (status) {
    case 'failed':
      return {
        icon: CreditCard,
        title: 'The payment was declined',
        text: 'Nothing was charged and the seats went back on sale. They can be held again, if they are still there.',
      };
    case 'expired':
      return {
        icon: TimerOff,
        title: 'The hold ran out',
        text: 'The seats went back on sale. Hold them again to go on where you were.',
      };
    case 'cancelled':
      return {
        icon: Ban,
        title: 'Cancelled',
        text: booking.reason ?? 'The seats were given back.',
      };
    case 'refund_pending':
      return {
        icon: Undo2,
        title: `${refund ?? 'Your money'} is on its way back`,
        text: `${booking.reason ?? 'The booking was cancelled.'} This page changes by itself when the refund is through.`,
      };
    case 'refunded':
      return {
        icon: Undo2,
        title: `${refund ?? 'Your money'} was refunded`,
        text: booking.reason ?? 'The booking was cancelled.',
      };
  }
}

/** A booking that is over: why, what it means for the money, and the way on. */
export function BookingEnd({ booking, status }: { booking: BookingView; status: Ended }) {
  const { icon: Icon, title, text } = words(booking, status);
  return (
    <section className="surface" aria-labelledby="ended">
      <div className="body stack">
        <div className={styles.top}>
          <Icon size={24} aria-hidden />
          <div>
            <h2 id="ended">{title}</h2>
            <p>{text}</p>
          </div>
        </div>
        <div className={styles.columns}>
          <div>
            <h3>Passengers</h3>
            <PassengerList passengers={booking.passengers} />
          </div>
          <div>
            <h3>Price</h3>
            <PriceBreakdown booking={booking} />
          </div>
        </div>
        <div className="row">
          {booking.availableActions.includes('rehold') && <HoldAgain booking={booking} />}
          <ButtonLink to="/" variant="default" style={{ alignSelf: 'end' }}>
            Search flights
          </ButtonLink>
        </div>
      </div>
    </section>
  );
}
