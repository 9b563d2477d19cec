import { createHash, timingSafeEqual } from 'node:crypto';
import { createRemoteJWKSet, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../platform/runtime/clock.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { type Actor, type Credentials, keyOperator } from './actor.ts';

export interface TokenSettings {
  secret: string;
  ttlMinutes: number;
  apiKey: string;
  /** Tokens of an outside issuer are accepted when its key set is given. */
  outside?: { jwksUrl: string; issuer?: string; audience?: string };
  clock: Clock;
}

interface Signing {
  id: string;
  email?: string | null;
  name?: string | null;
  signedOutAt?: Date | null;
  /** The one booking that the token is for. */
  only?: string;
}

export interface Tokens {
  /** Good from now on, also for a user who has just signed out everywhere. */
  sign(user: Signing, minutes?: number): Promise<string>;
  /** By its signature and its times alone; whether its user has signed out since is `sessions`' to say. Fails: UNAUTHENTICATED. */
  verify(token: string): Promise<Credentials>;
  /** Is it the operator key of the settings? */
  isMasterKey(apiKey: string): boolean;
}

const issuer = 'airside';
const toleranceSeconds = 5;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Subjects of an outside issuer are any text; ours are UUIDs. The same subject always maps to the same one. */
function idOfSubject(outsideIssuer: string, subject: string): string {
  const hex = createHash('sha256').update(`${outsideIssuer}\n${subject}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const digest = (text: string) => createHash('sha256').update(text).digest();
const text = (claim: unknown): string | null => (typeof claim === 'string' ? claim : null);

export function createTokens(settings: TokenSettings): Tokens {
  const { outside, clock } = settings;
  const key = new TextEncoder().encode(settings.secret);
  const apiKeyDigest = digest(settings.apiKey);
  const keySet = outside && createRemoteJWKSet(new URL(outside.jwksUrl));

  const credentialsOf = (id: string, claims: JWTPayload): Credentials => {
    const only = text(claims.only);
    const actor: Actor = {
      role: 'traveller',
      id,
      email: text(claims.email),
      name: text(claims.name),
      ...(only !== null && { only }),
    };
    return {
      actor,
      // Ours say it to the millisecond; a second is too coarse to tell what came before a sign-out.
      issuedAtMs: typeof claims.issued_ms === 'number' ? claims.issued_ms : (claims.iat ?? 0) * 1_000,
      expiresAtMs: claims.exp === undefined ? null : (claims.exp + toleranceSeconds) * 1_000,
    };
  };

  return {
    sign: ({ id, email, name, signedOutAt, only }, minutes = settings.ttlMinutes) => {
      const now = clock.now();
      const issuedMs = Math.max(now, (signedOutAt?.getTime() ?? 0) + 1);
      return new SignJWT({ issued_ms: issuedMs, ...(email && { email }), ...(name && { name }), ...(only && { only }) })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(id)
        .setIssuer(issuer)
        .setIssuedAt(Math.floor(now / 1_000))
        .setExpirationTime(Math.floor(now / 1_000) + minutes * 60)
        .sign(key);
    },
    verify: async (token) => {
      const common = { clockTolerance: toleranceSeconds, currentDate: new Date(clock.now()) };
      try {
        const { payload } = await jwtVerify(token, key, { ...common, issuer, algorithms: ['HS256'] });
        if (payload.sub && uuid.test(payload.sub)) return credentialsOf(payload.sub, payload);
      } catch {
        // Not ours; perhaps the outside issuer's.
      }
      if (outside && keySet) {
        try {
          const { payload } = await jwtVerify(token, keySet, {
            ...common,
            issuer: outside.issuer,
            audience: outside.audience,
            algorithms: ['RS256', 'ES256', 'EdDSA'],
          });
          if (payload.sub) return credentialsOf(idOfSubject(payload.iss ?? '', payload.sub), payload);
        } catch {
          // Falls through to the one refusal.
        }
      }
      throw refuse('UNAUTHENTICATED', { reason: 'the token is not valid or has expired' });
    },
    isMasterKey: (apiKey) => timingSafeEqual(digest(apiKey), apiKeyDigest),
  };
}

export const masterCredentials: Credentials = { actor: keyOperator, issuedAtMs: null, expiresAtMs: null };
