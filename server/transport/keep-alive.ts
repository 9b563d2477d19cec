import type { WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../platform/runtime/clock.ts';

/** A socket that said nothing for so long is asked, and ended when it goes on saying nothing. */
const silenceMs = 20_000;
const patienceMs = 10_000;
const lookMs = 2_500;

/**
 * tRPC's keep-alive to the letter (`PING`, answered by `PONG` or by anything else), but one look at
 * all sockets now and then instead of two timers set and cleared with every message.
 *
 * @returns how to end it.
 */
export function keepAlive(sockets: WebSocketServer, clock: Clock): () => void {
  const stopping = new AbortController();
  /** When each was last known to be there, and whether it has been asked since. */
  const known = new Map<WebSocket, { heard: boolean; at: number; asked: boolean }>();
  sockets.on('connection', (socket: WebSocket) => {
    const state = { heard: false, at: clock.now(), asked: false };
    known.set(socket, state);
    socket.on('message', () => {
      state.heard = true;
    });
    socket.once('close', () => known.delete(socket));
  });
  const look = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(lookMs, stopping.signal);
      if (stopping.signal.aborted) return;
      const now = clock.now();
      for (const [socket, state] of known) {
        if (state.heard) Object.assign(state, { heard: false, at: now, asked: false });
        else if (state.asked && now - state.at >= patienceMs) socket.terminate();
        else if (!state.asked && now - state.at >= silenceMs) {
          Object.assign(state, { at: now, asked: true });
          socket.send('PING');
        }
      }
    }
  };
  void look();
  return () => stopping.abort();
}
