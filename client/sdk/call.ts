import { airsideErrorOf } from './airside-error.ts';
import type { CallContext, CallTrace, RepeatSettings } from './repeat-link.ts';

export interface CallOptions {
  /** Aborting rejects the call with the signal's reason. What was sent may still have its effect. */
  signal?: AbortSignal;
  /** Other bounds for this call than the client's; `false` sends it once. */
  repeat?: false | Partial<RepeatSettings>;
}

/** What a call hands to tRPC. */
export interface GivenOptions {
  signal: AbortSignal | undefined;
  context: CallContext;
}

export type Calling = <T>(
  send: (given: GivenOptions) => Promise<T>,
  options?: CallOptions & { trace?: CallTrace; waits?: true },
) => Promise<T>;

/** One call whose errors are `AirsideError`s, or the reason of its signal. */
export const call: Calling = async (send, { signal, repeat, trace, waits } = {}) => {
  signal?.throwIfAborted();
  const context: CallContext = {};
  if (repeat !== undefined) context.repeat = repeat;
  if (trace) context.trace = trace;
  if (waits) context.waits = waits;
  try {
    return await send({ signal, context });
  } catch (error) {
    signal?.throwIfAborted();
    throw airsideErrorOf(error);
  }
};
