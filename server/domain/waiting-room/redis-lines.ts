import type { CabinClass } from '../../../shared/flight.ts';
import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import { openScript } from '../../platform/redis/script.ts';
import { lineKeys, openLinesKey } from './waiting-room.keys.ts';

export interface LineName {
  flightId: string;
  cabin: CabinClass;
}

/** A line as Redis has it. What its fields mean stands in open-line-1.lua. */
export interface LineState extends LineName {
  by: 'pressure' | 'operator';
  opened: number;
  startsAt: number;
  version: number;
  issued: number;
  drawn: number;
  serving: number;
  rate: number;
  soldOut: boolean;
  admitted: number;
  held: number;
  inversions: number;
  waiting: number;
  shopping: number;
}

/** Where somebody stands now. */
export type Entered =
  | { kind: 'gone' }
  | { kind: 'full' }
  | { kind: 'admitted'; ticket: number; until: number }
  | { kind: 'waits'; ticket: number; isNew: boolean }
  | { kind: 'early'; crowd: number; isNew: boolean };

/** What is known of the cabin's seats: `version` -1 if nothing. */
export interface FreeSeats {
  version: number;
  free: number;
}

/** The lines in Redis. Every call rejects while it is away. */
export interface RedisLines {
  /** Opens a line, or puts back a lost one; an open one stays. Answers when the open one was opened; 0: it was closed. */
  open(line: LineState, now: number): Promise<number>;
  /** Answers whether there was one. */
  close(line: LineName): Promise<boolean>;
  /** `presentMs`: for so long he is taken to be there after this. */
  enter(line: LineName, who: { actor: string; ticket: number; presentMs: number }, now: number): Promise<Entered>;
  /** Undefined: there is no such line. */
  advance(
    line: LineName,
    given: { now: number; tokens: number; seats: FreeSeats },
  ): Promise<{ state: LineState; isClosed: boolean } | undefined>;
  /** Somebody who was let in holds seats, or found none. Answers how it counts. */
  leave(
    line: LineName,
    who: { actor: string; how: 'held' | 'refused'; seats: FreeSeats },
    now: number,
  ): Promise<'not counted' | 'in order' | 'inverted'>;
  /** Those that are open. */
  list(): Promise<LineName[]>;
}

export const lineLimits = {
  /** Open at the same time. */
  lines: 100,
  /** Who waits in one line. */
  places: 100_000,
  /** For so long may buy who was let in. */
  passMs: 30_000,
  /** Who has not asked for so long is passed over; a client of ours asks three times as often. */
  presenceMs: 60_000,
  /**
   * Whoever was let in, or told that nothing is free, comes again within this time or not at all: no answer asks
   * anybody to wait longer than five seconds. So long a place or a seat is kept for him.
   */
  returnMs: 6_000,
  /** A line that pressure opened closes after so long without anybody who comes. */
  quietMs: 30_000,
  /** Of a line that no process cares for, and of a ticket. */
  lifeMs: 7_200_000,
};
export type LineLimits = typeof lineLimits;

const script = (redis: RedisConnections, name: string) => openScript(redis, new URL(`./${name}`, import.meta.url));

export function openRedisLines(redis: RedisConnections, keys: Keyspace, limits: LineLimits): RedisLines {
  const openLine = script(redis, 'open-line-1.lua');
  const closeLine = script(redis, 'close-line-6.lua');
  const enterLine = script(redis, 'enter-line-6.lua');
  const advanceLine = script(redis, 'advance-line-6.lua');
  const leaveShop = script(redis, 'leave-shop-3.lua');
  const openLines = openLinesKey(keys);
  const keysOf = ({ flightId, cabin }: LineName) => lineKeys(keys, flightId, cabin);
  const memberOf = ({ flightId, cabin }: LineName): string => `${flightId} ${cabin}`;
  const allOf = (line: LineName): string[] => Object.values(keysOf(line));

  return {
    open: async (line, now) => {
      const { opened, by, startsAt, version, issued, drawn, serving } = line;
      const args = [opened, by, startsAt, version, issued, drawn, serving, now, limits.lifeMs];
      const answer = Number(await openLine([keysOf(line).line], args));
      if (answer > 0) await redis.commands.zadd(openLines, 'NX', String(answer), memberOf(line));
      return answer;
    },
    close: async (line) => {
      const opened = Number(await closeLine(allOf(line), []));
      await redis.commands.zrem(openLines, memberOf(line));
      return opened > 0;
    },
    enter: async (line, { actor, ticket, presentMs }, now) => {
      const answer = await enterLine(allOf(line), [now, actor, ticket, Math.random(), limits.places, presentMs]);
      const [what, given, n, isNew] = answer as [number, number, number, number];
      switch (what) {
        case 1:
          return { kind: 'admitted', ticket: given, until: n };
        case 2:
          return { kind: 'waits', ticket: given, isNew: isNew === 1 };
        case 4:
          return { kind: 'early', crowd: n, isNew: isNew === 1 };
        default:
          return what === 3 ? { kind: 'full' } : { kind: 'gone' };
      }
    },
    advance: async (line, { now, tokens, seats }) => {
      const { passMs, returnMs, quietMs, lifeMs } = limits;
      const args = [now, tokens, seats.version, seats.free, passMs, returnMs, quietMs, lifeMs];
      const answer = (await advanceLine(allOf(line), args)) as [string[], number, number, number] | [];
      const [told, waiting = 0, shopping = 0, closed] = answer;
      // Closed by this, or gone long ago: nobody need look for it any more.
      if (!told || closed === 1) await redis.commands.zrem(openLines, memberOf(line));
      if (!told) return undefined;
      return { state: { ...stateOf(line, told), waiting, shopping }, isClosed: closed === 1 };
    },
    leave: async (line, { actor, how, seats }, now) => {
      const at = keysOf(line);
      const args = [now, actor, how, seats.version, seats.free, limits.returnMs];
      const answer = await leaveShop([at.line, at.passes, at.shopping], args);
      return answer === 2 ? 'inverted' : answer === 1 ? 'in order' : 'not counted';
    },
    list: async () => {
      const members = await redis.commands.zrange(openLines, 0, String(limits.lines - 1));
      return members.map((member) => {
        const [flightId, cabin] = member.split(' ') as [string, CabinClass];
        return { flightId, cabin };
      });
    },
  };
}

function stateOf({ flightId, cabin }: LineName, told: string[]): Omit<LineState, 'waiting' | 'shopping'> {
  const fields = new Map<string, string>();
  for (let at = 0; at < told.length; at += 2) fields.set(told[at] as string, told[at + 1] as string);
  const number = (field: string): number => Number(fields.get(field));
  return {
    flightId,
    cabin,
    by: fields.get('by') === 'operator' ? 'operator' : 'pressure',
    opened: number('opened'),
    startsAt: number('startsAt'),
    version: number('version'),
    issued: number('issued'),
    drawn: number('drawn'),
    serving: number('serving'),
    rate: number('rate'),
    soldOut: number('soldOut') === 1,
    admitted: number('admitted'),
    held: number('held'),
    inversions: number('inversions'),
  };
}
