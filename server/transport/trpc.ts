import { randomUUID } from 'node:crypto';
import { initTRPC, type TRPCError } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { FailureView } from '../../shared/failure.ts';
import { transformer } from '../../shared/transformer.ts';
import type { Actor } from '../domain/identity/actor.ts';
import { Failure, refuse } from '../platform/runtime/failure.ts';
import { requestScope } from '../platform/telemetry/logger.ts';
import type { Context } from './context.ts';
import { expectedFailure, messageOf, trpcErrorOf } from './failures.ts';

const t = initTRPC.context<Context>().create({
  transformer,
  isDev: false,
  errorFormatter({ shape, error, ctx }) {
    const failure = failureOf(error, ctx);
    const view: FailureView = failure.view;
    const { code } = trpcErrorOf(failure);
    return {
      message: messageOf(view),
      code: TRPC_ERROR_CODES_BY_KEY[code],
      data: { code, httpStatus: shape.data.httpStatus, path: shape.data.path ?? null, failure: view },
    };
  },
});

/** Without a context (the socket's own set-up failed) only what is a Failure already can be told. */
function failureOf(error: TRPCError, ctx: Context | undefined): Failure {
  if (ctx) return ctx.rooms.failureOf(error);
  return expectedFailure(error) ?? new Failure('INTERNAL', { errorId: randomUUID() });
}

/** Every call: its request id, its latency, its failure as a code of the catalogue. */
const observed = t.middleware(({ ctx, path, type, next }) =>
  requestScope.run({ requestId: randomUUID() }, async () => {
    const { metrics, log } = ctx.rooms;
    const stop = metrics.requestLatencySeconds.startTimer({ procedure: path });
    const done = (outcome: string) => log.debug({ procedure: path, outcome, seconds: stop({ outcome }) }, 'call');
    const result = await next();
    if (result.ok) {
      // A subscription's latency is that of its start.
      done(type === 'subscription' ? 'started' : 'ok');
      return result;
    }
    const failure = ctx.rooms.failureOf(result.error);
    done(failure.code);
    throw trpcErrorOf(failure);
  }),
);

type Traveller = Exclude<Actor, { role: 'anonymous' }>;
type Operator = Extract<Actor, { role: 'operator' }>;

export const router = t.router;
/** Anybody. */
export const open = t.procedure.use(observed);
/** Somebody with an id: bookings need an owner. */
export const traveller = open.use(({ ctx, next }) => {
  if (ctx.actor.role === 'anonymous') throw refuse('UNAUTHENTICATED', { reason: 'a token is needed' });
  const actor: Traveller = ctx.actor;
  return next({ ctx: { actor } });
});
export const operator = open.use(({ ctx, next }) => {
  switch (ctx.actor.role) {
    case 'anonymous':
      throw refuse('UNAUTHENTICATED', { reason: 'an operator key is needed' });
    case 'traveller':
      throw refuse('FORBIDDEN', { reason: 'for operators only' });
    case 'operator': {
      const actor: Operator = ctx.actor;
      return next({ ctx: { actor } });
    }
  }
});
