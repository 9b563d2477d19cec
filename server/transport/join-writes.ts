import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/**
 * Lets the frames that are sent in one turn of the event loop leave in one write. Answers come in
 * bursts, when a batch has committed, and a write each is the dearest thing in answering. Nothing
 * waits: the turn's end is when the first of them could have left anyway.
 */
export function joinWrites(socket: WebSocket, connection: Duplex): void {
  const send = socket.send.bind(socket) as (...args: unknown[]) => void;
  let joining = false;
  const leave = (): void => {
    joining = false;
    connection.uncork();
  };
  socket.send = ((...args: unknown[]): void => {
    if (!joining) {
      joining = true;
      connection.cork();
      // Behind the promises of this turn, whose continuations are what sends.
      process.nextTick(leave);
    }
    send(...args);
  }) as WebSocket['send'];
}
