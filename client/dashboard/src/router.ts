import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { bookingsParams } from './booking/bookings-params.ts';
import { PageFailure } from './failure/page-failure.tsx';
import { flightParams } from './flight/flight-params.ts';
import { jobParams, jobsParams, newJobParams } from './jobs/jobs-params.ts';
import { boardParams } from './operate/board-params.ts';
import { importParams } from './operate/import-params.ts';
import { searchParams } from './search/search-params.ts';
import { NotFound } from './shell/not-found.tsx';
import { PagePending } from './shell/page-pending.tsx';
import { Shell } from './shell/shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: PageFailure });

const search = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: searchParams,
  component: lazyRouteComponent(() => import('./search/search-page.tsx'), 'SearchPage'),
});

const flight = createRoute({
  getParentRoute: () => root,
  path: '/flights/$flightId',
  validateSearch: flightParams,
  component: lazyRouteComponent(() => import('./flight/flight-page.tsx'), 'FlightPage'),
});

const book = createRoute({
  getParentRoute: () => root,
  path: '/book/$bookingId',
  component: lazyRouteComponent(() => import('./booking/book-page.tsx'), 'BookPage'),
});

const bookings = createRoute({
  getParentRoute: () => root,
  path: '/bookings',
  validateSearch: bookingsParams,
  component: lazyRouteComponent(() => import('./booking/bookings-page.tsx'), 'BookingsPage'),
});

const find = createRoute({
  getParentRoute: () => root,
  path: '/find',
  component: lazyRouteComponent(() => import('./booking/find-page.tsx'), 'FindPage'),
});

const open = createRoute({
  getParentRoute: () => root,
  path: '/open',
  component: lazyRouteComponent(() => import('./booking/open-page.tsx'), 'OpenPage'),
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: '/jobs',
  validateSearch: jobsParams,
  component: lazyRouteComponent(() => import('./jobs/jobs-page.tsx'), 'JobsPage'),
});

const newJob = createRoute({
  getParentRoute: () => root,
  path: '/jobs/new',
  validateSearch: newJobParams,
  component: lazyRouteComponent(() => import('./jobs/new-job-page.tsx'), 'NewJobPage'),
});

const job = createRoute({
  getParentRoute: () => root,
  path: '/jobs/$jobId',
  validateSearch: jobParams,
  component: lazyRouteComponent(() => import('./jobs/job-page.tsx'), 'JobPage'),
});

const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  component: lazyRouteComponent(() => import('./alerts/alerts-page.tsx'), 'AlertsPage'),
});

const account = createRoute({
  getParentRoute: () => root,
  path: '/account',
  component: lazyRouteComponent(() => import('./account/account-page.tsx'), 'AccountPage'),
});

const operate = createRoute({
  getParentRoute: () => root,
  path: '/operate',
  component: lazyRouteComponent(() => import('./operate/operate-layout.tsx'), 'OperateLayout'),
});

const overview = createRoute({
  getParentRoute: () => operate,
  path: '/',
  component: lazyRouteComponent(() => import('./operate/overview-page.tsx'), 'OverviewPage'),
});

const board = createRoute({
  getParentRoute: () => operate,
  path: '/flights',
  validateSearch: boardParams,
  component: lazyRouteComponent(() => import('./operate/board-page.tsx'), 'BoardPage'),
});

const seats = createRoute({
  getParentRoute: () => operate,
  path: '/seats',
  component: lazyRouteComponent(() => import('./operate/seats-page.tsx'), 'SeatsPage'),
});

const importing = createRoute({
  getParentRoute: () => operate,
  path: '/import',
  validateSearch: importParams,
  component: lazyRouteComponent(() => import('./operate/import-page.tsx'), 'ImportPage'),
});

const providers = createRoute({
  getParentRoute: () => operate,
  path: '/providers',
  component: lazyRouteComponent(() => import('./operate/providers-page.tsx'), 'ProvidersPage'),
});

const mails = createRoute({
  getParentRoute: () => operate,
  path: '/mails',
  component: lazyRouteComponent(() => import('./operate/mails-page.tsx'), 'MailsPage'),
});

const lines = createRoute({
  getParentRoute: () => operate,
  path: '/lines',
  component: lazyRouteComponent(() => import('./operate/lines-page.tsx'), 'LinesPage'),
});

const keys = createRoute({
  getParentRoute: () => operate,
  path: '/keys',
  component: lazyRouteComponent(() => import('./operate/keys-page.tsx'), 'KeysPage'),
});

// `/health` itself is the server's own answer for monitors, so the page needs another address to be linked and reloaded.
const health = createRoute({
  getParentRoute: () => root,
  path: '/status',
  component: lazyRouteComponent(() => import('./health/health-page.tsx'), 'HealthPage'),
});

const healthAlias = createRoute({
  getParentRoute: () => root,
  path: '/health',
  beforeLoad: () => {
    throw redirect({ to: '/status' });
  },
});

export const router = createRouter({
  routeTree: root.addChildren([
    search,
    flight,
    book,
    bookings,
    find,
    open,
    jobs,
    newJob,
    job,
    alerts,
    account,
    operate.addChildren([overview, board, seats, importing, providers, mails, lines, keys]),
    health,
    healthAlias,
  ]),
  defaultPreload: 'intent',
  defaultPendingComponent: PagePending,
  defaultPendingMs: 150,
  defaultErrorComponent: PageFailure,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
