import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Pool } from 'pg';
import type { CreateKeyInput, NewOperatorKeyView, OperatorKeyView, OperatorScope } from '../../../shared/identity.ts';
import { newId } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { Credentials } from './actor.ts';
import type { IdentityRoom } from './identity-room.ts';
import { OperatorKey } from './operator-key.entity.ts';

type KeyRoom = Pick<IdentityRoom, 'orm' | 'clock' | 'announceEnd'>;

/** `ak_` + the id's 32 hex digits + `_` + 256 random bits: found by the first part, proved by the whole. */
const keyShape = /^ak_([0-9a-f]{32})_[\w-]{43}$/;
const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();
const idOf = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;

/** Makes a key; its text is in this answer and nowhere else. Fails: NOT_ALLOWED (the id has a key already). */
export async function createOperatorKey(room: KeyRoom, input: CreateKeyInput): Promise<NewOperatorKeyView> {
  const em = room.orm.em.fork();
  const id = input.id ?? newId(room.clock.now());
  // A repeat cannot be told the text again: only its digest is kept.
  if (await em.findOne(OperatorKey, id))
    throw refuse('NOT_ALLOWED', { reason: 'this id has a key already', keyId: id });
  const key = `ak_${id.replaceAll('-', '')}_${randomBytes(32).toString('base64url')}`;
  const at = new Date(room.clock.now());
  const row = em.create(OperatorKey, {
    id,
    name: input.name,
    digest: digestOf(key),
    scopes: [...new Set(input.scopes)],
    addresses: input.addresses ?? null,
    expiresAt: input.expiresAt ? new Date(input.expiresAt) : null,
    createdAt: at,
    updatedAt: at,
  });
  await em.flush();
  return { ...viewOf(row), key };
}

/** All keys, newest first; there are few. */
export async function listOperatorKeys(room: KeyRoom): Promise<{ keys: OperatorKeyView[] }> {
  const rows = await room.orm.em
    .fork()
    .findAll(OperatorKey, { orderBy: { createdAt: 'desc', id: 'desc' }, limit: 200 });
  return { keys: rows.map(viewOf) };
}

/** Ends a key for good; sockets that it opened are closed within seconds. Fails: NOT_FOUND. */
export async function revokeOperatorKey(room: KeyRoom, keyId: string): Promise<OperatorKeyView> {
  const em = room.orm.em.fork();
  const row = await em.findOne(OperatorKey, keyId);
  if (!row) throw refuse('NOT_FOUND', { reason: 'no such key' });
  row.revokedAt ??= new Date(room.clock.now());
  await em.flush();
  room.announceEnd(row.id);
  return viewOf(row);
}

interface KeyRow {
  id: string;
  digest: Buffer;
  scopes: OperatorScope[];
  addresses: string[] | null;
  expiresAtMs: number | null;
  revoked: boolean;
}

const keySql = `
  select id, digest, scopes, addresses, (extract(epoch from expires_at) * 1000)::float8 as "expiresAtMs",
    revoked_at is not null as revoked
  from operator_key where id = $1`;

/** Fails: UNAUTHENTICATED (the same for a key that never was, is revoked or over), FORBIDDEN (not from this address). */
export async function readOperatorKey(
  room: { pool: Pool; clock: Clock },
  key: string,
  address: string,
): Promise<Credentials> {
  const hex = keyShape.exec(key)?.[1];
  const row = hex && (await room.pool.query<KeyRow>(keySql, [idOf(hex)])).rows[0];
  const isGood =
    row &&
    timingSafeEqual(digestOf(key), row.digest) &&
    !row.revoked &&
    (row.expiresAtMs === null || row.expiresAtMs > room.clock.now());
  if (!isGood) throw refuse('UNAUTHENTICATED', { reason: 'the operator key is not valid' });
  if (row.addresses && !isWithin(row.addresses, address)) {
    throw refuse('FORBIDDEN', { reason: 'this key may not be used from this address' });
  }
  return {
    actor: { role: 'operator', id: row.id, scopes: row.scopes },
    issuedAtMs: null,
    expiresAtMs: row.expiresAtMs,
  };
}

/** Of an IPv6 caller only the network of 64 bits is known (`…::/64`), so a single IPv6 address stands for its network. */
function isWithin(networks: string[], address: string): boolean {
  const allowed = new BlockList();
  for (const network of networks) {
    const [base = '', bits] = network.split('/');
    if (isIPv6(base)) allowed.addSubnet(base, Math.min(Number(bits ?? 64), 64), 'ipv6');
    else allowed.addSubnet(base, Number(bits ?? 32), 'ipv4');
  }
  const caller = address.replace(/\/64$/, '');
  return isIP(caller) !== 0 && allowed.check(caller, isIPv6(caller) ? 'ipv6' : 'ipv4');
}

function viewOf(row: OperatorKey): OperatorKeyView {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    addresses: row.addresses ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
