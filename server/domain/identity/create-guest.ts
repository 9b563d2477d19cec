import { newId } from '../../../shared/ids.ts';
import type { Orm } from '../../platform/postgres/orm.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Tokens } from './tokens.ts';
import { User } from './user.entity.ts';

/** A traveller without an account: a row of its own, so that its bookings have an owner. */
export async function createGuest(room: {
  orm: Orm;
  clock: Clock;
  tokens: Tokens;
}): Promise<{ token: string; user: { id: string; role: 'traveller' } }> {
  const em = room.orm.em.fork();
  const at = new Date(room.clock.now());
  const user = em.create(User, { id: newId(), role: 'traveller', createdAt: at, updatedAt: at });
  await em.flush();
  return { token: await room.tokens.sign(user), user: { id: user.id, role: 'traveller' } };
}
