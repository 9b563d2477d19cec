import type { Clock } from '../../platform/runtime/clock.ts';
import type { AdapterStats } from './adapter-parts.ts';
import type { Connection } from './connection.ts';

/** A socket that said nothing for so long is asked, and ended when it goes on saying nothing. */
const silenceMs = 20_000;
const patienceMs = 10_000;
/** A socket whose client takes nothing of what waits for it is closed after this long. */
const stallMs = 10_000;
const lookMs = 2_500;

/**
 * tRPC's keep-alive to the letter (`PING`, answered by `PONG` or by anything else), and an end for
 * those that do not read: one look at all sockets now and then, instead of timers set and cleared
 * with every message.
 *
 * @returns how to end it.
 */
export function watchConnections(connections: ReadonlySet<Connection>, stats: AdapterStats, clock: Clock): () => void {
  const stopping = new AbortController();
  const look = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(lookMs, stopping.signal);
      if (stopping.signal.aborted) return;
      const now = clock.now();
      for (const connection of connections) lookAt(connection, stats, now);
    }
  };
  void look();
  return () => stopping.abort();
}

function lookAt(connection: Connection, stats: AdapterStats, now: number): void {
  const { watched, buffered, isFull } = connection;
  // What is not read from cannot be heard, so a full socket is judged by what it takes.
  if (isFull) {
    if (watched.fullSince === 0 || buffered < watched.buffered) watched.fullSince = now;
    else if (now - watched.fullSince >= stallMs) return void connection.closeAsSlow();
    watched.buffered = buffered;
    return;
  }
  watched.fullSince = 0;
  if (watched.heard) {
    Object.assign(watched, { heard: false, at: now, asked: false });
  } else if (watched.asked && now - watched.at >= patienceMs) {
    stats.socketsClosedSilent++;
    connection.terminate();
  } else if (!watched.asked && now - watched.at >= silenceMs) {
    Object.assign(watched, { at: now, asked: true });
    connection.tell('PING');
  }
}
