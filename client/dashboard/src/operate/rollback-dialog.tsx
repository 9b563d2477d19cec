import { Button, Modal, Progress, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { useOperator } from './operator.tsx';
import { useImportSteps } from './use-import-steps.ts';

/** Takes an import back: first what goes and what has to stay, then one question. */
export function RollbackDialog({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const { trpc } = useOperator();
  const effect = useQuery(trpc.admin.imports.previewRollback.queryOptions({ id }, { staleTime: 0, gcTime: 0 }));
  const { steps, at } = useImportSteps(id, 'rollback');
  const start = () =>
    steps.mutate(undefined, {
      onSuccess: ({ outcomes }) => {
        notifications.show({
          message: `${name} was rolled back: ${outcomes.undone.toLocaleString()} undone, ${outcomes.kept.toLocaleString()} kept.`,
        });
        onClose();
      },
    });
  return (
    <Modal opened onClose={onClose} size="lg" title={`Roll back ${name}?`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="stack">
        {effect.isPending ? (
          <Skeleton height={140} />
        ) : effect.isError ? (
          <FailureNotice error={effect.error} onRetry={() => void effect.refetch()} />
        ) : (
          <table className="figures" aria-label="Effect of rolling back">
            <tbody>
              <Effect name="Flights that it made, deleted" value={effect.data.undone.created} />
              <Effect name="Flights that it changed, put back" value={effect.data.undone.updated} />
              <Effect name="Flights that it cancelled, flying again" value={effect.data.undone.cancelled} />
              <Effect name="Flights edited since, left as they are" value={effect.data.kept.edited} />
              <Effect name="Flights with seats taken since, left as they are" value={effect.data.kept.taken} />
              <Effect name="Seats taken on those" value={effect.data.kept.seats} />
            </tbody>
          </table>
        )}
        <p className="dim">Bookings that a cancellation has given back stay given back. Nobody's seat is touched.</p>
        {steps.isPending && at && (
          <Progress
            value={at.progress.of === 0 ? 100 : 100 - (at.progress.done / at.progress.of) * 100}
            aria-label="Progress of rolling back"
            transitionDuration={0}
          />
        )}
        {steps.isError && <FailureNotice error={steps.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            Keep the import
          </Button>
          <Button color="red.9" disabled={!effect.data} loading={steps.isPending} onClick={start}>
            Roll back
          </Button>
        </div>
      </div>
    </Modal>
  );
}

const Effect = ({ name, value }: { name: string; value: number }) => (
  <tr>
    <th scope="row">{name}</th>
    <td className="n">{value.toLocaleString()}</td>
  </tr>
);
