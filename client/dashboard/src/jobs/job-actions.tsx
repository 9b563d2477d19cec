import { Button, Menu, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Ban, Copy, Download, Pause, Pencil, Play, Trash2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { newId } from '../../../../shared/ids.ts';
import type { JobAction, JobView } from '../../../../shared/jobs.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { queryClient } from '../wire/query-client.ts';
import { client, trpc } from '../wire/traveller.ts';
import { whole } from './job-names.ts';
import { followJob } from './job-notices.tsx';
import { saveResults } from './save-results.ts';
import { keepNewestJob } from './use-job.ts';

const EditDialog = lazy(() => import('./edit-dialog.tsx').then((module) => ({ default: module.EditDialog })));

/** What can be done with a job in its present state; whatever cannot be undone asks once. */
export function JobActions({ job }: { job: JobView }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState<'cancel' | 'remove' | null>(null);
  const [editing, setEditing] = useState(false);
  const can = (action: JobAction) => job.availableActions.includes(action);
  const steering = useMutation({
    mutationFn: (verb: 'pause' | 'resume' | 'cancel') => client.trpc.jobs[verb].mutate({ id: job.id }),
    onSuccess: (next) => {
      keepNewestJob(next);
      setAsking(null);
    },
  });
  const removing = useMutation({
    mutationFn: () => client.trpc.jobs.remove.mutate({ id: job.id }),
    onSuccess: () => {
      void queryClient.invalidateQueries(trpc.jobs.list.pathFilter());
      void navigate({ to: '/jobs' });
    },
  });
  const cloning = useMutation({
    mutationFn: () => client.trpc.jobs.clone.mutate({ id: job.id, newId: newId() }),
    onSuccess: (next) => {
      keepNewestJob(next);
      followJob(next.id);
      void navigate({ to: '/jobs/$jobId', params: { jobId: next.id } });
    },
  });
  const failed = steering.error ?? removing.error ?? cloning.error;
  return (
    <div className="row">
      {can('pause') && (
        <Button
          variant="default"
          leftSection={<Pause size={15} aria-hidden />}
          loading={steering.isPending}
          onClick={() => steering.mutate('pause')}
        >
          Pause
        </Button>
      )}
      {can('resume') && (
        <Button
          leftSection={<Play size={15} aria-hidden />}
          loading={steering.isPending}
          onClick={() => steering.mutate('resume')}
        >
          Resume
        </Button>
      )}
      {can('edit') && (
        <Button variant="default" leftSection={<Pencil size={15} aria-hidden />} onClick={() => setEditing(true)}>
          Edit
        </Button>
      )}
      {can('clone') && (
        <Button
          variant="default"
          leftSection={<Copy size={15} aria-hidden />}
          loading={cloning.isPending}
          onClick={() => cloning.mutate()}
        >
          Again
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<Download size={15} aria-hidden />}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void saveResults(job.id, 'csv')}>As CSV</Menu.Item>
          <Menu.Item onClick={() => void saveResults(job.id, 'ndjson')}>As NDJSON</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {can('cancel') && (
        <Button
          variant="default"
          color="red"
          leftSection={<Ban size={15} aria-hidden />}
          onClick={() => setAsking('cancel')}
        >
          Cancel
        </Button>
      )}
      {can('remove') && (
        <Button variant="default" leftSection={<Trash2 size={15} aria-hidden />} onClick={() => setAsking('remove')}>
          Remove
        </Button>
      )}
      {failed && <FailureNotice error={failed} />}
      {asking && (
        <Modal
          opened
          onClose={() => setAsking(null)}
          title={asking === 'cancel' ? 'Cancel this job?' : 'Remove this job?'}
          closeButtonProps={{ 'aria-label': 'Close' }}
        >
          <div className="stack">
            <p>
              {asking === 'cancel'
                ? `${whole(job.total - job.done)} combinations will not be asked. What was found stays.`
                : `The job and its ${whole(job.done)} results are gone for good.`}
            </p>
            <div className="row" style={{ justifyContent: 'flex-end' }}>
              <Button variant="default" onClick={() => setAsking(null)}>
                Keep it
              </Button>
              <Button
                color="red.9"
                loading={steering.isPending || removing.isPending}
                onClick={() => (asking === 'cancel' ? steering.mutate('cancel') : removing.mutate())}
              >
                {asking === 'cancel' ? 'Cancel the job' : 'Remove it'}
              </Button>
            </div>
          </div>
        </Modal>
      )}
      <Suspense fallback={null}>{editing && <EditDialog job={job} onClose={() => setEditing(false)} />}</Suspense>
    </div>
  );
}
