import type { LiveSource } from '../../platform/live/live-source.ts';
import type { Call } from './call.ts';

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

const liveKey = Symbol('live');

/** Gives a subscription a second resolver, which this adapter calls and no other knows of. */
export const liveResolver = <P extends object>(procedure: P, resolve: (call: Call) => LiveTopics): P =>
  Object.assign(procedure, { [liveKey]: resolve });

export const liveResolverOf = (procedure: object): ((call: Call) => LiveTopics) | undefined =>
  (procedure as { [liveKey]?: (call: Call) => LiveTopics })[liveKey];
