import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server';
import type { Metrics } from '../domain/operations/metrics.ts';
import { RequestScope, requestScope } from '../platform/telemetry/logger.ts';
import type { Context } from './context.ts';
import { trpcErrorOf } from './failures.ts';

/** How tRPC's adapters call a procedure. */
export interface ProcedureCall {
  ctx: Context;
  type: 'query' | 'mutation' | 'subscription';
  getRawInput: () => Promise<unknown>;
}

/**
 * Every call: its request id, its latency, its failure as a code of the catalogue. It stands around
 * the procedures and not among their middlewares, each of which costs 12 µs a call.
 */
export function observeCalls<R extends AnyTRPCRouter>(router: R): R {
  const procedures = router._def.procedures as Record<string, AnyTRPCProcedure>;
  for (const [path, procedure] of Object.entries(procedures)) procedures[path] = observed(path, procedure);
  return router;
}

function observed(path: string, procedure: AnyTRPCProcedure): AnyTRPCProcedure {
  const call = procedure as unknown as (opts: ProcedureCall) => Promise<unknown>;
  const meters = new WeakMap<Metrics, LatencyMeter>();
  const observe = async (opts: ProcedureCall): Promise<unknown> => {
    const { metrics, log, failureOf } = opts.ctx.rooms;
    let meter = meters.get(metrics);
    if (!meter) {
      meter = latencyMeter(metrics, path);
      meters.set(metrics, meter);
    }
    const startedAt = performance.now();
    try {
      const result = await call(opts);
      // A subscription's latency is that of its start.
      const outcome = opts.type === 'subscription' ? 'started' : 'ok';
      const seconds = meter(outcome, startedAt);
      log.debug({ procedure: path, outcome, seconds }, 'call');
      return result;
    } catch (error) {
      const failure = failureOf(error);
      const seconds = meter(failure.code, startedAt);
      log.debug({ procedure: path, outcome: failure.code, seconds }, 'call');
      throw trpcErrorOf(failure);
    }
  };
  const scoped = (opts: ProcedureCall): Promise<unknown> => requestScope.run(new RequestScope(), observe, opts);
  return Object.assign(scoped, procedure) as unknown as AnyTRPCProcedure;
}

/** Counts a call that began at `startedAt` (performance.now) and answers its seconds. */
type LatencyMeter = (outcome: string, startedAt: number) => number;

/** prom-client finds a series by its labels anew each time; a procedure has few outcomes, so they are kept. */
function latencyMeter({ requestLatencySeconds }: Metrics, procedure: string): LatencyMeter {
  const series = new Map<string, (seconds: number) => void>();
  return (outcome, startedAt) => {
    const seconds = (performance.now() - startedAt) / 1_000;
    let observe = series.get(outcome);
    if (!observe) {
      observe = requestLatencySeconds.labels({ procedure, outcome }).observe;
      series.set(outcome, observe);
    }
    observe(seconds);
    return seconds;
  };
}
