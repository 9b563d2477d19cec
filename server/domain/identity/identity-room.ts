import type { Orm } from '../../platform/postgres/orm.ts';
import type { RateLimit } from '../../platform/redis/rate-limit.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Sessions } from './sessions.ts';
import type { Tokens } from './tokens.ts';

/** What the commands of this room call. Built once, in app.ts. */
export interface IdentityRoom {
  orm: Orm;
  clock: Clock;
  tokens: Tokens;
  sessions: Sessions;
  limits: SignInLimits;
  /** The user's tokens, or the key, are over: every process closes what they opened. */
  announceEnd(subjectId: string): void;
}

/** How often somebody may try. */
export interface SignInLimits {
  /** Tries to sign in or up, by address. */
  tries: RateLimit;
  /** Wrong passwords, by account. */
  failures: RateLimit;
}

export const signInLimits = {
  tries: { name: 'sign-in-tries', points: 60, seconds: 600 },
  failures: { name: 'sign-in-failures', points: 10, seconds: 900 },
};
