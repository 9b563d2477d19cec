import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate } from '@tanstack/react-router';
import { useSubscription } from '@trpc/tanstack-react-query';
import { useSyncExternalStore } from 'react';
import { formatMoney } from '../../../../shared/money.ts';
import { trpc, useIdentity } from '../wire/traveller.ts';
import { whole } from './job-names.ts';

const key = 'airside:jobs';
/** A browser that started many jobs is told of the newest. */
const followedMax = 5;

const listeners = new Set<() => void>();
let followed: readonly string[] = read();

function read(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string').slice(0, followedMax) : [];
  } catch {
    return [];
  }
}

function become(next: readonly string[]): void {
  followed = next;
  try {
    localStorage.setItem(key, JSON.stringify(next));
  } catch {
    // Without storage this tab follows them as long as it lives.
  }
  for (const listener of listeners) listener();
}

/** Tells, on whatever page, when this job is over. */
export function followJob(id: string): void {
  become([id, ...followed.filter((each) => each !== id)].slice(0, followedMax));
}

const forget = (id: string): void => become(followed.filter((each) => each !== id));

/** Says so when a job that was started here has ended, or failed. */
export function JobNotices() {
  const identity = useIdentity();
  const ids = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => followed,
  );
  return identity === 'guest' ? ids.map((id) => <Notice key={id} id={id} />) : null;
}

function Notice({ id }: { id: string }) {
  const navigate = useNavigate();
  useSubscription(
    trpc.jobs.onProgress.subscriptionOptions(
      { jobId: id },
      {
        onData: ({ data: job }) => {
          if (job.status !== 'completed' && job.status !== 'failed') {
            // Nobody needs to be told of what he has cancelled himself.
            if (job.status === 'cancelled') forget(id);
            return;
          }
          forget(id);
          notifications.show({
            id: `job ${id}`,
            title: job.status === 'completed' ? 'A fare-search job is completed' : 'A fare-search job has failed',
            color: job.status === 'completed' ? 'green' : 'red',
            autoClose: false,
            message: (
              <>
                {job.status === 'failed' && job.reason ? `${job.reason} ` : ''}
                {whole(job.found)} found, {whole(job.empty)} empty, {whole(job.unknown)} unknown
                {job.bestPrice && `, from ${formatMoney(job.bestPrice)}`}.
                <Button
                  size="compact-sm"
                  mt={6}
                  display="block"
                  onClick={() => {
                    notifications.hide(`job ${id}`);
                    void navigate({ to: '/jobs/$jobId', params: { jobId: id } });
                  }}
                >
                  Look at it
                </Button>
              </>
            ),
          });
        },
        // Removed, or somebody else's by now.
        onError: () => forget(id),
      },
    ),
  );
  return null;
}
