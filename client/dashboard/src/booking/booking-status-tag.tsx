import { Ban, CircleCheck, CircleX, Hourglass, LoaderCircle, type LucideIcon, TimerOff, Undo2 } from 'lucide-react';
import type { BookingStatus } from '../../../../shared/booking.ts';
import { StateTag, type Tone } from '../flight/state-tag.tsx';

export const bookingStatusNames: Record<BookingStatus, string> = {
  held: 'Held',
  paying: 'Paying',
  confirmed: 'Confirmed',
  failed: 'Payment failed',
  expired: 'Expired',
  cancelled: 'Cancelled',
  refund_pending: 'Refund on its way',
  refunded: 'Refunded',
};

const looks: Record<BookingStatus, [Tone, LucideIcon]> = {
  held: ['warn', Hourglass],
  paying: ['accent', LoaderCircle],
  confirmed: ['ok', CircleCheck],
  failed: ['bad', CircleX],
  expired: ['neutral', TimerOff],
  cancelled: ['neutral', Ban],
  refund_pending: ['warn', Undo2],
  refunded: ['neutral', Undo2],
};

export function BookingStatusTag({ status }: { status: BookingStatus }) {
  const [tone, icon] = looks[status];
  return (
    <StateTag tone={tone} icon={icon}>
      {bookingStatusNames[status]}
    </StateTag>
  );
}
