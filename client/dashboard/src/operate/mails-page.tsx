import { useQuery } from '@tanstack/react-query';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatMoment } from '../flight/flight-times.ts';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import styles from './mails-page.module.css';
import { useOperator } from './operator.tsx';

const refreshMs = 5_000;
const words = { pending: 'waits', delivered: 'sent', given_up: 'given up' } as const;

/** The newest mails of price alerts, with their text. Without a mail server this is where they end. */
export function MailsPage() {
  usePageTitle('Operate: mails');
  const { trpc } = useOperator();
  const list = useQuery(trpc.admin.mails.queryOptions(undefined, { refetchInterval: refreshMs }));
  const mails = list.data?.mails ?? [];
  return (
    <div className="stack">
      <h1>Mails</h1>
      {list.isError && (
        <FailureNotice error={list.error} onRetry={() => void list.refetch()} retrying={list.isRefetching} />
      )}
      {list.isSuccess && mails.length === 0 && (
        <section className="surface">
          <EmptyState>No alert has written a mail yet.</EmptyState>
        </section>
      )}
      {mails.map((mail) => (
        <details key={`${mail.alertId} ${mail.crossing}`} className={`surface ${styles.mail}`}>
          <summary>
            <strong>{mail.subject}</strong>{' '}
            <span className="dim">
              to {mail.to} · {words[mail.status]} · {formatMoment(mail.at)}
            </span>
          </summary>
          <pre className={styles.text}>{mail.text}</pre>
        </details>
      ))}
    </div>
  );
}
