import { getErrorShape, getTRPCErrorFromUnknown, type TRPCError } from '@trpc/server';
import type { AdapterParts } from './adapter-parts.ts';
import { answerHead, errorTail, resultTail, startedTail, stoppedTail, trackedTail } from './answers.ts';
import type { Call, RequestId } from './call.ts';
import type { FrameWriter } from './frame-writer.ts';

/** What is answered on one socket, in tRPC's words. */
export class Replies {
  readonly #parts: AdapterParts;
  readonly #writer: FrameWriter;
  /** The socket's, once it is there. */
  ctx: unknown;

  constructor(parts: AdapterParts, writer: FrameWriter) {
    this.#parts = parts;
    this.#writer = writer;
  }

  result(call: Call, value: unknown): void {
    this.#send(call, resultTail(this.#parts.config.transformer.output, value));
  }

  tracked(call: Call, id: string, value: unknown): void {
    this.#send(call, trackedTail(this.#parts.config.transformer.output, id, value));
  }

  started(call: Call): void {
    this.#send(call, startedTail);
  }

  /** `head`: what the answers to its call begin with. */
  stopped(head: string): void {
    this.#parts.stats.answersSent++;
    this.#writer.send(head + stoppedTail);
  }

  failure(call: Call, cause: unknown): void {
    const quick = this.#parts.observer?.shapeOf(cause, call);
    if (quick !== undefined) {
      this.#send(call, errorTail(this.#parts.config.transformer.output, quick));
      return;
    }
    const error = getTRPCErrorFromUnknown(cause);
    this.report(error, call);
    this.error(call.id, call.jsonrpc, error, call);
  }

  /** Of a call, or, under the id null, of what was none. */
  error(id: RequestId | null, jsonrpc: '2.0' | undefined, error: TRPCError, call?: Call): void {
    const { config } = this.#parts;
    const shape = getErrorShape({
      config,
      error,
      type: call?.type ?? 'unknown',
      path: call?.path,
      input: call?.rawInput,
      ctx: this.ctx,
    });
    this.#writer.send(answerHead(id, jsonrpc) + errorTail(config.transformer.output, shape));
  }

  /** To whoever runs the adapter. */
  report(error: TRPCError, call?: Call): void {
    this.#parts.onError?.({
      error,
      type: call?.type ?? 'unknown',
      path: call?.path,
      input: call?.rawInput,
      ctx: this.ctx,
    });
  }

  #send(call: Call, tail: string): void {
    this.#parts.stats.answersSent++;
    this.#writer.send(answerHead(call.id, call.jsonrpc) + tail);
  }
}
