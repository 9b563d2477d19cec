import { randomUUID } from 'node:crypto';
import { initTRPC, type TRPCProcedureType as ProcedureType, type TRPCError } from '@trpc/server';
import type { OperatorScope } from '../../shared/identity.ts';
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

/** Fails: UNAUTHENTICATED, also on a socket that has outlived its token. */
function visitorOf({ actor, expiresAtMs, rooms }: Context): Traveller {
  if (actor.role === 'anonymous') throw refuse('UNAUTHENTICATED', { reason: 'a token is needed' });
  if (expiresAtMs !== null && expiresAtMs <= rooms.identity.clock.now()) {
    throw refuse('UNAUTHENTICATED', { reason: 'the token has expired' });
  }
  return actor;
}

/** Fails: UNAUTHENTICATED, FORBIDDEN (a mailed link opens one booking, not all of its traveller). */
export function travellerOf(ctx: Context): Traveller {
  const actor = visitorOf(ctx);
  if (actor.role === 'traveller' && actor.only)
    throw refuse('FORBIDDEN', { reason: 'the link is for one booking only' });
  return actor;
}

/**
 * Fails: UNAUTHENTICATED, FORBIDDEN (a traveller, or a key that does not open this area). The area is
 * the procedure's second name: `admin.flights.create` is of `flights`. What stands below `admin`
 * itself is open to every key.
 */
function operatorOf(ctx: Context, { path, type }: { path: string; type: ProcedureType }): Operator {
  if (ctx.actor.role === 'traveller') throw refuse('FORBIDDEN', { reason: 'for operators only' });
  if (ctx.actor.role === 'anonymous') throw refuse('UNAUTHENTICATED', { reason: 'an operator key is needed' });
  const actor = travellerOf(ctx) as Operator;
  const [, area = '', verb] = path.split('.');
  if (actor.scopes === 'all' || verb === undefined) return actor;
  const opens = (scope: string): boolean => actor.scopes.includes(scope as OperatorScope);
  // Who may make keys could make one that opens everything, so reading does not include them.
  if (opens(area) || (type !== 'mutation' && area !== 'keys' && opens('read'))) return actor;
  throw refuse('FORBIDDEN', { reason: `this key does not open ${area}`, area });
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
/** Also who has a link to one booking; what is asked for must be checked against `only`. */
export const visitor = open.use(
  guarded(
    t.middleware(({ ctx, next }) => next({ ctx: { actor: visitorOf(ctx) } })),
    visitorOf,
  ),
);
export const operator = open.use(
  guarded(
    t.middleware(({ ctx, path, type, next }) => next({ ctx: { actor: operatorOf(ctx, { path, type }) } })),
    operatorOf,
  ),
);
