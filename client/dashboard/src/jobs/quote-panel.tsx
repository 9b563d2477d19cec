import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Fragment, type ReactNode, useEffect, useState } from 'react';
import type { JobQuote } from '../../../../shared/jobs.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { LiveNumber } from '../flight/live-number.tsx';
import { trpc } from '../wire/traveller.ts';
import { askOf, type JobDraft, type Problems, problemsOf } from './job-draft.ts';
import { formatSeconds, providerTitles, pruneNames, sayBudget, whole } from './job-names.ts';
import styles from './new-job-page.module.css';

/** Fast typing asks once. */
const settleMs = 250;

/** What it would cost, while it is being put together. */
export function QuotePanel({ draft, children }: { draft: JobDraft; children: ReactNode }) {
  const [settled, setSettled] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(draft), settleMs);
    return () => clearTimeout(timer);
  }, [draft]);
  const problems = problemsOf(settled);
  const isAskable = Object.keys(problems).length === 0;
  const quote = useQuery(
    trpc.jobs.quote.queryOptions(askOf(settled), {
      enabled: isAskable,
      placeholderData: keepPreviousData,
      staleTime: 10_000,
    }),
  );
  return (
    <section className={`surface ${styles.quote}`} aria-labelledby="quote">
      <div className="head">
        <h2 id="quote">What it takes</h2>
        <span className="dim">live</span>
      </div>
      <div className="body stack">
        {!isAskable ? (
          <p className="dim">{whatIsMissing(problems)}, and the figures stand here.</p>
        ) : quote.isError ? (
          <FailureNotice error={quote.error} onRetry={() => void quote.refetch()} />
        ) : quote.data ? (
          <Figures quote={quote.data} />
        ) : (
          <p className="dim">Counting…</p>
        )}
        {children}
      </div>
    </section>
  );
}

const whatIsMissing = (problems: Problems): string =>
  'origins' in problems || 'destinations' in problems ? 'Say from where to where' : 'Put right what is marked';

const range = (from: string, to: string): string => (from === to ? from : `${from} – ${to}`);

function Figures({ quote }: { quote: JobQuote }) {
  const pruned = Object.entries(quote.prunedBecause).filter(([, count]) => count > 0);
  return (
    <div className="stack" aria-live="polite">
      <div>
        <p className={styles.big}>
          <LiveNumber value={quote.combinations}>{whole(quote.combinations)}</LiveNumber>
        </p>
        <p className="dim">
          combinations in about <strong className={styles.takes}>{formatSeconds(quote.secondsP50)}</strong>
        </p>
      </div>
      <table className={`figures ${styles.providers}`} aria-label="By provider">
        <thead>
          <tr>
            <th scope="col">Combinations</th>
            <th scope="col" className="n">
              Requests
            </th>
            <th scope="col" className="n">
              Time,{' '}
              <abbr title="Half of such jobs take less than the first, 95 of 100 less than the second">p50 – p95</abbr>
            </th>
          </tr>
        </thead>
        <tbody>
          {quote.providers.map((provider) => (
            <Fragment key={provider.name}>
              <tr className={styles.provider}>
                <th scope="rowgroup" colSpan={3}>
                  {providerTitles[provider.name] ?? provider.name}
                </th>
              </tr>
              <tr className={styles.cost}>
                <td>{whole(provider.combinations)}</td>
                <td className="n">{whole(provider.requests)}</td>
                <td className="n">{range(formatSeconds(provider.secondsP50), formatSeconds(provider.secondsP95))}</td>
              </tr>
              <tr>
                <td colSpan={3} className={styles.note}>
                  {provider.asked < provider.combinations &&
                    `${whole(provider.asked)} asked for exactly, the others by a cheap pass. `}
                  {provider.measuredOn === 0
                    ? 'Assumed: nothing is measured yet.'
                    : `Measured on ${provider.measuredOn === 1 ? 'one step' : `${whole(provider.measuredOn)} steps`}.`}{' '}
                  {sayBudget(provider.budget)}
                </td>
              </tr>
            </Fragment>
          ))}
        </tbody>
      </table>
      {pruned.length > 0 && (
        <table className="figures" aria-label="Left out">
          <tbody>
            {pruned.map(([reason, count]) => (
              <tr key={reason}>
                <th scope="row">Left out, {pruneNames[reason as keyof typeof pruneNames]}</th>
                <td className="n">{whole(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
