import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Bell, Plus } from 'lucide-react';
import { type JobStatus, type JobView, jobStatuses } from '../../../../shared/jobs.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatMoment } from '../flight/flight-times.ts';
import { LiveNumber } from '../flight/live-number.tsx';
import { StripSkeletons } from '../flight/strip-skeletons.tsx';
import { ButtonLink } from '../shell/button-link.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { trpc, useIdentity } from '../wire/traveller.ts';
import { titleOf, whole } from './job-names.ts';
import { JobStatusTag, jobStatusNames } from './job-status-tag.tsx';
import styles from './jobs-page.module.css';
import { OutcomeBar } from './outcome-bar.tsx';

const route = getRouteApi('/jobs');
const pageSize = 20;
/** While something runs the list is read again this often; a job's own page is told every change. */
const rereadMs = 2_000;

export function JobsPage() {
  usePageTitle('Fare-search jobs');
  const { status } = route.useSearch();
  const navigate = route.useNavigate();
  const identity = useIdentity();
  const list = useInfiniteQuery(
    trpc.jobs.list.infiniteQueryOptions(
      { limit: pageSize, ...(status && { status }) },
      {
        getNextPageParam: (page) => page.nextCursor,
        enabled: identity === 'guest',
        refetchInterval: ({ state }) =>
          state.data?.pages.some((page) => page.jobs.some(isUnderWay)) ? rereadMs : false,
      },
    ),
  );
  const jobs = list.data?.pages.flatMap((page) => page.jobs) ?? [];
  return (
    <div className="stack">
      <div className="row between">
        <h1>Fare-search jobs</h1>
        <div className="row">
          <NativeSelect
            aria-label="Status"
            value={status ?? ''}
            onChange={(event) =>
              void navigate({ search: { status: (event.currentTarget.value || undefined) as JobStatus | undefined } })
            }
            data={[
              { value: '', label: 'All of them' },
              ...jobStatuses.map((each) => ({ value: each, label: jobStatusNames[each] })),
            ]}
          />
          <ButtonLink to="/alerts" variant="default" leftSection={<Bell size={16} aria-hidden />}>
            Alerts
          </ButtonLink>
          <ButtonLink to="/jobs/new" leftSection={<Plus size={16} aria-hidden />}>
            New job
          </ButtonLink>
        </div>
      </div>
      {list.isError ? (
        <FailureNotice error={list.error} onRetry={() => void list.refetch()} retrying={list.isRefetching} />
      ) : identity !== 'nobody' && list.isPending ? (
        <section className="surface">
          <StripSkeletons count={3} cabins={1} />
        </section>
      ) : jobs.length === 0 ? (
        <section className="surface">
          <EmptyState
            action={
              status ? (
                <ButtonLink to="/jobs" variant="default">
                  Show all
                </ButtonLink>
              ) : (
                <ButtonLink to="/jobs/new">Make one</ButtonLink>
              )
            }
          >
            {status
              ? `No job of yours is “${jobStatusNames[status].toLowerCase()}”.`
              : 'A job asks for fares on many routes and days, for as long as it takes, and says what it found.'}
          </EmptyState>
        </section>
      ) : (
        <>
          <ol className="cards">
            {jobs.map((job) => (
              <li key={job.id}>
                <JobCard job={job} />
              </li>
            ))}
          </ol>
          {list.hasNextPage && (
            <Button variant="default" onClick={() => void list.fetchNextPage()} loading={list.isFetchingNextPage}>
              Load more jobs
            </Button>
          )}
        </>
      )}
    </div>
  );
}

const isUnderWay = ({ status }: JobView): boolean => status === 'pending' || status === 'running';

function JobCard({ job }: { job: JobView }) {
  const { id, status, total, done, bestPrice, createdAt } = job;
  return (
    <article className={`surface ${styles.card}`} aria-label={`Job ${titleOf(job)}`}>
      <div className={styles.head}>
        <JobStatusTag status={status} />
        <Link to="/jobs/$jobId" params={{ jobId: id }} className={styles.title}>
          {titleOf(job)}
        </Link>
        <span className="dim">{formatMoment(createdAt)}</span>
        {bestPrice && (
          <span className={styles.best}>
            from <LiveNumber value={bestPrice.amount}>{formatMoney(bestPrice)}</LiveNumber>
          </span>
        )}
      </div>
      <div className={styles.progress}>
        <OutcomeBar {...job} />
        <span className="dim">
          <LiveNumber value={done}>{whole(done)}</LiveNumber> of {whole(total)} · {whole(job.found)} found ·{' '}
          {whole(job.empty)} empty · {whole(job.unknown)} unknown
        </span>
      </div>
    </article>
  );
}
