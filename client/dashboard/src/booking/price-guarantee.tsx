import { ShieldCheck } from 'lucide-react';
import type { BookingView } from '../../../../shared/booking.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { formatClock } from '../flight/flight-times.ts';
import { useServerSecond } from '../wire/server-clock.ts';

/** The other clock of a hold that was made from an offer: until when its price can be had again. */
export function PriceGuarantee({ booking }: { booking: BookingView }) {
  const now = useServerSecond();
  const { fare, price, priceGuaranteedUntil, holdExpiresAt } = booking;
  if (!fare || priceGuaranteedUntil === holdExpiresAt) return null;
  const left = Math.max(0, Math.floor(Date.parse(priceGuaranteedUntil) / 1000) - now);
  return (
    <p className="row dim" style={{ gap: 7, fontSize: 12.5 }}>
      <ShieldCheck size={14} aria-hidden />
      <span>
        {left > 0 ? (
          <>
            {formatMoney(price)} is yours while the seats are held. Held anew it would be guaranteed for another{' '}
            <time dateTime={priceGuaranteedUntil} className="n">
              {Math.floor(left / 60)}:{String(left % 60).padStart(2, '0')}
            </time>
            .
          </>
        ) : (
          <>
            {formatMoney(price)} is yours while the seats are held; the guarantee for a new hold ended at{' '}
            <time dateTime={priceGuaranteedUntil}>{formatClock(priceGuaranteedUntil)}</time>.
          </>
        )}
      </span>
    </p>
  );
}
