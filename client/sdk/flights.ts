import type { TRPCClient } from '@trpc/client';
import type { z } from 'zod';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { FlightView, SearchFlightsView, SeatsView, searchFlightsInput } from '../../shared/flight.ts';
import { limits } from '../../shared/limits.ts';
import type { OffersInput, OfferView, RepriceView } from '../../shared/offer.ts';
import type { PlaceView } from '../../shared/place.ts';
import type { Calling, CallOptions } from './call.ts';
import { newestInbox, watch } from './watch.ts';

export interface Search {
  /** Airports and cities by code, name or a part of it. */
  places(q: string, options?: CallOptions & { limit?: number }): Promise<PlaceView[]>;
  /** Direct flights of one local departure date. */
  flights(input: z.input<typeof searchFlightsInput>, options?: CallOptions): Promise<SearchFlightsView>;
}

export interface Offers {
  /** What a party may buy these legs as: one offer a brand, cheapest first, its price kept for ten minutes. */
  list(input: OffersInput, options?: CallOptions): Promise<OfferView[]>;
  /** What an offer costs today, and why it changed; with a new promise. */
  reprice(offerToken: string, options?: CallOptions): Promise<RepriceView>;
}

export interface Flights {
  get(flightId: string, options?: CallOptions): Promise<FlightView>;
  /** The newest seats of each flight at once, then whenever they change; what a slow reader missed is skipped. */
  watchSeats(
    flightIds: string | readonly string[],
    options?: { signal?: AbortSignal },
  ): AsyncGenerator<SeatsView, void>;
}

export function createSearch(trpc: TRPCClient<AppRouter>, call: Calling): Search {
  return {
    places: async (q, { limit, ...options } = {}) => {
      const { places } = await call((given) => trpc.search.places.query({ q, limit }, given), options);
      return places;
    },
    flights: (input, options) => call((given) => trpc.search.flights.query(input, given), options),
  };
}

export function createOffers(trpc: TRPCClient<AppRouter>, call: Calling): Offers {
  return {
    list: async (input, options) => (await call((given) => trpc.offers.list.query(input, given), options)).offers,
    reprice: (offerToken, options) => call((given) => trpc.offers.reprice.query({ offerToken }, given), options),
  };
}

export function createFlights(trpc: TRPCClient<AppRouter>, call: Calling, isOver: () => boolean): Flights {
  return {
    get: (flightId, options) => call((given) => trpc.flights.get.query({ flightId }, given), options),
    watchSeats: (given, { signal } = {}) => {
      const flightIds = typeof given === 'string' ? [given] : [...new Set(given)];
      const batches = Array.from({ length: Math.ceil(flightIds.length / limits.flightsPerSeatSubscription) }, (_, n) =>
        flightIds.slice(n * limits.flightsPerSeatSubscription, (n + 1) * limits.flightsPerSeatSubscription),
      );
      return watch<SeatsView>({
        // The newest state comes first anyway, so there is nothing to resume.
        subscribe: (_, observer) => {
          const parts = batches.map((ids) => trpc.flights.onSeats.subscribe({ flightIds: ids }, observer));
          return {
            unsubscribe: () => {
              for (const part of parts) part.unsubscribe();
            },
          };
        },
        inbox: newestInbox((seats) => seats.flightId),
        isNews: newerSeats(),
        isOver,
        signal,
      });
    },
  };
}

/**
 * Lets through what is newer by (epoch, version), which the event id carries, and a state that changed by the
 * clock alone. After a reconnect another server may be a moment behind the one before.
 */
export function newerSeats(): (event: { id: string; data: SeatsView }) => boolean {
  const seen = new Map<string, { epoch: number; version: number; state: string }>();
  return ({ id, data }) => {
    const [epoch = 0, version = 0] = id.split(':').map(Number);
    const before = seen.get(data.flightId);
    if (before) {
      if (epoch < before.epoch || (epoch === before.epoch && version < before.version)) return false;
      if (epoch === before.epoch && version === before.version && data.state === before.state) return false;
    }
    seen.set(data.flightId, { epoch, version, state: data.state });
    return true;
  };
}
