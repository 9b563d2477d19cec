import { createHash } from 'node:crypto';
import type { SignedInView, SignInInput } from '../../../shared/identity.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { IdentityRoom } from './identity-room.ts';
import { verifyPassword } from './passwords.ts';
import { User } from './user.entity.ts';
import { userViewOf } from './user-view.ts';

/**
 * A token for who knows the password. A wrong password and an address without an account have the
 * same answer after the same time.
 *
 * Fails: UNAUTHENTICATED, RATE_LIMITED (by address of the caller, and by account after wrong
 * passwords), BUSY.
 */
export async function signIn(
  room: IdentityRoom,
  asking: { address: string },
  { email, password }: SignInInput,
): Promise<SignedInView> {
  await room.limits.tries.take(asking.address);
  // Keys of Redis tell nobody who has an account.
  const account = createHash('sha256').update(email).digest('base64url');
  await room.limits.failures.take(account);
  const user = await room.orm.em.fork().findOne(User, { email });
  if (!(await verifyPassword(password, user?.password ?? null)) || !user) {
    throw refuse('UNAUTHENTICATED', { reason: 'the address or the password is not right' });
  }
  await room.limits.failures.forgive(account);
  return { token: await room.tokens.sign(user), user: userViewOf(user) };
}
