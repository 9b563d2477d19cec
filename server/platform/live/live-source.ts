import type { Hub } from './hub.ts';
import type { Topic } from './topic.ts';

/** Topics of one kind, as they are shown. */
export interface LiveSource<View> {
  readonly hub: Hub;
  /** What is shown of a topic now, under an id that a client may name when it comes back. */
  render(topic: Topic): { id: string; view: View } | undefined;
  /** The version that an id stands for; 0 when it is of another time, or none of ours. */
  versionOf(id: string): number;
}
