import { enterLineInput, onServingInput } from '../../shared/waiting.ts';
import { topicOf } from '../domain/waiting-room/open-lines.ts';
import { takePlace } from '../domain/waiting-room/operate-lines.ts';
import { liveSubscription } from './live-subscription.ts';
import { router, traveller } from './trpc.ts';

export const waitingRouter = router({
  enter: traveller
    .input(enterLineInput)
    .mutation(({ ctx, input }) => takePlace(ctx.rooms.waiting.room, ctx.actor.id, input)),
  onServing: liveSubscription(
    onServingInput,
    (input) => [topicOf(input)],
    (ctx) => ctx.rooms.waiting.channel,
  ),
});
