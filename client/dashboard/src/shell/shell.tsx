import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { AppHeader } from './app-header.tsx';
import { CommandKeys } from './command-keys.tsx';
import { Leftovers } from './leftovers.tsx';
import { PagePending } from './page-pending.tsx';
import { ReconnectBanner } from './reconnect-banner.tsx';
import styles from './shell.module.css';
import { VisitBar } from './visit-bar.tsx';

const JobNotices = lazy(() => import('../jobs/job-notices.tsx').then((module) => ({ default: module.JobNotices })));

/** What every page shares: the header, the banner that floats above, and the keys. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the effect is about the path's changes
  useEffect(() => {
    // A new page is announced by moving the focus to it, as a real page load would.
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <a href="#main" className={styles.skip}>
        Skip to the page
      </a>
      <AppHeader />
      <ReconnectBanner />
      <VisitBar />
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <Suspense fallback={<PagePending />}>
          <Outlet />
        </Suspense>
      </main>
      <CommandKeys />
      <Leftovers />
      <Suspense fallback={null}>
        <JobNotices />
      </Suspense>
    </>
  );
}
