import type { Keyspace } from '../../platform/redis/keyspace.ts';

/** What Redis knows of one cabin; all keys about a cabin live in its slot. admit-1.lua has the fields. */
export const seatGateKey = (keys: Keyspace, cabinId: number): string => keys.key('gate', String(cabinId));
