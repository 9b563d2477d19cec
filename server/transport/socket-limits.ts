import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { limits } from '../../shared/limits.ts';
import { noRateLimit, type RateLimit } from '../platform/redis/rate-limit.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { Failure } from '../platform/runtime/failure.ts';
import type { Context } from './context.ts';

/** How many sockets somebody may have of this process, and how fast somebody may call it and the others. */
export interface SocketLimits {
  /** Counts a socket in until it closes. False: that address has enough. */
  admit(address: string): boolean;
  release(address: string): void;
  /** Milliseconds after which so many calls may come; 0: they may now, and have been counted. */
  waitMs(context: Context, calls: number): number;
}

export const noSocketLimits: SocketLimits = { admit: () => true, release: () => undefined, waitMs: () => 0 };

const msPerCall = 1_000 / limits.callsPerSecond;
const burstMs = limits.callsAtOnce * msPerCall;
/** Whoever is not heard of for a burst's length is forgotten; looked for at so many names. */
const namesPerSweep = 10_000;

interface Account {
  /** When he would be through with what he was granted, at the steady rate. */
  dueAt: number;
  /** Calls that the others have not been told of yet. */
  untold: number;
  /** Until when he has called enough elsewhere. */
  closedUntil: number;
}

/** A process tells the others of so many calls at a time, so that hardly any call costs Redis anything. */
const callsTold = 250;

/** What somebody may call over all processes: in a window, the burst and the steady rate of one. */
export const callsEverywhere = {
  name: 'calls',
  points: limits.callsAtOnce + 10 * limits.callsPerSecond,
  seconds: 10,
};

/**
 * By user, or by address for those who are nobody. A process counts its own, and `everywhere` what it was told of by
 * all of them; nobody waits for that, so whoever is beyond it learns so a few calls later.
 */
export function createSocketLimits(clock: Clock, everywhere: RateLimit = noRateLimit): SocketLimits {
  const sockets = new Map<string, number>();
  const accounts = new Map<string, Account>();

  const accountOf = (who: string): Account => {
    let account = accounts.get(who);
    if (!account) {
      account = { dueAt: 0, untold: 0, closedUntil: 0 };
      accounts.set(who, account);
    }
    return account;
  };

  const tell = (who: string, account: Account): void => {
    const calls = account.untold;
    account.untold = 0;
    everywhere.take(who, calls).catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'RATE_LIMITED')
        account.closedUntil = clock.now() + (error.details as { retryAfterMs: number }).retryAfterMs;
    });
  };

  return {
    admit: (address) => {
      const open = sockets.get(address) ?? 0;
      if (open >= limits.socketsPerAddress) return false;
      sockets.set(address, open + 1);
      return true;
    },
    release: (address) => {
      const open = (sockets.get(address) ?? 0) - 1;
      if (open > 0) sockets.set(address, open);
      else sockets.delete(address);
    },
    waitMs: ({ actor, address }, calls) => {
      const now = clock.now();
      const who = actor.role === 'anonymous' ? address : actor.id;
      const account = accountOf(who);
      const due = Math.max(now, account.dueAt) + calls * msPerCall;
      if (due - now > burstMs) return Math.ceil(due - now - burstMs);
      if (account.closedUntil > now) return Math.ceil(account.closedUntil - now);
      account.dueAt = due;
      account.untold += calls;
      if (account.untold >= callsTold) tell(who, account);
      if (accounts.size > namesPerSweep) {
        for (const [name, { dueAt, closedUntil }] of accounts)
          if (Math.max(dueAt, closedUntil) < now) accounts.delete(name);
      }
      return 0;
    },
  };
}

/**
 * How large a message of this socket may be from now on. Only operators import files; a stranger's
 * message is refused by its header, before any of it is kept.
 */
export function allowMessages(socket: WebSocket, bytes: number): void {
  // There is no public way to change it once a socket is open; a test knows when this one is gone.
  (socket as unknown as { _receiver: { _maxPayload: number } })._receiver._maxPayload = bytes;
}

/** As `allowMessages`, by what a socket says of itself. A wrong key is refused and its socket closed. */
export const messageBytesOf = (request: IncomingMessage, given: { apiKey?: string }): number =>
  (given.apiKey ?? request.headers['x-api-key']) ? limits.messageBytes : limits.strangersMessageBytes;
