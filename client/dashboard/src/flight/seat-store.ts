import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { CabinView, FlightView, SeatsView } from '../../../../shared/flight.ts';
import { limits } from '../../../../shared/limits.ts';
import { recordUpdate } from '../wire/replayed.ts';
import { client } from '../wire/traveller.ts';

/**
 * The newest seats of every flight that somebody looks at. Components say which flights they show;
 * those that come into view within a moment share one subscription, and it ends when none of its
 * flights is shown any more. Values are absolute and versioned, so frames may be lost or repeated.
 */
interface Live {
  state: FlightView['state'];
  cabins: Map<string, CabinView>;
  /** Grows with each change, so that React can compare. */
  revision: number;
}

interface Watch {
  shown: number;
  live: Live | undefined;
  listeners: Set<() => void>;
  group: Group | undefined;
}

interface Group {
  flightIds: Set<string>;
  stop: () => void;
}

const onlookers = new Set<() => void>();

/** Calls back, at most once a frame, when any flight's seats changed. Returns how to stop it. */
export function onSeatsChanged(listener: () => void): () => void {
  onlookers.add(listener);
  return () => void onlookers.delete(listener);
}

const watches = new Map<string, Watch>();
const arrived = new Set<string>();
const changed = new Set<Watch>();
let gathering: ReturnType<typeof setTimeout> | undefined;
let painting = false;

/** Long enough for a page of strips to mount, too short to be seen. */
const gatherMs = 40;
/** A flight that scrolls out and back in within this time keeps its subscription. */
const lingerMs = 5_000;

function watchOf(flightId: string): Watch {
  let watch = watches.get(flightId);
  if (!watch) {
    watch = { shown: 0, live: undefined, listeners: new Set(), group: undefined };
    watches.set(flightId, watch);
  }
  return watch;
}

function receive(seats: SeatsView): void {
  recordUpdate();
  const watch = watches.get(seats.flightId);
  if (!watch) return;
  const cabins = new Map(watch.live?.cabins);
  for (const cabin of seats.cabins) {
    if ((cabins.get(cabin.cabin)?.version ?? -1) <= cabin.version) cabins.set(cabin.cabin, cabin);
  }
  const isNews = watch.live !== undefined;
  watch.live = { state: seats.state, cabins, revision: (watch.live?.revision ?? 0) + 1 };
  changed.add(watch);
  if (painting) return;
  painting = true;
  // At most one paint a frame, however many frames of data come in one.
  requestAnimationFrame(() => {
    painting = false;
    const due = [...changed];
    changed.clear();
    for (const each of due) for (const listener of each.listeners) listener();
    if (isNews) for (const listener of onlookers) listener();
  });
}

function gather(): void {
  gathering = undefined;
  const flightIds = [...arrived].filter((id) => watches.get(id)?.shown && !watches.get(id)?.group);
  arrived.clear();
  for (let from = 0; from < flightIds.length; from += limits.flightsPerSeatSubscription) {
    subscribe(flightIds.slice(from, from + limits.flightsPerSeatSubscription));
  }
}

function subscribe(flightIds: string[]): void {
  const group: Group = { flightIds: new Set(flightIds), stop: () => undefined };
  for (const id of flightIds) watchOf(id).group = group;
  const subscription = client.trpc.flights.onSeats.subscribe(
    { flightIds },
    {
      onData: (event) => receive(event.data),
      // A flight that was deleted meanwhile ends the stream; the strips keep their last numbers.
      onError: () => disband(group),
    },
  );
  group.stop = () => subscription.unsubscribe();
}

function disband(group: Group): void {
  group.stop();
  for (const id of group.flightIds) {
    const watch = watches.get(id);
    if (watch?.group === group) watch.group = undefined;
  }
}

function show(flightId: string): () => void {
  const watch = watchOf(flightId);
  watch.shown += 1;
  if (!watch.group) {
    arrived.add(flightId);
    if (gathering === undefined) gathering = setTimeout(gather, gatherMs);
  }
  return () => {
    watch.shown -= 1;
    if (watch.shown > 0) return;
    setTimeout(() => {
      const { group } = watch;
      if (group && [...group.flightIds].every((id) => !watches.get(id)?.shown)) disband(group);
    }, lingerMs);
  };
}

/** The newest of each of these flights, live as long as `visible`; undefined where nothing was heard yet. */
export function useLiveSeats(flightIds: readonly string[], visible: boolean): (Live | undefined)[] {
  const key = flightIds.join();
  useEffect(() => {
    if (!visible) return;
    const hides = key.split(',').map(show);
    return () => {
      for (const hide of hides) hide();
    };
  }, [key, visible]);
  useSyncExternalStore(
    useCallback(
      (listener: () => void) => {
        const heard = key.split(',').map((id) => watchOf(id).listeners);
        for (const listeners of heard) listeners.add(listener);
        return () => {
          for (const listeners of heard) listeners.delete(listener);
        };
      },
      [key],
    ),
    () => flightIds.map((id) => watches.get(id)?.live?.revision).join(),
  );
  return flightIds.map((id) => watches.get(id)?.live);
}

/** The flight with its newest seats, prices and state; live as long as `visible`. */
export function useLiveFlight<F extends FlightView>(flight: F, visible = true): F {
  const [live] = useLiveSeats([flight.id], visible);
  return live ? { ...flight, state: live.state, cabins: newestCabins(flight.cabins, live.cabins) } : flight;
}

function newestCabins<C extends CabinView>(loaded: C[], live: Map<string, CabinView>): C[] {
  const merged = loaded.map((cabin) => {
    const newer = live.get(cabin.cabin);
    return newer && newer.version > cabin.version ? { ...cabin, ...newer } : cabin;
  });
  const known = new Set<string>(loaded.map((cabin) => cabin.cabin));
  // A cabin that an operator added meanwhile; an operator's own counters come with the next reading.
  return [...merged, ...([...live.values()].filter((cabin) => !known.has(cabin.cabin)) as C[])];
}
