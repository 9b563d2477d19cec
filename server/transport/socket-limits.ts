import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { limits } from '../../shared/limits.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Context } from './context.ts';

/** How many sockets somebody may have, and how fast somebody may call, of this process. */
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

/** By user, or by address for those who are nobody. A process counts its own. */
export function createSocketLimits(clock: Clock): SocketLimits {
  const sockets = new Map<string, number>();
  /** When each would be through with what it was granted, at the steady rate. */
  const dueAt = new Map<string, number>();
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
      const due = Math.max(now, dueAt.get(who) ?? 0) + calls * msPerCall;
      if (due - now > burstMs) return Math.ceil(due - now - burstMs);
      dueAt.set(who, due);
      if (dueAt.size > namesPerSweep) for (const [name, at] of dueAt) if (at < now) dueAt.delete(name);
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
