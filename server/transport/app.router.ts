import { adminRouter } from './admin.router.ts';
import { alertsRouter } from './alerts.router.ts';
import { authRouter } from './auth.router.ts';
import { bookingRouter } from './booking.router.ts';
import { flightsRouter } from './flights.router.ts';
import { jobsRouter } from './jobs.router.ts';
import { observeCalls } from './observe-calls.ts';
import { offersRouter } from './offers.router.ts';
import { pricesRouter } from './prices.router.ts';
import { searchRouter } from './search.router.ts';
import { systemRouter } from './system.router.ts';
import { router } from './trpc.ts';
import { waitingRouter } from './waiting.router.ts';

export const appRouter = observeCalls(
  router({
    system: systemRouter,
    auth: authRouter,
    search: searchRouter,
    flights: flightsRouter,
    offers: offersRouter,
    booking: bookingRouter,
    jobs: jobsRouter,
    prices: pricesRouter,
    alerts: alertsRouter,
    waiting: waitingRouter,
    admin: adminRouter,
  }),
);

/** Clients import this type and nothing else of the server. */
export type AppRouter = typeof appRouter;
