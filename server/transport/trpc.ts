import { randomUUID } from 'node:crypto';
import { initTRPC, type TRPCError } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { FailureView } from '../../shared/failure.ts';
import { transformer } from '../../shared/transformer.ts';
import type { Actor } from '../domain/identity/actor.ts';
import { Failure, refuse } from '../platform/runtime/failure.ts';
import type { Context } from './context.ts';
import { expectedFailure, messageOf, trpcCodeOf } from './failures.ts';

const t = initTRPC.context<Context>().create({
  transformer,
  isDev: false,
  errorFormatter({ shape, error, ctx }) {
    const failure = failureOf(error, ctx);
    const view: FailureView = failure.view;
    const code = trpcCodeOf(failure);
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

export type Traveller = Exclude<Actor, { role: 'anonymous' }>;
type Operator = Extract<Actor, { role: 'operator' }>;

/** Fails: UNAUTHENTICATED. */
export function travellerOf({ actor }: Context): Traveller {
  if (actor.role === 'anonymous') throw refuse('UNAUTHENTICATED', { reason: 'a token is needed' });
  return actor;
}

export const router = t.router;
/** Anybody. */
export const open = t.procedure;
/** Somebody with an id: bookings need an owner. */
export const traveller = open.use(({ ctx, next }) => next({ ctx: { actor: travellerOf(ctx) } }));
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
