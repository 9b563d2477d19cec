import { RotateCcw } from 'lucide-react';
import type { JobView, JobProgress as Numbers } from '../../../../shared/jobs.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { formatMoment } from '../flight/flight-times.ts';
import { LiveNumber } from '../flight/live-number.tsx';
import { StateTag } from '../flight/state-tag.tsx';
import { useServerSecond } from '../wire/server-clock.ts';
import { formatSeconds, whole } from './job-names.ts';
import styles from './job-progress.module.css';
import { JobStatusTag } from './job-status-tag.tsx';
import { OutcomeBar } from './outcome-bar.tsx';

/** How far a job is, in one bar and eight figures. `progress` is null until it has been told of once. */
export function JobProgress({ job, progress }: { job: JobView; progress: Numbers | null }) {
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
