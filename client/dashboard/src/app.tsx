import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { router } from './router.ts';
import { cssVariables, theme } from './theme/theme.ts';
import { queryClient } from './wire/query-client.ts';

/** Nothing is announced before somebody has done something: it comes after the page. */
const Toasts = lazy(() => import('./shell/toasts.tsx').then((module) => ({ default: module.Toasts })));

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <Suspense fallback={null}>
          <Toasts />
        </Suspense>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
