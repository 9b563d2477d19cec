import { tracked } from '@trpc/server';
import type * as z from 'zod';
import type { LiveSource } from '../platform/live/live-source.ts';
import type { Context } from './context.ts';
import { open } from './trpc.ts';
import { LiveTopics } from './ws-adapter/live-topics.ts';
import { ownResolver } from './ws-adapter/own-resolver.ts';

/**
 * A subscription to state: the newest value of each topic at once, then whenever it changed. Over our
 * own sockets the hub writes its frames itself, encoded once for all who look; everywhere else (HTTP,
 * tRPC's own adapter) it is the generator that stands here.
 */
export function liveSubscription<Schema extends z.ZodType<{ lastEventId?: string | null }>, View>(
  schema: Schema,
  topicsOf: (input: z.output<Schema>) => string[],
  sourceOf: (ctx: Context) => LiveSource<View>,
) {
  /** One id tells of one topic, so it says nothing of several. */
  const shownOf = (source: LiveSource<View>, topics: string[], input: z.output<Schema>): number =>
    topics.length === 1 && input.lastEventId ? source.versionOf(input.lastEventId) : 0;
  return open.input(schema).subscription(
    ownResolver(
      async function* ({ ctx, signal, ...call }) {
        const input = call.input as z.output<Schema>;
        const topics = topicsOf(input);
        const source = sourceOf(ctx);
        for await (const topic of source.hub.watch(topics, signal as AbortSignal, shownOf(source, topics, input))) {
          const frame = source.render(topic);
          if (frame) yield tracked(frame.id, frame.view);
        }
      },
      (call) => {
        const input = call.input as z.output<Schema>;
        const topics = topicsOf(input);
        const source = sourceOf(call.ctx as Context);
        return new LiveTopics(source, topics, shownOf(source, topics, input));
      },
    ),
  );
}
