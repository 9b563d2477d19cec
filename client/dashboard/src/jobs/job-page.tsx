import { Button, Menu, Modal, Skeleton } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Ban, Copy, Download, Pause, Pencil, Play, RotateCcw, Trash2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { newId } from '../../../../shared/ids.ts';
import type { JobAction, JobProgress, JobView } from '../../../../shared/jobs.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatMoment } from '../flight/flight-times.ts';
import { LiveNumber } from '../flight/live-number.tsx';
import { StateTag } from '../flight/state-tag.tsx';
import { ButtonLink } from '../shell/button-link.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { queryClient } from '../wire/query-client.ts';
import { useServerSecond } from '../wire/server-clock.ts';
import { client, trpc } from '../wire/traveller.ts';
import { CoverageGrid } from './coverage-grid.tsx';
import { formatSeconds, providerTitles, titleOf, whole } from './job-names.ts';
import { followJob } from './job-notices.tsx';
import styles from './job-page.module.css';
import { JobStatusTag } from './job-status-tag.tsx';
import type { JobParams } from './jobs-params.ts';
import { OutcomeBar } from './outcome-bar.tsx';
import { PriceByDay } from './price-by-day.tsx';
import { saveResults } from './save-results.ts';
import { keepNewestJob, useJob } from './use-job.ts';

const ResultsTable = lazy(() => import('./results-table.tsx').then((module) => ({ default: module.ResultsTable })));
const EditDialog = lazy(() => import('./edit-dialog.tsx').then((module) => ({ default: module.EditDialog })));

const route = getRouteApi('/jobs/$jobId');

export function JobPage() {
  const { jobId } = route.useParams();
  const { query, progress, identity } = useJob(jobId);
  usePageTitle(query.data ? titleOf(query.data) : 'Fare-search job');
  if (identity === 'nobody') {
    return (
      <section className="surface">
        <EmptyState action={<ButtonLink to="/jobs/new">Make a job</ButtonLink>}>
          A job is seen by whoever started it, and this browser has started none.
        </EmptyState>
      </section>
    );
  }
  if (query.isError) {
    return <FailureNotice error={query.error} onRetry={() => void query.refetch()} retrying={query.isRefetching} />;
  }
  if (!query.data) return <Skeleton height={320} radius="md" />;
  return <Job job={query.data} progress={progress} />;
}

function Job({ job, progress }: { job: JobView; progress: JobProgress | null }) {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const isLive = job.status === 'running' || job.status === 'pending';
  const change = (part: Partial<JobParams>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), resetScroll: false });
  return (
    <div className="stack">
      <div className="row between">
        <div>
          <h1>{titleOf(job)}</h1>
          <p className="dim">
            {job.providers.map((name) => providerTitles[name] ?? name).join(', ')} · started{' '}
            {formatMoment(job.createdAt)}
          </p>
        </div>
        <Actions job={job} />
      </div>
      <Progress job={job} progress={progress} />
      <div className={styles.pictures}>
        <section className="surface" aria-labelledby="coverage">
          <div className="head">
            <h2 id="coverage">Coverage</h2>
            <span className="dim">a row a route, a column a day</span>
          </div>
          <div className="body">
            <CoverageGrid
              jobId={job.id}
              live={isLive}
              onPick={({ origin, destination, departDate }) => change({ origin, destination, date: departDate })}
            />
          </div>
        </section>
        <section className="surface" aria-labelledby="trend">
          <div className="head">
            <h2 id="trend">Best price by day</h2>
          </div>
          <div className="body">
            <PriceByDay jobId={job.id} />
          </div>
        </section>
      </div>
      <Suspense fallback={<Skeleton height={320} radius="md" />}>
        <ResultsTable jobId={job.id} params={params} total={job.done} version={job.done} onChange={change} />
      </Suspense>
    </div>
  );
}

function Progress({ job, progress }: { job: JobView; progress: JobProgress | null }) {
  const now = useServerSecond();
  const share = job.total > 0 ? (job.done / job.total) * 100 : 100;
  const checkpointAge = job.lastCheckpointAt
    ? Math.max(0, now - Math.floor(Date.parse(job.lastCheckpointAt) / 1000))
    : null;
  const isRunning = job.status === 'running';
  return (
    <section className="surface" aria-label="Progress">
      <div className="body stack">
        <div className="row between">
          <span className="row">
            <JobStatusTag status={job.status} />
            {job.recoveries > 0 && (
              <StateTag tone="accent" icon={RotateCcw}>
                Resumed {job.recoveries === 1 ? 'once' : `${whole(job.recoveries)} times`}
              </StateTag>
            )}
            {job.reason && <span className="dim">{job.reason}</span>}
          </span>
          <span className={styles.share}>
            {share < 100 && share > 99.9 ? '99.9' : share.toFixed(share < 10 ? 1 : 0)} %
          </span>
        </div>
        <progress
          className={styles.said}
          value={job.done}
          max={Math.max(1, job.total)}
          aria-label="Combinations with an outcome"
        />
        <OutcomeBar {...job} />
        <dl className={styles.figures}>
          <Figure name="Done">
            <LiveNumber value={job.done}>{whole(job.done)}</LiveNumber> of {whole(job.total)}
          </Figure>
          <Figure name="Found">
            <LiveNumber value={job.found}>{whole(job.found)}</LiveNumber>
          </Figure>
          <Figure name="Empty, proved">
            <LiveNumber value={job.empty}>{whole(job.empty)}</LiveNumber>
          </Figure>
          <Figure name="Unknown">
            <LiveNumber value={job.unknown}>{whole(job.unknown)}</LiveNumber>
          </Figure>
          <Figure name="Best price">
            {job.bestPrice ? <LiveNumber value={job.bestPrice.amount}>{formatMoney(job.bestPrice)}</LiveNumber> : '–'}
          </Figure>
          <Figure name="Rate">
            {isRunning && progress ? `${whole(Math.round(progress.ratePerSecond))} / s` : '–'}
          </Figure>
          <Figure name="Left">
            {isRunning && progress?.etaSeconds != null ? `about ${formatSeconds(progress.etaSeconds)}` : '–'}
          </Figure>
          <Figure name="Last checkpoint">
            {checkpointAge === null
              ? '–'
              : isRunning
                ? `${formatSeconds(checkpointAge)} ago`
                : formatMoment(job.lastCheckpointAt as string)}
          </Figure>
        </dl>
      </div>
    </section>
  );
}

function Figure({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Actions({ job }: { job: JobView }) {
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
