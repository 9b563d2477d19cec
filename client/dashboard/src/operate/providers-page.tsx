import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX, Stethoscope, TriangleAlert } from 'lucide-react';
import type { BreakerState, ProviderView } from '../../../../shared/provider.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatClock } from '../flight/flight-times.ts';
import { StateTag } from '../flight/state-tag.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { useOperator } from './operator.tsx';
import styles from './providers-page.module.css';

const refreshMs = 2_000;
const whole = (n: number): string => n.toLocaleString();

const looks = {
  closed: { tone: 'ok', icon: CircleCheck, word: 'Asked as usual' },
  half_open: { tone: 'warn', icon: TriangleAlert, word: 'On trial' },
  open: { tone: 'bad', icon: CircleX, word: 'Left alone' },
} as const satisfies Record<BreakerState, unknown>;

/** How fare providers answer: breaker, budget, answers by class, and the canary that one may send by hand. */
export function ProvidersPage() {
  usePageTitle('Operate: providers');
  const { trpc } = useOperator();
  const list = useQuery(trpc.admin.providers.list.queryOptions(undefined, { refetchInterval: refreshMs }));
  return (
    <div className="stack">
      <h1>Fare providers</h1>
      {list.isError && (
        <FailureNotice error={list.error} onRetry={() => void list.refetch()} retrying={list.isRefetching} />
      )}
      <ul className={styles.list}>
        {list.data?.map((provider) => (
          <li key={provider.name}>
            <Provider provider={provider} onCanary={() => void list.refetch()} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Provider({ provider, onCanary }: { provider: ProviderView; onCanary: () => void }) {
  const { name, health, budget, canary } = provider;
  const look = looks[health.breaker];
  const { p50, p95 } = health.latencyMs;
  return (
    <article className={`surface ${styles.card}`} aria-label={name}>
      <div className="row between">
        <h2>{name}</h2>
        <StateTag tone={look.tone} icon={look.icon}>
          {look.word}
        </StateTag>
      </div>
      <dl className={styles.facts}>
        <Fact name="Calls">{whole(health.calls)}</Fact>
        <Fact name="Time a call">{p50 === null ? 'none yet' : `${p50} ms, 95 % in ${p95} ms`}</Fact>
        <Fact name="Budget">
          {budget.requestsPerWindow === null
            ? `any number, ${whole(budget.concurrency)} at once`
            : `${whole(budget.requestsLeft ?? 0)} of ${whole(budget.requestsPerWindow)} left in ${budget.windowMs / 1_000} s`}
        </Fact>
        <Fact name="Answers">
          {Object.entries(health.answers)
            .map(([kind, count]) => `${whole(count)} ${kind.replaceAll('_', ' ')}`)
            .join(', ') || 'none yet'}
        </Fact>
        <Fact name="Last trouble">
          {health.lastTrouble
            ? `${health.lastTrouble.class.replaceAll('_', ' ')} at ${formatClock(health.lastTrouble.at)}: ${health.lastTrouble.detail}`
            : 'none'}
        </Fact>
      </dl>
      {canary && <Canary name={name} canary={canary} onCanary={onCanary} />}
    </article>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt className="dim">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Canary({
  name,
  canary: { route, last },
  onCanary,
}: {
  name: string;
  canary: NonNullable<ProviderView['canary']>;
  onCanary: () => void;
}) {
  const { client } = useOperator();
  const running = useMutation({
    mutationFn: () => client.trpc.admin.providers.canary.mutate({ provider: name }),
    onSettled: onCanary,
  });
  return (
    <div className="row between">
      <p className={styles.canary}>
        Canary {route}:{' '}
        {last
          ? `${last.isHealthy ? 'sings' : 'is silent'} (${last.detail}, ${last.tookMs} ms, at ${formatClock(last.at)})`
          : 'not sent yet'}
        {running.isError && ' The last try failed.'}
      </p>
      <Button
        size="xs"
        variant="default"
        loading={running.isPending}
        onClick={() => running.mutate()}
        leftSection={<Stethoscope size={14} aria-hidden />}
        aria-label={`Send the canary of ${name}`}
      >
        Send the canary
      </Button>
    </div>
  );
}
