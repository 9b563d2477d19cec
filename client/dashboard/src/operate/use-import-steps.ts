import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ImportView } from '../../../../shared/schedule-import.ts';
import { useOperator } from './operator.tsx';

/**
 * Applies an import, or rolls it back, call by call until it is through; `at` is how far it has come. Whoever closes
 * the page in between finds it half done, and goes on.
 */
export function useImportSteps(id: string, direction: 'commit' | 'rollback') {
  const { trpc } = useOperator();
  const cache = useQueryClient();
  const step = useMutation(trpc.admin.imports[direction].mutationOptions());
  const steps = useMutation({
    mutationFn: async (): Promise<ImportView> => {
      for (;;) {
        const view = await step.mutateAsync({ id });
        if (view.status !== 'applying' && view.status !== 'rolling_back') return view;
      }
    },
    onSettled: () => {
      void cache.invalidateQueries(trpc.admin.pathFilter());
      void cache.invalidateQueries(trpc.search.pathFilter());
    },
  });
  return { steps, at: step.data };
}
