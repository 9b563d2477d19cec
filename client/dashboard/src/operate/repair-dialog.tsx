import { Button, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowRight } from 'lucide-react';
import type { SeatCounts, SeatDisagreement } from '../../../../shared/operations.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { cabinNames } from '../flight/cabin-names.ts';
import { useOperator } from './operator.tsx';

const words = ({ held, sold }: SeatCounts): string => `${held} held, ${sold} sold`;

/** Mends one cabin: first what would change, then one question. The bookings stay as they are; they are the truth. */
export function RepairDialog({
  finding,
  onClose,
  onRepaired,
}: {
  finding: SeatDisagreement;
  onClose: () => void;
  onRepaired: () => void;
}) {
  const { trpc } = useOperator();
  const cache = useQueryClient();
  const { flightId, cabin, version, counters, ledger, bookings } = finding;
  const repairing = useMutation(
    trpc.admin.seats.repair.mutationOptions({
      onSuccess: ({ now }) => {
        notifications.show({ message: `Repaired: ${words(now)} in counters, ledger and bookings.` });
        void cache.invalidateQueries(trpc.admin.flights.list.pathFilter());
        onRepaired();
        onClose();
      },
    }),
  );
  const rows = [
    { name: 'Counters', was: counters },
    { name: 'Ledger', was: ledger },
  ];
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={`Repair ${cabinNames[cabin]} of ${flightId.slice(-6)}?`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="stack">
        <p>
          The bookings say <strong>{words(bookings)}</strong>. Counters and ledger are brought to that, as it is at the
          moment of the repair; no booking changes. Find out first why they differ: this hides nothing, but it ends the
          alarm.
        </p>
        <table className="figures" aria-label="What the repair changes">
          <thead>
            <tr>
              <th scope="col">Record</th>
              <th scope="col">Now</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, was }) => {
              const stays = was.held === bookings.held && was.sold === bookings.sold;
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{words(was)}</td>
                  <td>
                    {stays ? (
                      'stays'
                    ) : (
                      <>
                        <ArrowRight size={12} aria-hidden /> {words(bookings)}
                      </>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {repairing.isError && <FailureNotice error={repairing.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            color="red.9"
            loading={repairing.isPending}
            onClick={() => repairing.mutate({ flightId, cabin, expectedVersion: version })}
          >
            Repair the cabin
          </Button>
        </div>
      </div>
    </Modal>
  );
}
