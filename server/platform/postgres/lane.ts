import { randomUUID } from 'node:crypto';
import { backoffMs } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { refuse } from '../runtime/failure.ts';
import { pausePoint } from '../runtime/pause-points.ts';
import type { LaneSlots } from './lane-slots.ts';
import { isLockTimeout, isRetryable, isTimeout, isUnavailable } from './pg-errors.ts';

/** Where commands of one kind share transactions. Callers know nothing of how many ride together. */
export interface Lane<Member, Outcome> {
  /** Fails: BUSY when too many wait, UNAVAILABLE when Postgres stays away, or the member's own error. */
  send(member: Member): Promise<Outcome>;
  /** Takes a member out that still waits; its `send` answers `instead`. False: it is on its way already. */
  withdraw(member: Member, instead: Outcome): boolean;
  /** Is a member with this key waiting or on its way? */
  has(key: string): boolean;
  /** Members that wait or are on their way. */
  depth(): number;
  /** Members a second that it serves while it is busy, as measured lately. */
  ratePerSecond(): number;
}

export interface LaneOptions<Member, Answer extends { outcomes: unknown[] }> {
  /** Names the pause points `lane.NAME.before-call`, `.after-call` and `.before-answer`. */
  name: string;
  clock: Clock;
  /** What no two members of a batch may share, such as the id of what they are about. */
  keysOf: (member: Member) => string[];
  /**
   * One call, one transaction, one outcome a member, in order. `skipLocked`: an earlier try has waited
   * for a row lock in vain, so go on without what is locked (if `canSkipLocked`).
   */
  call: (batchId: string, members: Member[], skipLocked: boolean) => Promise<Answer>;
  canSkipLocked?: boolean;
  /**
   * Calls are done in the order in which they are made, as on one connection: then a full batch is sent behind the one
   * that is under way, where Postgres finds it when it is done.
   */
  pipelined?: boolean;
  /** Shared with other lanes: a call takes one, or goes without if its batch is full, to which nothing more can gather. */
  slots?: LaneSlots;
  /** Ends the doubt about a batch whose connection was lost: afterwards it has committed or never will. */
  seal?: (batchId: string) => Promise<unknown>;
  /** Told of each batch that committed, before its members are answered. */
  onCommitted?: (answer: Answer, members: Member[]) => void;
  batchMax?: number;
  waitingMax?: number;
}

/** More than this in one call makes the first of them wait for the last without being cheaper. */
const batchMaxDefault = 256;
/** Beyond it the answer is BUSY: a queue that grows is a promise that nobody keeps. */
const waitingMaxDefault = 1_024;
const busyMinMs = 50;
const busyMaxMs = 5_000;
const attemptsMax = 5;
/** A row that stays locked for so many waits is some member's, and the others need not wait for it. */
const lockWaitsMax = 2;
/** How often a lost connection is made again before callers are told that Postgres is away: some ten seconds. */
const sealAttemptsMax = 12;

const noSlot = (): void => undefined;

