import { type AnyTRPCProcedure, TRPCError, type TRPCProcedureType } from '@trpc/server';
import { getParseFn, isObject } from '@trpc/server/unstable-core-do-not-import';
import * as z from 'zod';
import type { Call } from './call.ts';
import { ownResolverOf } from './own-resolver.ts';

/** What is called: our own adapter's `Call`, or what tRPC's adapters say of one. */
export interface StraightCall {
  readonly ctx: unknown;
  readonly path: string;
  readonly type: TRPCProcedureType;
  readonly getRawInput: () => Promise<unknown>;
  rawInput: unknown;
  input: unknown;
}

/** A procedure that can be called without tRPC's chain: checks, schema, resolver. */
export interface StraightProcedure<Called extends StraightCall> {
  type: TRPCProcedureType;
  /** Throws, or rejects, as the chain would. */
  run(call: Called): unknown;
}

/** What of a procedure's definition is looked at. */
interface Definition {
  type: TRPCProcedureType;
  inputs: Parameters<typeof getParseFn>[0][];
  middlewares: Middleware[];
  resolver?: Resolver;
  experimental_caller?: boolean;
}
type Middleware = ((opts: never) => unknown) & { _type?: string; [guardKey]?: Guard };
/** Looks at the context and at what is called, and throws. */
type Guard = (ctx: never, call: { path: string; type: TRPCProcedureType }) => unknown;
type Resolver = (call: StraightCall) => unknown;
type Step = (call: StraightCall) => undefined | Promise<void>;

const guardKey = Symbol('guard');

/**
 * Says that a middleware only looks at the context and changes nothing in it, so that `guard` alone
 * does all that it does. tRPC's way through it copies the call's options twice, 12 µs.
 */
export function guarded<M extends { _middlewares: unknown[] }>(middleware: M, guard: Guard): M {
  Object.assign(middleware._middlewares[0] as Middleware, { [guardKey]: guard });
  return middleware;
}

/** For our own adapter, which has read the input already. Undefined for what has middlewares of its own: tRPC calls it. */
export function straightProcedure(procedure: AnyTRPCProcedure): StraightProcedure<Call> | undefined {
  const { resolver } = procedure._def as unknown as Definition;
  return straightTo(ownResolverOf(resolver) ?? resolver, procedure, false);
}

/** For tRPC's adapters (HTTP, its sockets, its callers): the same, but that the input is read when it is asked for. */
export const straightForTrpc = (procedure: AnyTRPCProcedure): StraightProcedure<StraightCall> | undefined =>
  straightTo((procedure._def as unknown as Definition).resolver, procedure, true);

function straightTo<Called extends StraightCall>(
  resolver: ((call: Called) => unknown) | undefined,
  procedure: AnyTRPCProcedure,
  readsInput: boolean,
): StraightProcedure<Called> | undefined {
  const { type, inputs, middlewares, experimental_caller } = procedure._def as unknown as Definition;
  if (!resolver || experimental_caller) return undefined;
  const parsers = inputs.map(parseStep);
  const steps: Step[] = [];
  // The last one is the resolver's.
  for (const middleware of middlewares.slice(0, -1)) {
    const guard = middleware[guardKey];
    const step = middleware._type === 'input' ? parsers.shift() : guard && guardStep(guard);
    if (!step) return undefined;
    // Behind the guards, as in the chain: who may not call is not told what is wrong with the input.
    if (readsInput && middleware._type === 'input') steps.push(readInput);
    steps.push(step);
  }
  const run = (call: Called): unknown => {
    for (let n = 0; n < steps.length; n++) {
      const pending = (steps[n] as Step)(call);
      if (pending) return afterPending(pending, call, steps, n + 1, resolver);
    }
    return resolver(call);
  };
  return { type, run };
}

async function afterPending<Called extends StraightCall>(
  pending: Promise<void>,
  call: Called,
  steps: Step[],
  from: number,
  resolver: (call: Called) => unknown,
): Promise<unknown> {
  await pending;
  for (const step of steps.slice(from)) await step(call);
  return resolver(call);
}

async function readInput(call: StraightCall): Promise<void> {
  call.rawInput = await call.getRawInput();
}

const guardStep =
  (guard: Guard): Step =>
  (call) => {
    guard(call.ctx as never, call);
    return undefined;
  };

function parseStep(parser: Definition['inputs'][number]): Step {
  const parseAsync = getParseFn(parser);
  const zod = parser as unknown as { _zod?: unknown; parse?: (value: unknown) => unknown };
  // A zod schema that waits for nothing is asked without a promise, which takes a third of the time.
  let parse: (value: unknown) => unknown = zod._zod && zod.parse ? zod.parse : parseAsync;
  return (call) => {
    try {
      const parsed = parse(call.rawInput);
      if (parsed instanceof Promise) return takeLater(call, parsed);
      takeInput(call, parsed);
      return undefined;
    } catch (cause) {
      if (!(cause instanceof z.core.$ZodAsyncError)) throw badInput(cause);
      parse = parseAsync;
      return takeLater(call, parseAsync(call.rawInput));
    }
  };
}

async function takeLater(call: StraightCall, parsing: unknown): Promise<void> {
  try {
    takeInput(call, await parsing);
  } catch (cause) {
    throw badInput(cause);
  }
}

function takeInput(call: StraightCall, parsed: unknown): void {
  call.input = isObject(call.input) && isObject(parsed) ? { ...call.input, ...parsed } : parsed;
}

/** Without a stack: collecting one costs more than the refusal. */
function badInput(cause: unknown): TRPCError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new TRPCError({ code: 'BAD_REQUEST', cause });
  Error.stackTraceLimit = limit;
  return error;
}
