import { useQuery } from '@tanstack/react-query';
import { useSubscription } from '@trpc/tanstack-react-query';
import { useState } from 'react';
import type { JobProgress, JobView } from '../../../../shared/jobs.ts';
import { queryClient } from '../wire/query-client.ts';
import { recordUpdate } from '../wire/replayed.ts';
import { trpc, useIdentity } from '../wire/traveller.ts';

/** Keeps the newest of a job: a state by its version, and within a state whatever has got further. */
export function keepNewestJob(job: JobView): void {
  queryClient.setQueryData(trpc.jobs.get.queryKey({ id: job.id }), (before: JobView | undefined) =>
    before && (before.version > job.version || (before.version === job.version && before.done > job.done))
      ? before
      : job,
  );
}

/** A job of ours, read once and then followed: every state, and its numbers as they come. */
export function useJob(id: string) {
  const identity = useIdentity();
  const [progress, setProgress] = useState<JobProgress | null>(null);
  const query = useQuery(trpc.jobs.get.queryOptions({ id }, { enabled: identity === 'guest', staleTime: 60_000 }));
  useSubscription(
    trpc.jobs.onProgress.subscriptionOptions(
      { jobId: id },
      {
        enabled: query.isSuccess,
        onData: ({ data }) => {
          recordUpdate();
          setProgress(data);
          const before = queryClient.getQueryData<JobView>(trpc.jobs.get.queryKey({ id }));
          if (!before) return;
          keepNewestJob({ ...data, ask: before.ask });
          // What it asks for changes with its state alone.
          if (data.version > before.version) void queryClient.invalidateQueries(trpc.jobs.get.queryFilter({ id }));
        },
      },
    ),
  );
  return { query, progress, identity };
}
