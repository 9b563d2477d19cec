import type { SignedInView, SignUpInput } from '../../../shared/identity.ts';
import { newId } from '../../../shared/ids.ts';
import { violatesUnique } from '../../platform/postgres/pg-errors.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { Actor } from './actor.ts';
import type { IdentityRoom } from './identity-room.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { User } from './user.entity.ts';
import { userViewOf } from './user-view.ts';

/**
 * Makes an account. A guest who signs up stays the same user, so bookings made before go along.
 * Signing up again with the same password is answered as signing in, so a lost answer loses nothing.
 *
 * Fails: NOT_ALLOWED (the address has an account), RATE_LIMITED, BUSY.
 */
export async function signUp(
  room: IdentityRoom,
  asking: { actor: Actor; address: string },
  { email, password, name }: SignUpInput,
): Promise<SignedInView> {
  await room.limits.tries.take(asking.address);
  const hashed = await hashPassword(password);
  const em = room.orm.em.fork();
  const at = new Date(room.clock.now());
  const guest =
    asking.actor.role === 'traveller' && !asking.actor.only
      ? await em.findOne(User, { id: asking.actor.id, email: null })
      : null;
  const user =
    guest ?? em.create(User, { id: newId(room.clock.now()), role: 'traveller', createdAt: at, updatedAt: at });
  user.email = email;
  user.name = name ?? null;
  user.password = hashed;
  try {
    await em.flush();
  } catch (error) {
    if (!violatesUnique(error, 'app_user_email_uq')) throw error;
    const known = await room.orm.em.fork().findOne(User, { email });
    if (!known?.password || !(await verifyPassword(password, known.password))) {
      throw refuse('NOT_ALLOWED', { reason: 'this address has an account already' });
    }
    return { token: await room.tokens.sign(known), user: userViewOf(known) };
  }
  return { token: await room.tokens.sign(user), user: userViewOf(user) };
}
