import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/**
 * For tRPC's adapter, as ours does by itself: what one turn of the event loop sends over a socket leaves in one write. A
 * lane answers hundreds of calls in a turn, and a write each costs more than all else in answering.
 */
export function gatherFrames(socket: WebSocket, connection: Duplex): void {
  const { send } = socket;
  let isGathering = false;
  const leave = (): void => {
    isGathering = false;
    connection.uncork();
  };
  socket.send = (...frame: unknown[]): void => {
    if (!isGathering) {
      isGathering = true;
      connection.cork();
      setImmediate(leave);
    }
    send.apply(socket, frame as Parameters<WebSocket['send']>);
  };
}