interface Waiting<Member, Outcome> {
  member: Member;
  keys: string[];
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

/**
 * Batches commands without a timer: an idle lane sends what a turn of the event loop brings; while a batch is on its
 * way the next one gathers, first come first served. It is sent before the previous one is answered, or, where calls
 * are `pipelined`, as soon as it is full, so that Postgres and this process work at the same time.
 *
 * What can go wrong with a batch: it lost a race (sent again whole), one member spoils it or its row
 * stays locked (halves find it, and it fails alone), or its connection was lost. Then nobody knows whether it committed, or
 * whether its statement still waits in a buffer; so it is sealed first, and its members are sent again
 * under a new id: what did commit answers as a repeat.
 */
export function createLane<Member, Outcome, Answer extends { outcomes: Outcome[] } = { outcomes: Outcome[] }>(
  options: LaneOptions<Member, Answer>,
): Lane<Member, Outcome> {
  const { name, clock, keysOf, call, seal, onCommitted, slots } = options;
  const { batchMax = batchMaxDefault, waitingMax = waitingMaxDefault, canSkipLocked = false } = options;
  const underWayMax = options.pipelined ? 2 : 1;
  const [beforeCall, afterCall, beforeAnswer] = ['before-call', 'after-call', 'before-answer'].map(
    (point) => `lane.${name}.${point}`,
  ) as [string, string, string];
  type Entry = Waiting<Member, Outcome>;
  type Sent = () => void;
  let queue: Entry[] = [];
  /** How many members with this key wait or are on their way. */
  const present = new Map<string, number>();
  let depth = 0;
  let underWay = 0;
  let isDue = false;
  let lastEndedAt = 0;
  /** Measured milliseconds a member, smoothed. */
  let serviceMs = 0.1;
  let turnedAway = 0;
  let countingSince = 0;

  const pump = (): void => {
    while (queue.length > 0) {
      const isFull = queue.length >= batchMax;
      if (underWay > 0 && !(isFull && underWay < underWayMax)) return;
      const leaveSlot = slots ? slots.take(pump, isFull) : noSlot;
      if (!leaveSlot) return;
      underWay += 1;
      void send(take()).then((answer) => {
        underWay -= 1;
        leaveSlot();
        pump();
        answer();
      });
    }
  };

  const start = (): void => {
    isDue = false;
    pump();
  };

  /** Time to work off who waits and who was turned away within the last second: all of them will be back. */
  const busyMs = (): number => {
    const now = clock.now();
    if (now - countingSince >= 1_000) {
      countingSince = now;
      turnedAway = 0;
    }
    turnedAway += 1;
    return Math.ceil(Math.min(busyMaxMs, Math.max(busyMinMs, (queue.length + turnedAway) * serviceMs)));
  };

  const leave = ({ keys }: Entry): void => {
    depth -= 1;
    for (const key of keys) {
      const count = (present.get(key) as number) - 1;
      if (count === 0) present.delete(key);
      else present.set(key, count);
    }
  };

  /** The first of the queue that share nothing with each other; the rest keeps its order. */
  const take = (): Entry[] => {
    const batch: Entry[] = [];
    const later: Entry[] = [];
    const keys = new Set<string>();
    let at = 0;
    for (; at < queue.length && batch.length < batchMax; at++) {
      const entry = queue[at] as Entry;
      if (entry.keys.some((key) => keys.has(key))) {
        later.push(entry);
        continue;
      }
      for (const key of entry.keys) keys.add(key);
      batch.push(entry);
    }
    queue = later.length > 0 ? [...later, ...queue.slice(at)] : queue.slice(at);
    return batch;
  };

  /** Never rejects: resolves to the answering of everybody. */
  const send = async (batch: Entry[]): Promise<Sent> => {
    const startedAt = clock.now();
    const answer = await settle(batch);
    // It may have stood behind another one.
    const endedAt = clock.now();
    serviceMs += ((endedAt - Math.max(startedAt, lastEndedAt)) / batch.length - serviceMs) / 8;
    lastEndedAt = endedAt;
    return () => {
      answer();
      for (const entry of batch) leave(entry);
    };
  };

  const settle = async (batch: Entry[], lockWaits = lockWaitsMax): Promise<Sent> => {
    try {
      const members = batch.map((entry) => entry.member);
      const answer = await attempt(members, lockWaits);
      onCommitted?.(answer, members);
      await pausePoint(beforeAnswer);
      return () => {
        batch.forEach((entry, place) => {
          entry.resolve(answer.outcomes[place] as Outcome);
        });
      };
    } catch (error) {
      if (batch.length === 1 || !(isPoison(error) || isLockTimeout(error))) {
        return () => {
          for (const entry of batch) entry.reject(error);
        };
      }
      const half = batch.length >> 1;
      const first = await settle(batch.slice(0, half), 1);
      const second = await settle(batch.slice(half), 1);
      return () => {
        first();
        second();
      };
    }
  };

  const attempt = async (members: Member[], lockWaits: number): Promise<Answer> => {
    let skipLocked = false;
    for (let tries = 1; ; tries++) {
      const batchId = randomUUID();
      try {
        // Without a wait the call is written in this very turn, ahead of the answers to the last batch.
        const paused = pausePoint(beforeCall);
        if (paused) await paused;
        const answer = await call(batchId, members, skipLocked);
        await pausePoint(afterCall);
        return answer;
      } catch (error) {
        const inDoubt = isUnavailable(error);
        if (inDoubt && seal) await end(batchId, error);
        if (tries >= attemptsMax || !(inDoubt || isRetryable(error))) throw error;
        if (isLockTimeout(error) && tries >= lockWaits && !canSkipLocked) throw error;
        skipLocked ||= isLockTimeout(error) && canSkipLocked;
        if (!skipLocked) await clock.sleep(backoffMs(tries, 5, 100));
      }
    }
  };

  /** Seals a batch, waiting for Postgres to come back; if it does not in time, the doubt is the caller's. */
  const end = async (batchId: string, lost: unknown): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        await seal?.(batchId);
        return;
      } catch (error) {
        if (!isUnavailable(error) && !isRetryable(error) && !isTimeout(error)) throw error;
        if (tries >= sealAttemptsMax) throw lost;
        await clock.sleep(100 + backoffMs(tries, 50, 2_000));
      }
    }
  };

  return {
    has: (key) => present.has(key),
    depth: () => depth,
    ratePerSecond: () => 1_000 / serviceMs,
    withdraw: (member, instead) => {
      const at = queue.findIndex((entry) => entry.member === member);
      if (at < 0) return false;
      const [entry] = queue.splice(at, 1) as [Entry];
      leave(entry);
      entry.resolve(instead);
      return true;
    },
    send: (member) => {
      if (queue.length >= waitingMax) {
        return Promise.reject(refuse('BUSY', { retryAfterMs: busyMs() }));
      }
      depth += 1;
      const keys = keysOf(member);
      for (const key of keys) present.set(key, (present.get(key) ?? 0) + 1);
      return new Promise<Outcome>((resolve, reject) => {
        queue.push({ member, keys, resolve, reject });
        if (underWay > 0) pump();
        else if (!isDue) {
          isDue = true;
          // Whoever calls in this same turn of the event loop rides along, from whichever socket.
          setImmediate(start);
        }
      });
    },
  };
}

/** With the server away, slow or raced for nobody is to blame; anything else is some member's fault. */
const isPoison = (error: unknown): boolean => !isRetryable(error) && !isUnavailable(error) && !isTimeout(error);
