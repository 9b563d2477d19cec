import type { BookingStatus, BookingView } from '../../../shared/booking.ts';

/**
 * What the log keeps of a booking's state (the function `advance_bookings` writes it); personal data
 * stays out of it.
 */
export interface BookingLogData {
  status: BookingStatus;
  reason: string | null;
  locator: string | null;
  payment: BookingView['payment'];
  refund: BookingView['refund'];
}
