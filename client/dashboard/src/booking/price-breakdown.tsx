import type { BookingView } from '../../../../shared/booking.ts';
import { formatMoney, money } from '../../../../shared/money.ts';
import { cabinNames } from '../flight/cabin-names.ts';

/** The same lines on the hold and on the receipt. Every seat costs the same, so a division loses nothing. */
export function PriceBreakdown({ booking }: { booking: BookingView }) {
  const { price, seats, legs, passengers, refund, fare } = booking;
  const each = money(price.amount / seats, price.currency);
  const infants = passengers.filter((passenger) => passenger.type === 'infant_on_lap').length;
  const cabins = [...new Set(legs.map((leg) => cabinNames[leg.cabin]))].join(' + ');
  return (
    <table className="figures" aria-label="Price">
      <tbody>
        {fare ? (
          fare.legs.map((leg, at) => (
            // A booking's legs stay as they are.
            // biome-ignore lint/suspicious/noArrayIndexKey: as said
            <tr key={at}>
              <th scope="row">
                {fare.legs.length > 1 && `Flight ${at + 1}, `}
                {cabinNames[leg.cabin]} {fare.name}: {seats} × {formatMoney(leg.price)}
              </th>
              <td className="n">{formatMoney(money(leg.price.amount * seats, leg.price.currency))}</td>
            </tr>
          ))
        ) : (
          <tr>
            <th scope="row">
              {cabins}
              {legs.length > 1 && `, ${legs.length} flights`}: {seats} × {formatMoney(each)}
            </th>
            <td className="n">{formatMoney(price)}</td>
          </tr>
        )}
        {infants > 0 && (
          <tr>
            <th scope="row">
              {infants} {infants === 1 ? 'infant' : 'infants'} on a lap
            </th>
            <td className="n">free</td>
          </tr>
        )}
        <tr>
          <th scope="row">Taxes and fees</th>
          <td className="n">included</td>
        </tr>
        <tr>
          <th scope="row" style={{ color: 'var(--a-text)' }}>
            <strong>Total</strong>
          </th>
          <td className="n" style={{ fontSize: 17 }}>
            <strong>{formatMoney(price)}</strong>
          </td>
        </tr>
        {refund && (
          <tr>
            <th scope="row">{refund.status === 'succeeded' ? 'Refunded' : 'Refund on its way'}</th>
            <td className="n">−{formatMoney(refund.amount)}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
