import type { LiveSource } from '../../platform/live/live-source.ts';

/** What a subscription answers instead of a stream when the hub is to write its frames. */
export class LiveTopics {
  readonly source: LiveSource<unknown>;
  readonly names: string[];
  /** The version that the client has already. */
  readonly shown: number;

  constructor(source: LiveSource<unknown>, names: string[], shown: number) {
    this.source = source;
    this.names = names;
    this.shown = shown;
  }
}
