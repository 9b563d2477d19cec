import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Credentials } from '../domain/identity/actor.ts';
import type { IdentityRoom } from '../domain/identity/identity-room.ts';

/** A hint that was lost on its way through Redis is made up for within it. */
const lookMs = 5_000;
/** So many at a time, so that a look at many thousands of sockets is no burst. */
const perLook = 1_000;

/** In the range of applications; what it means stands in docs/wire.md. */
const closeCode = 4401;

/**
 * A socket outlives what opened it: tokens expire, users sign out everywhere, keys are revoked. Looks
 * at all of them now and then, at one user's at once when told, and closes those that are over.
 */
export function watchCredentials(room: Pick<IdentityRoom, 'sessions' | 'clock'>, log: Logger) {
  const { sessions, clock } = room;
  const stopping = new AbortController();
  const open = new Map<WebSocket, Credentials>();

  const close = async (sockets: [WebSocket, Credentials][]): Promise<void> => {
    for (let from = 0; from < sockets.length; from += perLook) {
      const some = sockets.slice(from, from + perLook);
      const ended = await sessions.ended(some.map(([, credentials]) => credentials));
      for (const [socket, credentials] of some) {
        if (ended.has(credentials)) socket.close(closeCode, 'the token or key is over');
      }
    }
  };
  /** Without the record nobody can say; the next look comes. */
  const attempt = (sockets: [WebSocket, Credentials][]): Promise<void> =>
    close(sockets).catch((error: unknown) => log.debug({ err: error }, 'credentials could not be looked at'));

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(lookMs, stopping.signal);
      if (!stopping.signal.aborted) await attempt([...open]);
    }
  };
  void run();

  return {
    add: (socket: WebSocket, credentials: Credentials): void => {
      if (credentials.actor.role === 'anonymous' || socket.readyState !== socket.OPEN) return;
      open.set(socket, credentials);
      socket.once('close', () => open.delete(socket));
    },
    look: (subjectId: string): void => {
      const theirs = [...open].filter(([, { actor }]) => actor.id === subjectId);
      if (theirs.length > 0) void attempt(theirs);
    },
    stop: (): void => stopping.abort(),
  };
}
