import { randomUUID } from 'node:crypto';
import { initTRPC, type TRPCError } from '@trpc/server';
import { transformer } from '../../shared/transformer.ts';
import type { Actor } from '../domain/identity/actor.ts';
import { Failure, refuse } from '../platform/runtime/failure.ts';
import type { Context } from './context.ts';
import { expectedFailure, failureShape } from './failures.ts';
import { guarded } from './ws-adapter/straight-procedure.ts';

const t = initTRPC.context<Context>().create({
  transformer,
  isDev: false,
  errorFormatter({ shape, error, ctx }) {
    const { data, ...told } = failureShape(failureOf(error, ctx), shape.data.path);
    return { ...told, data: { ...data, httpStatus: shape.data.httpStatus } };
  },
});

/** Without a context (the socket's own set-up failed) only what is a Failure already can be told. */
function failureOf(error: TRPCError, ctx: Context | undefined): Failure {
  if (ctx) return ctx.rooms.failureOf(error);
  return expectedFailure(error) ?? new Failure('INTERNAL', { errorId: randomUUID() });
}

type Traveller = Exclude<Actor, { role: 'anonymous' }>;
type Operator = Extract<Actor, { role: 'operator' }>;

/** Fails: UNAUTHENTICATED. */
function travellerOf({ actor }: Context): Traveller {
  if (actor.role === 'anonymous') throw refuse('UNAUTHENTICATED', { reason: 'a token is needed' });
  return actor;
}

/** Fails: UNAUTHENTICATED, FORBIDDEN. */
function operatorOf({ actor }: Context): Operator {
  switch (actor.role) {
    case 'anonymous':
      throw refuse('UNAUTHENTICATED', { reason: 'an operator key is needed' });
    case 'traveller':
      throw refuse('FORBIDDEN', { reason: 'for operators only' });
    case 'operator':
      return actor;
  }
}

export const router = t.router;
/** Anybody. */
export const open = t.procedure;
/** Somebody with an id: bookings need an owner. */
export const traveller = open.use(
  guarded(
    t.middleware(({ ctx, next }) => next({ ctx: { actor: travellerOf(ctx) } })),
    travellerOf,
  ),
);
export const operator = open.use(
  guarded(
    t.middleware(({ ctx, next }) => next({ ctx: { actor: operatorOf(ctx) } })),
    operatorOf,
  ),
);
