import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { Connection } from './connection.ts';
import type { CallContext } from './repeat-link.ts';

/** Keeps calls back while there is no socket, and counts those that are on it. */
export const gateLink =
  (connection: Connection): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) =>
    observable((observer) => {
      let passed: Unsubscribable | undefined;
      let leave = () => {};
      const abort = () => {
        leaveGate();
        observer.complete();
      };
      const leaveGate = connection.whenOpen(
        () => {
          op.signal?.removeEventListener('abort', abort);
          if (op.type !== 'subscription') {
            leave = connection.countCall();
            const { trace } = op.context as CallContext;
            if (trace) trace.sends++;
          }
          passed = next(op).subscribe({
            next: (envelope) => observer.next(envelope),
            error: (error) => {
              leave();
              observer.error(error);
            },
            complete: () => {
              leave();
              observer.complete();
            },
          });
        },
        (reason) => observer.error(TRPCClientError.from(reason)),
      );
      if (!passed) op.signal?.addEventListener('abort', abort, { once: true });
      return () => {
        leaveGate();
        leave();
        op.signal?.removeEventListener('abort', abort);
        passed?.unsubscribe();
      };
    });
