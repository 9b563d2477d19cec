import { Skeleton } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { JobView, JobProgress as Numbers } from '../../../../shared/jobs.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatMoment } from '../flight/flight-times.ts';
import { ButtonLink } from '../shell/button-link.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { CoverageGrid } from './coverage-grid.tsx';
import { JobActions } from './job-actions.tsx';
import { providerTitles, sayWishes, titleOf } from './job-names.ts';
import { JobProgress } from './job-progress.tsx';
import type { JobParams } from './jobs-params.ts';
import { RoutePrices } from './route-prices.tsx';
import { useJob } from './use-job.ts';

const ResultsTable = lazy(() => import('./results-table.tsx').then((module) => ({ default: module.ResultsTable })));

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

function Job({ job, progress }: { job: JobView; progress: Numbers | null }) {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const wishes = sayWishes(job);
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
            {wishes && ` · ${wishes}`}
          </p>
        </div>
        <JobActions job={job} />
      </div>
      <JobProgress job={job} progress={progress} />
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
      <RoutePrices job={job} params={params} onChange={change} />
      <Suspense fallback={<Skeleton height={320} radius="md" />}>
        <ResultsTable jobId={job.id} params={params} total={job.done} version={job.done} onChange={change} />
      </Suspense>
    </div>
  );
}
