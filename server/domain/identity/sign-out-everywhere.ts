import type { IdentityRoom } from './identity-room.ts';
import { User } from './user.entity.ts';

/**
 * Ends every token that the user was given until now, on every device, this one too; sockets that
 * they opened are closed within seconds. Users of an outside issuer get a row to remember it by.
 */
export async function signOutEverywhere(room: IdentityRoom, userId: string): Promise<{ signedOutAt: string }> {
  const em = room.orm.em.fork();
  const at = new Date(room.clock.now());
  const user =
    (await em.findOne(User, userId)) ??
    em.create(User, { id: userId, role: 'traveller', createdAt: at, updatedAt: at });
  user.signedOutAt = at;
  await em.flush();
  room.announceEnd(userId);
  return { signedOutAt: at.toISOString() };
}
