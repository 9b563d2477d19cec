import { Button, Modal, Skeleton } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { BookingView } from '../../../../shared/booking.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { useServerSecond } from '../wire/server-clock.ts';
import { client } from '../wire/traveller.ts';
import { keepNewest } from './use-booking.ts';

/** What cancelling gives back, first; then one question. The terms shown are the terms that count. */
export function CancelDialog({ booking, onClose }: { booking: BookingView; onClose: () => void }) {
  const isHold = booking.status === 'held';
  const now = useServerSecond();
  // Every reading makes a new quote and voids the one before, so it is asked once for each opening.
  const quote = useQuery({
    queryKey: ['cancel-quote', booking.id],
    queryFn: () => client.bookings.cancelQuote(booking.id),
    enabled: !isHold,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const cancelling = useMutation({
    mutationFn: () => client.bookings.cancel(booking.id, quote.data ? { quoteId: quote.data.quoteId } : {}),
    onSuccess: (cancelled) => {
      keepNewest(cancelled);
      onClose();
    },
  });
  const over = quote.data !== undefined && Date.parse(quote.data.expiresAt) / 1000 <= now;
  return (
    <Modal
      opened
      onClose={onClose}
      title={isHold ? 'Give the seats back?' : 'Cancel this booking?'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="stack">
        {isHold ? (
          <p>
            {booking.seats} {booking.seats === 1 ? 'seat goes' : 'seats go'} back on sale at once. Nothing was paid, so
            there is nothing to refund.
          </p>
        ) : quote.isPending ? (
          <Skeleton height={96} />
        ) : quote.isError ? (
          <FailureNotice error={quote.error} onRetry={() => void quote.refetch()} />
        ) : (
          <table className="figures" aria-label="What cancelling gives back">
            <tbody>
              <tr>
                <th scope="row">Paid</th>
                <td className="n">{formatMoney(booking.price)}</td>
              </tr>
              <tr>
                <th scope="row">Kept as a fee</th>
                <td className="n">−{formatMoney(quote.data.penalty)}</td>
              </tr>
              <tr>
                <th scope="row" style={{ color: 'var(--a-text)' }}>
                  <strong>You get back</strong>
                </th>
                <td className="n">
                  <strong>{formatMoney(quote.data.refund)}</strong>
                </td>
              </tr>
            </tbody>
          </table>
        )}
        {over && (
          <p className="dim" role="status">
            These terms have run out.{' '}
            <Button size="compact-xs" variant="default" onClick={() => void quote.refetch()}>
              Ask again
            </Button>
          </p>
        )}
        {cancelling.isError && <FailureNotice error={cancelling.error} onRetry={() => cancelling.mutate()} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button
            color="red.9"
            loading={cancelling.isPending}
            disabled={!isHold && (!quote.data || over)}
            onClick={() => cancelling.mutate()}
          >
            {isHold ? 'Give back' : quote.data ? `Cancel, get ${formatMoney(quote.data.refund)} back` : 'Cancel'}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
