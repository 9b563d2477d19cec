import type { LiveSource } from '../../platform/live/live-source.ts';
import type { Sink, Topic, Watch } from '../../platform/live/topic.ts';
import type { LiveFrames } from './live-frames.ts';
import type { LiveTopics } from './live-topics.ts';

/** Where frames go. */
export interface FrameTarget {
  /** Takes nothing at present; `whenRead` calls back when it does again. */
  readonly isFull: boolean;
  push(frame: Buffer): void;
  whenRead(watch: LiveWatch): void;
}

/** One subscription whose frames the hub writes. */
export class LiveWatch implements Sink {
  /** What its answers begin with. */
  readonly head: string;
  readonly #target: FrameTarget;
  readonly #frames: LiveFrames;
  readonly #source: LiveSource<unknown>;
  readonly #watch: Watch;

  constructor(target: FrameTarget, head: string, frames: LiveFrames, { source, names, shown }: LiveTopics) {
    this.head = head;
    this.#target = target;
    this.#frames = frames;
    this.#source = source;
    this.#watch = source.hub.join(names, this, shown);
  }

  /** A client that does not read is shown nothing: whatever is newest when it reads again replaces all of it. */
  show(topic: Topic): boolean {
    if (this.#target.isFull) {
      this.#target.whenRead(this);
      return false;
    }
    const frame = this.#frames.of(this.#source, topic, this.head);
    if (frame) this.#target.push(frame);
    return frame !== undefined;
  }

  catchUp(): void {
    this.#watch.catchUp();
  }

  stop(): void {
    this.#watch.stop();
  }
}
