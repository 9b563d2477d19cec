import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server';
import type { Metrics } from '../domain/operations/metrics.ts';
import { RequestScope, requestScope } from '../platform/telemetry/logger.ts';
import type { Context } from './context.ts';
import { failureShape, refusalIn, trpcErrorOf } from './failures.ts';
import type { CallObserver } from './ws-adapter/adapter-parts.ts';
import { type StraightCall, straightForTrpc } from './ws-adapter/straight-procedure.ts';

/** How tRPC's adapters call a procedure. */
interface ProcedureCall extends StraightCall {
  ctx: Context;
}

/**
 * Every call: its request id, its latency, its failure as a code of the catalogue. It stands around
 * the procedures and not among their middlewares, each of which costs 12 µs a call; for the same
 * reason it calls those straight that have none of their own.
 */
export function observeCalls<R extends AnyTRPCRouter>(router: R): R {
  const procedures = router._def.procedures as Record<string, AnyTRPCProcedure>;
  for (const [path, procedure] of Object.entries(procedures)) procedures[path] = observed(path, procedure);
  return router;
}

function observed(path: string, procedure: AnyTRPCProcedure): AnyTRPCProcedure {
  const straight = straightForTrpc(procedure);
  const call = straight ? straight.run : (procedure as unknown as (opts: ProcedureCall) => unknown);
  const observe = async (opts: ProcedureCall): Promise<unknown> => {
    const { rooms } = opts.ctx;
    const startedAt = performance.now();
    try {
      const result = await call(opts);
      ended(rooms, path, opts.type === 'subscription' ? 'started' : 'ok', startedAt);
      return result;
    } catch (error) {
      const failure = rooms.failureOf(error);
      ended(rooms, path, failure.code, startedAt);
      throw trpcErrorOf(failure);
    }
  };
  const scoped = (opts: ProcedureCall): Promise<unknown> => requestScope.run(new RequestScope(), observe, opts);
  return Object.assign(scoped, procedure) as unknown as AnyTRPCProcedure;
}

/** The same for calls that our own adapter makes without going through the procedure. */
export const callObserver: CallObserver = {
  scope: (run, call) => requestScope.run(new RequestScope(), run, call),
  ended: ({ ctx, path, type }, startedAt, error) => {
    const { rooms } = ctx as Context;
    const outcome = error !== undefined ? rooms.failureOf(error).code : type === 'subscription' ? 'started' : 'ok';
    ended(rooms, path, outcome, startedAt);
  },
  shapeOf: (error, { path }) => {
    const failure = refusalIn(error);
    return failure && failureShape(failure, path);
  },
};

/** A subscription's latency is that of its start. */
function ended({ metrics, log }: Context['rooms'], procedure: string, outcome: string, startedAt: number): void {
  const seconds = (performance.now() - startedAt) / 1_000;
  let meter = meters.get(metrics);
  if (!meter) {
    meter = latencyMeter(metrics);
    meters.set(metrics, meter);
  }
  meter(procedure, outcome, seconds);
  log.debug({ procedure, outcome, seconds }, 'call');
}

type LatencyMeter = (procedure: string, outcome: string, seconds: number) => void;

const meters = new WeakMap<Metrics, LatencyMeter>();

/** prom-client finds a series by its labels anew each time; procedures have few outcomes, so they are kept. */
function latencyMeter({ requestLatencySeconds }: Metrics): LatencyMeter {
  const series = new Map<string, Map<string, (seconds: number) => void>>();
  return (procedure, outcome, seconds) => {
    const outcomes = series.get(procedure) ?? new Map<string, (seconds: number) => void>();
    series.set(procedure, outcomes);
    let observe = outcomes.get(outcome);
    if (!observe) {
      observe = requestLatencySeconds.labels({ procedure, outcome }).observe;
      outcomes.set(outcome, observe);
    }
    observe(seconds);
  };
}
