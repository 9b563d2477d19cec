import type { Pool } from 'pg';
import { createLane } from '../../platform/postgres/lane.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { type Credentials, keyOperator } from './actor.ts';
import { readOperatorKey } from './operator-keys.ts';
import { masterCredentials, type Tokens } from './tokens.ts';

/** Which tokens and keys are good: by what they say themselves, and by what was said of them since. */
export interface Sessions {
  /**
   * Who asks, from what came with a socket or a call. Fails: UNAUTHENTICATED (no good, over, or signed
   * out), FORBIDDEN (a key that is not for this address).
   */
  open(given: { token?: string; apiKey?: string }, address: string): Promise<Credentials | undefined>;
  /** Which of these are over by now: expired, signed out, revoked. One read a kind, however many they are. */
  ended(among: Credentials[]): Promise<Set<Credentials>>;
}

const signedOutSql = `
  select id, (extract(epoch from signed_out_at) * 1000)::float8 as "at" from app_user
  where id = any($1) and signed_out_at is not null`;
const revokedSql = 'select id from operator_key where id = any($1) and revoked_at is not null';

export function createSessions(room: { pool: Pool; clock: Clock; tokens: Tokens }): Sessions {
  const { pool, clock, tokens } = room;

  const signedOut = async (ids: string[]): Promise<Map<string, number>> => {
    const { rows } = await pool.query<{ id: string; at: number }>({
      name: 'signed-out',
      text: signedOutSql,
      values: [ids],
    });
    return new Map(rows.map((row) => [row.id, row.at]));
  };
  // Sockets come in storms, after a restart for one; they share their reads.
  const signOuts = createLane<string, number | undefined>({
    name: 'signed-out',
    clock,
    keysOf: () => [],
    call: async (_, ids) => {
      const known = await signedOut(ids);
      return { outcomes: ids.map((id) => known.get(id)) };
    },
  });

  const isOver = ({ issuedAtMs }: Credentials, signedOutAtMs: number | undefined): boolean =>
    signedOutAtMs !== undefined && issuedAtMs !== null && issuedAtMs <= signedOutAtMs;

  return {
    open: async ({ token, apiKey }, address) => {
      if (apiKey) return tokens.isMasterKey(apiKey) ? masterCredentials : readOperatorKey(room, apiKey, address);
      if (!token) return undefined;
      const credentials = await tokens.verify(token);
      if (isOver(credentials, await signOuts.send(credentials.actor.id as string))) {
        throw refuse('UNAUTHENTICATED', { reason: 'this token was signed out' });
      }
      return credentials;
    },
    ended: async (among) => {
      const now = clock.now();
      const over = new Set(among.filter(({ expiresAtMs }) => expiresAtMs !== null && expiresAtMs <= now));
      const travellers = among.filter(({ actor }) => actor.role === 'traveller');
      const holders = among.filter(({ actor }) => actor.role === 'operator' && actor.id !== keyOperator.id);
      const idsOf = (list: Credentials[]) => [...new Set(list.map(({ actor }) => actor.id as string))];
      if (travellers.length > 0) {
        const known = await signedOut(idsOf(travellers));
        for (const each of travellers) if (isOver(each, known.get(each.actor.id as string))) over.add(each);
      }
      if (holders.length > 0) {
        const { rows } = await pool.query<{ id: string }>(revokedSql, [idsOf(holders)]);
        const revoked = new Set(rows.map(({ id }) => id));
        for (const each of holders) if (revoked.has(each.actor.id as string)) over.add(each);
      }
      return over;
    },
  };
}
