import type { Pool } from 'pg';
import type { Mailer } from '../../platform/mail/mailer.ts';
import type { RateLimit } from '../../platform/redis/rate-limit.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Tokens } from '../identity/tokens.ts';

/** What getting back at a booking without its owner's token needs. */
export interface AccessRoom {
  pool: Pool;
  clock: Clock;
  tokens: Pick<Tokens, 'sign'>;
  mailer: Mailer;
  limits: AccessLimits;
  /** Where a traveller's browser opens the link with this code. */
  linkOf(code: string): string;
  /** Told of a mail that could not be sent; nobody waits for it. */
  report(error: unknown): void;
  /** Told of a message that stays in the house, because there is no mail server. */
  onUnsent(mail: { to: string; text: string }): void;
}

/** How often somebody may try. */
export interface AccessLimits {
  /** By address of the caller, for asking and for opening. */
  tries: RateLimit;
  /** By locator: names cannot be guessed one after the other. */
  locators: RateLimit;
}

export const accessLimits = {
  tries: { name: 'access-tries', points: 30, seconds: 600 },
  locators: { name: 'access-locators', points: 5, seconds: 900 },
};
