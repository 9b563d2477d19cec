import type { SignedInView } from '../../../shared/identity.ts';
import { newId } from '../../../shared/ids.ts';
import type { IdentityRoom } from './identity-room.ts';
import { User } from './user.entity.ts';
import { userViewOf } from './user-view.ts';

/** A traveller without an account: a row of its own, so that its bookings have an owner. */
export async function createGuest(room: IdentityRoom): Promise<SignedInView> {
  const em = room.orm.em.fork();
  const at = new Date(room.clock.now());
  const user = em.create(User, { id: newId(), role: 'traveller', createdAt: at, updatedAt: at });
  await em.flush();
  return { token: await room.tokens.sign(user), user: userViewOf(user) };
}
