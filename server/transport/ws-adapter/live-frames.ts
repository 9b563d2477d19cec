import type { TRPCCombinedDataTransformer } from '@trpc/server';
import type { LiveSource } from '../../platform/live/live-source.ts';
import type { Topic } from '../../platform/live/topic.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { trackedTail } from './answers.ts';
import { textFrame } from './text-frame.ts';

interface Rendered {
  version: number;
  at: number;
  tail: string;
  /** By what stands before the tail: most clients count their calls from 1, so many share a frame. */
  frames: Map<string, Buffer>;
}

/** What a frame says of the time is never older. */
const freshMs = 1_000;
/** Ids of clients that share none are not worth keeping frames for. */
const keptFrames = 64;

/** Frames of topics, encoded once for all sockets that use the same request id. */
export class LiveFrames {
  readonly #output: TRPCCombinedDataTransformer['output'];
  readonly #clock: Clock;
  readonly #rendered = new WeakMap<Topic, Rendered>();

  constructor(output: TRPCCombinedDataTransformer['output'], clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** Undefined: there is nothing to show of it yet. */
  of(source: LiveSource<unknown>, topic: Topic, head: string): Buffer | undefined {
    const rendered = this.#render(source, topic);
    if (!rendered) return undefined;
    let frame = rendered.frames.get(head);
    if (!frame) {
      frame = textFrame(head + rendered.tail);
      if (rendered.frames.size < keptFrames) rendered.frames.set(head, frame);
    }
    return frame;
  }

  #render(source: LiveSource<unknown>, topic: Topic): Rendered | undefined {
    const now = this.#clock.now();
    const known = this.#rendered.get(topic);
    if (known && known.version === topic.version && now - known.at < freshMs) return known;
    const shown = source.render(topic);
    if (!shown) return undefined;
    const tail = trackedTail(this.#output, shown.id, shown.view);
    const rendered = { version: topic.version, at: now, tail, frames: new Map<string, Buffer>() };
    this.#rendered.set(topic, rendered);
    return rendered;
  }
}
