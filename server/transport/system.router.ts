import { isoNow } from '../platform/runtime/clock.ts';
import { open, router } from './trpc.ts';

export const systemRouter = router({
  ping: open.query(({ ctx }) => ({ at: isoNow(ctx.rooms.inventory.clock), version: ctx.rooms.version })),
  health: open.query(({ ctx }) => ctx.rooms.health()),
});
