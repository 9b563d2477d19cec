import type { Pool } from 'pg';
import type { PlaceView } from '../../../shared/waiting.ts';
import type { Hub } from '../../platform/live/hub.ts';
import { createBreaker } from '../../platform/runtime/breaker.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { type Failure, refuse } from '../../platform/runtime/failure.ts';
import type { KnownSeats } from '../inventory/known-seats.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { LineSeal } from './line-seal.ts';
import type { LineNews, OpenLines } from './open-lines.ts';
import type { Entered, FreeSeats, LineLimits, LineName, LineState, RedisLines } from './redis-lines.ts';

/** Who wants to buy, and on which legs. */
export interface Comer {
  actor: string;
  legs: readonly LineName[];
}

/**
 * What selling asks the waiting room. It only orders who may try: Postgres decides about seats, and where Redis is
 * away nobody waits.
 */
export interface WaitingRoom {
  /** Is there a line on any of the legs? A look into memory, and no more, while no line is open. */
  keeps(legs: readonly LineName[]): boolean;
  /**
   * Undefined: go on. Else what to tell, and whether the place is new, so that an earlier hold may have to be looked
   * for. `token` is what a waiting room gave this one before.
   */
  admit(comer: Comer, token?: string): Promise<{ failure: Failure; isNew: boolean } | undefined>;
  /** The lane had no room for this one; so many of them open a line, and then he has a place in it. */
  pressed(comer: Comer): Promise<Failure | undefined>;
  /** How it ended for somebody who was let in. Nobody waits for it. */
  left(comer: Comer, how: 'held' | 'refused'): void;
}

/** Where everybody may try. */
export const noWaitingRoom: WaitingRoom = {
  keeps: () => false,
  admit: async () => undefined,
  pressed: async () => undefined,
  left: () => undefined,
};

/** What the commands of this room call. */
export interface LinesRoom {
  lines: OpenLines;
  redis: RedisLines;
  seal: LineSeal;
  hub: Hub;
  pool: Pool;
  known: KnownSeats;
  clock: Clock;
  limits: LineLimits;
  metrics: Pick<Metrics, 'waitingHoldsTotal' | 'waitingInversionsTotal'>;
  /** Buyers a second that this process can serve. */
  servedPerSecond(): number;
  /** To every process, this one included. */
  tell(news: LineNews): void;
}

/** So many BUSY answers on a cabin within a second open its line. */
export const pressure = { refusals: 50, windowMs: 1_000 };
/** A process that opens a line is not asked about it meanwhile; more cabins than that are not counted. */
const countedMax = 1_000;
const retryMinMs = 250;
const retryMaxMs = 5_000;

export function createWaitingRoom(room: LinesRoom): WaitingRoom {
  const { lines, redis, clock, metrics } = room;
  // A storm makes answers slow; only a Redis that is gone lets everybody pass.
  const breaker = createBreaker({
    clock,
    timeoutMs: 2_000,
    failuresMax: 3,
    backoffBaseMs: 200,
    backoffCapMs: 2_000,
  });
  /** BUSY answers by cabin in the present window. */
  const busy = new Map<string, number>();
  let countingSince = 0;
  const opening = new Map<string, Promise<void>>();

  const admitTo = async (line: LineState, actor: string, token: string | undefined) => {
    const holder = { actor, flightId: line.flightId, cabin: line.cabin };
    const proof = token === undefined ? undefined : room.seal.open(token, holder, clock.now());
    if (proof?.kind === 'pass' && proof.opened === line.opened) return undefined;
    // SOLD_OUT is the end of it for most.
    const presentMs = line.soldOut ? room.limits.returnMs : room.limits.presenceMs;
    const attempt = await breaker.attempt(() => enterLine(room, line, { actor, presentMs }, token));
    if (attempt.kind !== 'answered' || attempt.value.kind === 'gone') return undefined;
    const entered = attempt.value;
    switch (entered.kind) {
      case 'admitted':
        return undefined;
      case 'full':
        return { failure: refuse('BUSY', { retryAfterMs: retryMaxMs }), isNew: false };
      default:
        return { failure: waitsFailure(room, line, actor, entered), isNew: entered.isNew };
    }
  };

  const admit: WaitingRoom['admit'] = async ({ actor, legs }, token) => {
    for (const leg of legs) {
      const line = lines.find(leg);
      const told = line && (await admitTo(line, actor, token));
      if (told) return told;
    }
    return undefined;
  };

  const count = (line: LineName): number => {
    const now = clock.now();
    if (now - countingSince >= pressure.windowMs || now < countingSince) {
      busy.clear();
      countingSince = now;
    }
    const key = `${line.flightId} ${line.cabin}`;
    const times = (busy.get(key) ?? 0) + 1;
    if (times > 1 || busy.size < countedMax) busy.set(key, times);
    return times;
  };

  const openOnce = (line: LineName): Promise<void> => {
    const key = `${line.flightId} ${line.cabin}`;
    const running =
      opening.get(key) ??
      openLine(room, line, 'pressure', 0)
        .then(() => undefined)
        .catch(() => undefined)
        .finally(() => opening.delete(key));
    opening.set(key, running);
    return running;
  };

  return {
    keeps: (legs) => lines.size > 0 && legs.some((leg) => lines.find(leg)),
    admit,
    pressed: async (comer) => {
      for (const leg of comer.legs) {
        if (!lines.find(leg) && count(leg) >= pressure.refusals) await openOnce(leg);
      }
      return (await admit(comer))?.failure;
    },
    left: ({ actor, legs }, how) => {
      for (const leg of legs) {
        if (!lines.find(leg)) continue;
        redis
          .leave(leg, { actor, how, seats: seatsOf(room, leg) }, clock.now())
          .then((counted) => {
            if (counted === 'not counted') return;
            metrics.waitingHoldsTotal.inc();
            if (counted === 'inverted') metrics.waitingInversionsTotal.inc();
          })
          // What Redis did not hear ends with the pass.
          .catch(() => undefined);
      }
    },
  };
}

