import { Button, Modal, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { OperatorFlightView } from '../../../../shared/flight.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { FlightStrip } from '../flight/flight-strip.tsx';
import { useOperator } from './operator.tsx';

/** Takes a flight off: first whom it hits and what it costs, then one question. */
export function RemoveDialog({ flight, onClose }: { flight: OperatorFlightView; onClose: () => void }) {
  const { trpc } = useOperator();
  const cache = useQueryClient();
  const effect = useQuery(
    trpc.admin.flights.previewRemoval.queryOptions({ flightId: flight.id }, { staleTime: 0, gcTime: 0 }),
  );
  const name = `${flight.carrier} ${flight.number}`;
  const removing = useMutation(
    trpc.admin.flights.remove.mutationOptions({
      onSuccess: ({ deleted }) => {
        notifications.show({
          message: deleted ? `${name} was deleted.` : `${name} is cancelled; bookings are being released and refunded.`,
        });
        void cache.invalidateQueries(trpc.admin.flights.list.pathFilter());
        onClose();
      },
    }),
  );
  const wouldDelete = effect.data?.wouldDelete ?? false;
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={wouldDelete ? `Delete ${name}?` : `Cancel ${name}?`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="stack">
        <div className="surface" style={{ overflow: 'hidden', boxShadow: 'none' }}>
          <FlightStrip kind="plain" flight={flight} showDate />
        </div>
        {effect.isPending ? (
          <Skeleton height={120} />
        ) : effect.isError ? (
          <FailureNotice error={effect.error} onRetry={() => void effect.refetch()} />
        ) : effect.data.wouldDelete ? (
          <p>Nobody ever held a seat on it, so it disappears without a trace.</p>
        ) : (
          <>
            <p>It stays on record as cancelled, and that cannot be undone. It hits:</p>
            <table className="figures" aria-label="Effect of the cancellation">
              <tbody>
                <Effect name="Confirmed bookings, refunded in full" value={String(effect.data.bookings.confirmed)} />
                <Effect name="Payments under way, given back" value={String(effect.data.bookings.paying)} />
                <Effect name="Holds, released" value={String(effect.data.bookings.held)} />
                <Effect
                  name="Refunds due"
                  value={effect.data.refunds.map((refund) => formatMoney(refund)).join(' + ') || 'none'}
                  strong
                />
              </tbody>
            </table>
          </>
        )}
        {removing.isError && <FailureNotice error={removing.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            Keep the flight
          </Button>
          <Button
            color="red.9"
            disabled={!effect.data}
            loading={removing.isPending}
            onClick={() => removing.mutate({ flightId: flight.id, expectedVersion: flight.version })}
          >
            {wouldDelete ? 'Delete flight' : 'Cancel flight'}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

const Effect = ({ name, value, strong = false }: { name: string; value: string; strong?: boolean }) => (
  <tr>
    <th scope="row">{name}</th>
    <td className="n">{strong ? <strong>{value}</strong> : value}</td>
  </tr>
);
