import { createHash, timingSafeEqual } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import { refuse } from '../../platform/runtime/failure.ts';
import { type Actor, keyOperator } from './actor.ts';

export interface TokenSettings {
  secret: string;
  ttlMinutes: number;
  apiKey: string;
  /** Tokens of an outside issuer are accepted when its key set is given. */
  outside?: { jwksUrl: string; issuer?: string; audience?: string };
}

export interface Tokens {
  sign(user: { id: string }): Promise<string>;
  /** Fails: UNAUTHENTICATED. */
  verify(token: string): Promise<Actor>;
  /** Fails: UNAUTHENTICATED. */
  verifyKey(apiKey: string): Actor;
}

const issuer = 'airside';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Subjects of an outside issuer are any text; ours are UUIDs. The same subject always maps to the same one. */
function idOfSubject(outsideIssuer: string, subject: string): string {
  const hex = createHash('sha256').update(`${outsideIssuer}\n${subject}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const digest = (text: string) => createHash('sha256').update(text).digest();

export function createTokens(settings: TokenSettings): Tokens {
  const key = new TextEncoder().encode(settings.secret);
  const apiKeyDigest = digest(settings.apiKey);
  const { outside } = settings;
  const keySet = outside && createRemoteJWKSet(new URL(outside.jwksUrl));
  const traveller = (id: string, claims: Record<string, unknown>): Actor => ({
    role: 'traveller',
    id,
    email: typeof claims.email === 'string' ? claims.email : null,
    name: typeof claims.name === 'string' ? claims.name : null,
  });
  return {
    sign: (user) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(user.id)
        .setIssuer(issuer)
        .setIssuedAt()
        .setExpirationTime(`${settings.ttlMinutes}m`)
        .sign(key),
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, key, { issuer, algorithms: ['HS256'], clockTolerance: 5 });
        if (payload.sub && uuid.test(payload.sub)) return traveller(payload.sub, payload);
      } catch {
        // Not ours; perhaps the outside issuer's.
      }
      if (outside && keySet) {
        try {
          const { payload } = await jwtVerify(token, keySet, {
            issuer: outside.issuer,
            audience: outside.audience,
            algorithms: ['RS256', 'ES256', 'EdDSA'],
            clockTolerance: 5,
          });
          if (payload.sub) return traveller(idOfSubject(payload.iss ?? '', payload.sub), payload);
        } catch {
          // Falls through to the one refusal.
        }
      }
      throw refuse('UNAUTHENTICATED', { reason: 'the token is not valid or has expired' });
    },
    verifyKey: (apiKey) => {
      if (timingSafeEqual(digest(apiKey), apiKeyDigest)) return keyOperator;
      throw refuse('UNAUTHENTICATED', { reason: 'the operator key is not valid' });
    },
  };
}
