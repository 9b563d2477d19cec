import { useSyncExternalStore } from 'react';
import { client } from './traveller.ts';

/**
 * The server's clock, from `system.ping`: an answer's instant, put in the middle of its round trip.
 * Holds expire by that clock, so a countdown by the browser's would lie wherever that one is wrong.
 */
let offsetMs = 0;
let bestRoundTripMs = Number.POSITIVE_INFINITY;

async function measure(): Promise<void> {
  const sentAt = Date.now();
  const { at } = await client.trpc.system.ping.query();
  const roundTripMs = Date.now() - sentAt;
  // The shortest round trip bounds the error best; a slow one must not spoil it.
  if (roundTripMs > bestRoundTripMs * 2 && bestRoundTripMs < 1_000) return;
  bestRoundTripMs = roundTripMs;
  offsetMs = Date.parse(at) + roundTripMs / 2 - Date.now();
}

const again = (): void => void measure().catch(() => undefined);

/** Measures now, after each reconnect and every minute: a laptop's clock jumps when it wakes. */
export function followServerClock(): void {
  again();
  setInterval(again, 60_000);
  let openSince = 0;
  client.connection.subscribe(() => {
    const state = client.connection.state();
    if (state.kind !== 'open' || state.since === openSince) return;
    openSince = state.since;
    bestRoundTripMs = Number.POSITIVE_INFINITY;
    again();
  });
}

const serverNow = (): number => Date.now() + offsetMs;

const everySecond = (listener: () => void): (() => void) => {
  const timer = setInterval(listener, 250);
  return () => clearInterval(timer);
};

/** The server's time in whole seconds (Unix), ticking. */
export const useServerSecond = (): number => useSyncExternalStore(everySecond, () => Math.floor(serverNow() / 1000));
