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
  readonly #target: FrameTarget;
  readonly #head: string;
  readonly #frames: LiveFrames;
  readonly #topics: LiveTopics;
  readonly #watch: Watch;

  constructor(target: FrameTarget, head: string, frames: LiveFrames, topics: LiveTopics) {
    this.#target = target;
    this.#head = head;
    this.#frames = frames;
    this.#topics = topics;
    this.#watch = topics.source.hub.join(topics.names, this, topics.shown);
  }

  /** A client that does not read is shown nothing: whatever is newest when it reads again replaces all of it. */
  show(topic: Topic): boolean {
    if (this.#target.isFull) {
      this.#target.whenRead(this);
      return false;
    }
    const frame = this.#frames.of(this.#topics.source, topic, this.#head);
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
