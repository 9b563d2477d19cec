import { QueryClient } from '@tanstack/react-query';

/**
 * The SDK repeats what may be repeated and keeps calls back while there is no socket, so this layer
 * neither retries nor judges by itself whether the browser is online.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: false, networkMode: 'always', staleTime: 15_000, refetchOnWindowFocus: false },
    mutations: { retry: false, networkMode: 'always' },
  },
});
