import { useQuery } from '@tanstack/react-query';
import { useSubscription } from '@trpc/tanstack-react-query';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { StripSkeletons } from '../flight/strip-skeletons.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { trpc, useIdentity } from '../wire/traveller.ts';
import { AlertCard } from './alert-card.tsx';
import { AlertForm } from './alert-form.tsx';
import styles from './alerts-page.module.css';

/** Prices that one wants to be told of: what is watched, what has fired, and a form for one more. */
export function AlertsPage() {
  usePageTitle('Price alerts');
  const identity = useIdentity();
  const isSomebody = identity === 'guest';
  const list = useQuery(trpc.alerts.list.queryOptions(undefined, { enabled: isSomebody }));
  useSubscription(
    trpc.alerts.onFired.subscriptionOptions(undefined, { enabled: isSomebody, onData: () => void list.refetch() }),
  );
  const alerts = list.data?.alerts ?? [];
  return (
    <div className="stack">
      <h1>Price alerts</h1>
      <div className={styles.columns}>
        <AlertForm onMade={() => void list.refetch()} />
        <section className="stack" aria-label="Your alerts">
          {list.isError ? (
            <FailureNotice error={list.error} onRetry={() => void list.refetch()} retrying={list.isRefetching} />
          ) : identity !== 'nobody' && list.isPending ? (
            <section className="surface">
              <StripSkeletons count={2} cabins={1} />
            </section>
          ) : alerts.length === 0 ? (
            <section className="surface">
              <EmptyState>
                Nothing is watched yet. Jobs and searches bring the prices; an alert looks at each.
              </EmptyState>
            </section>
          ) : (
            <ol className="cards">
              {alerts.map((alert) => (
                <li key={alert.id}>
                  <AlertCard alert={alert} onRemoved={() => void list.refetch()} />
                </li>
              ))}
            </ol>
          )}
        </section>
      </div>
    </div>
  );
}