/** What this process knows of the cabin without asking anybody. */
function seatsOf({ known }: LinesRoom, line: LineName): FreeSeats {
  const seats = known.find(line.flightId, line.cabin);
  return seats ? { version: seats.version, free: seats.available } : { version: -1, free: 0 };
}

/** Opens a line, unless there are enough. Answers the state that this process then knows. */
export async function openLine(
  room: LinesRoom,
  line: LineName,
  by: LineState['by'],
  startsAt: number,
): Promise<LineState | undefined> {
  const now = room.clock.now();
  if (!room.lines.find(line) && room.lines.size >= room.limits.lines) return undefined;
  const counts = { issued: 0, drawn: 0, serving: 0, rate: 0, admitted: 0, held: 0, inversions: 0 };
  const fresh = {
    ...line,
    ...counts,
    by,
    opened: now,
    version: now,
    startsAt,
    soldOut: false,
    waiting: 0,
    shopping: 0,
  };
  await room.redis.open(fresh, now);
  return lookAt(room, line);
}

/** Takes over how a line is in Redis, without letting anybody in. Undefined: there is none. */
export async function lookAt(room: LinesRoom, line: LineName): Promise<LineState | undefined> {
  const nothing = { version: -1, free: 0 };
  const found = await room.redis.advance(line, { now: room.clock.now(), tokens: 0, seats: nothing });
  if (!found || found.isClosed) return undefined;
  room.tell({ state: found.state, isOpen: true });
  return found.state;
}

/** A line that Redis has lost is put back as this process knew it. */
export async function putBack(room: LinesRoom, line: LineState): Promise<boolean> {
  const opened = await room.redis.open({ ...line, version: line.version + 1 }, room.clock.now());
  if (opened === 0) room.lines.forget(line);
  return opened > 0;
}

/** A place, and the word that one is there for `presentMs` from now on. Rejects while Redis is away. */
export async function enterLine(
  room: LinesRoom,
  line: LineState,
  { actor, presentMs }: { actor: string; presentMs: number },
  token: string | undefined,
): Promise<Entered> {
  const { redis, seal, clock } = room;
  const now = clock.now();
  const proof = token === undefined ? undefined : seal.open(token, { ...line, actor }, now);
  const who = { actor, presentMs, ticket: proof?.opened === line.opened ? proof.ticket : 0 };
  const entered = await redis.enter(line, who, now);
  if (entered.kind !== 'gone' || !(await putBack(room, line))) return entered;
  return redis.enter(line, who, now);
}

function waitsFailure(room: LinesRoom, line: LineState, actor: string, entered: Entered): Failure {
  const place = placeOf(room, line, actor, entered) as PlaceView;
  if (place.soldOut) {
    const { flightId, cabin } = line;
    return refuse('SOLD_OUT', { flightId, cabin, available: 0, version: Math.max(0, seatsOf(room, line).version) });
  }
  const waitMs = place.startsAt
    ? Date.parse(place.startsAt) - room.clock.now()
    : (place.estimateSeconds ?? retryMaxMs) * 1_000;
  return refuse('BUSY', { retryAfterMs: Math.min(retryMaxMs, Math.max(retryMinMs, waitMs)), line: place });
}

/** A place as its owner is told. Undefined: he has none. */
export function placeOf(room: LinesRoom, line: LineState, actor: string, entered: Entered): PlaceView | undefined {
  if (entered.kind === 'gone' || entered.kind === 'full') return undefined;
  const { flightId, cabin, opened } = line;
  const now = room.clock.now();
  const isIn = entered.kind === 'admitted';
  const ticket = entered.kind === 'early' ? null : entered.ticket;
  // He may know more than this process has heard.
  const serving = isIn ? Math.max(line.serving, entered.ticket) : line.serving;
  const position = entered.kind === 'early' ? entered.crowd : isIn ? 0 : Math.max(1, entered.ticket - serving);
  const rate = line.rate > 0 ? line.rate : line.soldOut ? 0 : room.servedPerSecond();
  const untilStartMs = Math.max(0, line.startsAt - now);
  const token = room.seal.seal(
    {
      kind: isIn ? 'pass' : 'ticket',
      ticket: ticket ?? 0,
      opened,
      until: isIn ? entered.until : now + room.limits.lifeMs,
    },
    { actor, flightId, cabin },
  );
  return {
    flightId,
    cabin,
    ticket,
    nowServing: serving,
    position,
    estimateSeconds: isIn ? 0 : rate > 0 ? Math.ceil(untilStartMs / 1_000 + position / rate) : null,
    soldOut: !isIn && line.soldOut,
    startsAt: untilStartMs > 0 ? new Date(line.startsAt).toISOString() : null,
    passUntil: isIn ? new Date(entered.until).toISOString() : null,
    token,
  };
}
