import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX, RotateCw, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { HealthView, PartStatus } from '../../../../shared/operations.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatClock } from '../flight/flight-times.ts';
import { StateTag } from '../flight/state-tag.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { client } from '../wire/traveller.ts';
import styles from './health-page.module.css';

const refreshMs = 10_000;
const socketPatienceMs = 3_000;

/** Over the socket; if that does not answer, over plain HTTP: health is asked for when things are not well. */
async function readHealth({ signal }: { signal: AbortSignal }): Promise<HealthView> {
  try {
    if (client.connection.state().kind !== 'open') throw new Error('not connected');
    return await client.trpc.system.health.query(undefined, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(socketPatienceMs)]),
      context: { repeat: false },
    });
  } catch {
    const response = await fetch('/health', { signal, headers: { accept: 'application/json' } });
    const health = (await response.json()) as Partial<HealthView>;
    if (!health.parts) throw new Error('no answer');
    return health as HealthView;
  }
}

const looks = {
  ok: { tone: 'ok', icon: CircleCheck, word: 'Healthy' },
  degraded: { tone: 'warn', icon: TriangleAlert, word: 'Degraded' },
  down: { tone: 'bad', icon: CircleX, word: 'Down' },
} as const satisfies Record<PartStatus, unknown>;

const abouts: Record<string, string> = {
  postgres: 'The record: every booking and seat',
  redis: 'Speed: live updates between processes',
  backlog: 'Payments, refunds and holds that are late',
  sockets: 'Open live connections',
};

export function HealthPage() {
  usePageTitle('Health');
  const health = useQuery({
    queryKey: ['health'],
    queryFn: readHealth,
    refetchInterval: refreshMs,
    refetchIntervalInBackground: false,
    staleTime: 0,
  });
  const view = health.data;
  return (
    <div className="stack">
      <div className="row between">
        <h1>Health</h1>
        <div className="row">
          <NextRefresh at={Math.max(health.dataUpdatedAt, health.errorUpdatedAt) + refreshMs} />
          <Button
            size="xs"
            variant="default"
            onClick={() => void health.refetch()}
            loading={health.isFetching}
            leftSection={<RotateCw size={14} aria-hidden />}
          >
            Refresh
          </Button>
        </div>
      </div>
      {health.isError && <FailureNotice error={health.error} onRetry={() => void health.refetch()} />}
      {health.isPending && <Skeleton height={88} radius="md" />}
      {view && <Whole view={view} stale={health.isError} />}
      {view && (
        <ul className={styles.parts}>
          {Object.entries(view.parts).map(([name, part]) => (
            <li key={name}>
              <article className={`surface ${styles.part}`} data-tone={looks[part.status].tone} aria-label={name}>
                <div className="row between">
                  <h2 className={styles.name}>{name}</h2>
                  <StateTag tone={looks[part.status].tone} icon={looks[part.status].icon}>
                    {looks[part.status].word}
                  </StateTag>
                </div>
                <p className={styles.about}>{abouts[name] ?? ''}</p>
                <p className={styles.detail}>
                  <span>{part.detail ?? ''}</span>
                  {part.latencyMs !== undefined && <span className="nowrap">{part.latencyMs} ms</span>}
                </p>
              </article>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Whole({ view, stale }: { view: HealthView; stale: boolean }) {
  const { tone, icon: Icon, word } = looks[view.status];
  return (
    <section
      className={`surface ${styles.whole}`}
      data-tone={stale ? undefined : tone}
      aria-label="Overall"
      aria-live="polite"
    >
      <Icon size={30} aria-hidden />
      <div>
        <p className={styles.word}>{stale ? `${word}, when last heard of` : word}</p>
        <p className="dim">
          Version <code>{view.version}</code> · up for {uptime(view.uptimeSeconds)} · checked at {formatClock(view.at)}
        </p>
      </div>
    </section>
  );
}

function uptime(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3_600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

function NextRefresh({ at }: { at: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.min(refreshMs / 1000, Math.max(0, Math.ceil((at - now) / 1000)));
  return (
    <span className="dim" aria-hidden>
      again in {seconds} s
    </span>
  );
}
