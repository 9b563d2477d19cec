import type { UserView } from '../../../shared/identity.ts';
import type { User } from './user.entity.ts';

export const userViewOf = ({ id, email, name }: User): UserView => ({
  id,
  role: 'traveller',
  email: email ?? null,
  name: name ?? null,
});
