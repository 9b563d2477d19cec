import { signInInput, signUpInput } from '../../shared/identity.ts';
import { createGuest } from '../domain/identity/create-guest.ts';
import { signIn } from '../domain/identity/sign-in.ts';
import { signOutEverywhere } from '../domain/identity/sign-out-everywhere.ts';
import { signUp } from '../domain/identity/sign-up.ts';
import { open, router, traveller } from './trpc.ts';

export const authRouter = router({
  guest: open.mutation(({ ctx }) => createGuest(ctx.rooms.identity)),
  signUp: open.input(signUpInput).mutation(({ ctx, input }) => signUp(ctx.rooms.identity, ctx, input)),
  signIn: open.input(signInInput).mutation(({ ctx, input }) => signIn(ctx.rooms.identity, ctx, input)),
  signOutEverywhere: traveller.mutation(({ ctx }) => signOutEverywhere(ctx.rooms.identity, ctx.actor.id)),
  me: open.query(({ ctx }) => ctx.actor),
});
