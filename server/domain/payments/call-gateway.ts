import type { Clock } from '../../platform/runtime/clock.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { PaymentEvent } from './payment-event.ts';
import { GatewayRefusal, type PaymentGateway, type PaymentGateways } from './payment-gateway.ts';
import type { DuePayment, DueRefund, PaymentQueue } from './payment-queue.ts';
import { createProviderBreaker, type ProviderBreaker } from './provider-breaker.ts';

export type { DueRefund } from './payment-queue.ts';

/** Calls to one provider at the same time, for payments and again for refunds. */
const atOnceByDefault = 16;
const callTimeoutMs = 10_000;

export interface GatewayCallerOptions {
  queue: PaymentQueue;
  gateways: PaymentGateways;
  clock: Clock;
  /** Writes down what a provider has told. */
  apply: (event: PaymentEvent) => Promise<void>;
  /** Writes down that a refund was accepted. */
  onRefunded: (refund: DueRefund) => Promise<void>;
  report: ErrorReporter;
  /** Told when a provider that had no call free has some again: another round is worth it. */
  onRoom?: () => void;
  atOnce?: number;
}

export interface GatewayCaller {
  /** Claims what is due and begins to call; waits for no answer. Answers whether there may be more. */
  round(): Promise<boolean>;
  /** Resolves when no call is under way. */
  idle(): Promise<void>;
  /** Ends all calls. What they were about stays due. */
  close(): Promise<void>;
}

type Kind = 'payment' | 'refund';

/** One provider as we see it. */
interface Line {
  gateway: PaymentGateway;
  breaker: ProviderBreaker;
  running: Record<Kind, number>;
}

/**
 * Carries what is due to the providers and what they answer to the record. Providers do not wait
 * for each other: each has its own number of calls at once and its own breaker, and one that fails
 * keeps its rows unclaimed, so that an outage does not use up their calls.
 */
export function createGatewayCaller(options: GatewayCallerOptions): GatewayCaller {
  const { queue, gateways, clock, apply, onRefunded, report, onRoom, atOnce = atOnceByDefault } = options;
  const lines = new Map<string, Line>(
    Object.entries(gateways).map(([name, gateway]) => [
      name,
      { gateway, breaker: createProviderBreaker(clock), running: { payment: 0, refund: 0 } },
    ]),
  );
  const active = new Set<Promise<void>>();
  const calls = new Map<AbortController, number>();
  const full = new Set<Line>();
  let closing = false;

  /** One call to a provider: its time is bounded (within a round's second), and its breaker hears how it went. */
  const ask = async <T>(line: Line, call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const controller = new AbortController();
    calls.set(controller, clock.now() + callTimeoutMs);
    const { signal } = controller;
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    line.breaker.begin();
    try {
      // A call that does not listen to its signal must not keep its place.
      const answer = await Promise.race([call(signal), ended]);
      line.breaker.end('succeeded');
      return answer;
    } catch (error) {
      line.breaker.end(error instanceof GatewayRefusal ? 'succeeded' : 'failed');
      throw error;
    } finally {
      calls.delete(controller);
    }
  };

  const pay = async (line: Line, payment: DuePayment): Promise<void> => {
    const { gateway } = line;
    let events: PaymentEvent[];
    switch (payment.todo) {
      case 'submit':
        events = await ask(line, (signal) => gateway.submit(payment, signal));
        break;
      case 'look': {
        const found = await ask(line, (signal) => gateway.look(payment, signal));
        events = found === 'unknown' ? await ask(line, (signal) => gateway.submit(payment, signal)) : found;
        break;
      }
      case 'capture':
        events = await ask(line, (signal) => gateway.capture(payment, signal));
        break;
      case 'void':
        events = await ask(line, (signal) => gateway.void(payment, signal));
        if (events.length === 0) {
          await queue.voided(payment.id);
          return;
        }
    }
    await pausePoint('payment.before-write');
    for (const event of events) await apply(event);
  };

  const giveBack = async (line: Line, refund: DueRefund): Promise<void> => {
    await ask(line, (signal) => line.gateway.refund(refund, signal));
    await pausePoint('refund.before-write');
    await onRefunded(refund);
  };

  const start = <T extends { id: string; provider: string }>(
    kind: Kind,
    due: T,
    run: (line: Line, due: T) => Promise<void>,
  ): void => {
    const line = lines.get(due.provider);
    if (!line) {
      report(new Error(`no gateway for the provider ${due.provider}`), { [kind]: due.id });
      return;
    }
    line.running[kind]++;
    const done = run(line, due)
      .catch((error: unknown) => {
        if (!closing) report(error, { chore: 'call gateway', [kind]: due.id });
      })
      .finally(() => {
        line.running[kind]--;
        active.delete(done);
        // Half of the places at once, so that a claim is worth its round trip.
        if (full.has(line) && line.running[kind] * 2 <= atOnce) {
          full.delete(line);
          onRoom?.();
        }
      });
    active.add(done);
  };

  /** How many may be claimed (0: of nobody), and of which providers none. */
  const bounds = (kind: Kind): { limit: number; except: string[] } => {
    const except: string[] = [];
    let limit = atOnce;
    for (const [name, line] of lines) {
      const allowed = line.breaker.allowance();
      const free = Math.min(atOnce - line.running[kind], allowed);
      if (line.running[kind] * 2 > atOnce) full.add(line);
      if (free < 1 || (line.running[kind] * 2 > atOnce && allowed > 1)) except.push(name);
      else limit = Math.min(limit, free);
    }
    return { limit: except.length > 0 && except.length === lines.size ? 0 : limit, except };
  };

  /** Answers whether as many were due as could be claimed. */
  const begin = async <T extends { id: string; provider: string }>(
    kind: Kind,
    claim: (limit: number, except: string[]) => Promise<T[]>,
    run: (line: Line, due: T) => Promise<void>,
  ): Promise<boolean> => {
    const { limit, except } = bounds(kind);
    if (limit === 0) return false;
    const claimed = await claim(limit, except);
    for (const due of claimed) start(kind, due, run);
    return claimed.length === limit;
  };

  return {
    round: async () => {
      for (const [controller, endsAtMs] of calls) {
        if (clock.now() >= endsAtMs) controller.abort(new Error(`no answer within ${callTimeoutMs} ms`));
      }
      const more = [
        await begin('payment', queue.claimPayments, pay),
        await begin('refund', queue.claimRefunds, giveBack),
      ];
      return more.includes(true);
    },
    idle: async () => {
      while (active.size > 0) await Promise.all(active);
    },
    close: async () => {
      closing = true;
      for (const controller of calls.keys()) controller.abort(new Error('the server is stopping'));
      await Promise.all(active);
    },
  };
}
