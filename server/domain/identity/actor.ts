import type { OperatorScope } from '../../../shared/identity.ts';

/** Who asks, as everything below the front door knows it. Settled once per socket or HTTP call. */
export type Actor =
  | { role: 'anonymous'; id: null }
  | {
      role: 'traveller';
      id: string;
      email: string | null;
      name: string | null;
      /** The one booking that a mailed link opens; absent: everything of this traveller. */
      only?: string;
    }
  | { role: 'operator'; id: string; scopes: OperatorScope[] | 'all' };

/** An actor with what ends it: a socket may live longer than the token that opened it. */
export interface Credentials {
  actor: Actor;
  /** When the token was issued; signing out everywhere ends all that are older. Null: nothing is remembered of it. */
  issuedAtMs: number | null;
  /** Null: never. */
  expiresAtMs: number | null;
}

export const anonymous: Credentials = {
  actor: { role: 'anonymous', id: null },
  issuedAtMs: null,
  expiresAtMs: null,
};

/** The one operator that the key of the settings stands for. */
export const keyOperator = {
  role: 'operator',
  id: '00000000-0000-7000-8000-000000000001',
  scopes: 'all',
} as const satisfies Actor;
