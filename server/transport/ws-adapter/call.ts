import type { TRPCProcedureType } from '@trpc/server';

export type RequestId = number | string;

export interface CallOwner {
  run(call: Call): Promise<void>;
  signalOf(call: Call): AbortSignal;
}

export const runCall = (call: Call): Promise<void> => call.owner.run(call);

/**
 * One call on its way: what the wire said, and what a resolver is given. Resolvers take its fields
 * apart, so what is dear to make (a signal, a function) is made when one is asked for.
 */
export class Call {
  readonly id: RequestId;
  readonly jsonrpc: '2.0' | undefined;
  readonly path: string;
  readonly type: TRPCProcedureType;
  rawInput: unknown;
  readonly batchIndex: number;
  readonly owner: CallOwner;
  ctx: unknown;
  input: unknown;
  /** Counted among those that run; else it waits, or has ended. */
  isRunning = false;
  /** Of a subscription: how to end it. */
  stopping: AbortController | undefined;

  constructor(
    message: { id: RequestId; jsonrpc: '2.0' | undefined; path: string; type: TRPCProcedureType; input: unknown },
    batchIndex: number,
    owner: CallOwner,
  ) {
    this.id = message.id;
    this.jsonrpc = message.jsonrpc;
    this.path = message.path;
    this.type = message.type;
    this.rawInput = message.input;
    this.batchIndex = batchIndex;
    this.owner = owner;
  }

  /** Fires when a subscription is stopped, and for queries when the socket is gone. A mutation goes on. */
  get signal(): AbortSignal {
    return this.owner.signalOf(this);
  }

  get getRawInput(): () => Promise<unknown> {
    return async () => this.rawInput;
  }
}
