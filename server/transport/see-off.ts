import type { Duplex } from 'node:stream';

/** In one turn of the event loop: about a millisecond of work. */
const perTurn = 24;

type Listener = (this: Duplex) => void;

/** What `ws` does at the end and at the close of a socket, the same for all. */
const ofWs: Record<'end' | 'close', { name: string; listener?: Listener }> = {
  end: { name: 'socketOnEnd' },
  close: { name: 'socketOnClose' },
};
const leaving: { socket: Duplex; event: 'end' | 'close' }[] = [];

/**
 * When a network is cut, thousands of sockets end in one moment, and what is to be done for each would keep everybody
 * else waiting until the last is gone. So it is done for a few in each turn of the event loop. Nothing is written to
 * those who wait for it.
 *
 * @param socket one that `ws` has just taken over.
 */
export function seeOff(socket: Duplex): void {
  defer(socket, 'end', ended);
  defer(socket, 'close', closed);
}

function defer(socket: Duplex, event: 'end' | 'close', instead: Listener): void {
  const known = ofWs[event];
  const listener = socket.listeners(event).find(({ name }) => name === known.name) as Listener | undefined;
  if (!listener) return;
  known.listener = listener;
  socket.off(event, listener);
  socket.on(event, instead);
}

function ended(this: Duplex): void {
  wait(this, 'end');
}

function closed(this: Duplex): void {
  wait(this, 'close');
}

function wait(socket: Duplex, event: 'end' | 'close'): void {
  if (leaving.push({ socket, event }) === 1) setImmediate(seeOffSome);
}

function seeOffSome(): void {
  // Its receiver is ended twice, and Node makes an error of that which nobody sees: its stack would cost the most.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  for (const { socket, event } of leaving.splice(0, perTurn)) {
    if (event === 'close' || !socket.destroyed) ofWs[event].listener?.call(socket);
  }
  Error.stackTraceLimit = limit;
  if (leaving.length > 0) setImmediate(seeOffSome);
}
