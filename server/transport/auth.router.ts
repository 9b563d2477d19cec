import { createGuest } from '../domain/identity/create-guest.ts';
import { open, router } from './trpc.ts';

export const authRouter = router({
  guest: open.mutation(({ ctx }) => createGuest({ ...ctx.rooms.booking, tokens: ctx.rooms.tokens })),
  me: open.query(({ ctx }) => ctx.actor),
});
