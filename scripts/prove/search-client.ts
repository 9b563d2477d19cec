import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { FlightView, OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { transformer } from '../../shared/transformer.ts';

/** A market on a day. */
export interface Market {
  origin: string;
  destination: string;
  date: string;
}

/** One node as a traveller and as an operator. */
export class SearchClient {
  readonly #guest: TRPCClient<AppRouter>;
  readonly #operator: TRPCClient<AppRouter>;

  constructor(url: string, credentials: { token: string; apiKey: string }) {
    const client = (headers: Record<string, string>) =>
      createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc`, headers, transformer })] });
    this.#guest = client({ authorization: `Bearer ${credentials.token}` });
    this.#operator = client({ 'x-api-key': credentials.apiKey });
  }

  create({ origin, destination, date }: Market, number: string, departs: string, seats: number) {
    return this.#operator.admin.flights.create.mutate({
      id: newId(),
      carrier: 'QX',
      number,
      origin,
      destination,
      departsAt: `${date}T${departs}`,
      arrivesAt: `${date}T23:30`,
      cabins: [{ cabin: 'economy', capacity: seats, price: { amount: 50_000, currency: 'USD' } }],
    });
  }

  update({ id, version }: Pick<OperatorFlightView, 'id' | 'version'>, change: { departsAt?: string; price?: number }) {
    const { departsAt, price } = change;
    return this.#operator.admin.flights.update.mutate({
      flightId: id,
      expectedVersion: version,
      ...(departsAt && { departsAt }),
      ...(price && { cabins: [{ cabin: 'economy', price: { amount: price, currency: 'USD' } }] }),
    });
  }

  remove({ id, version }: Pick<OperatorFlightView, 'id' | 'version'>) {
    return this.#operator.admin.flights.remove.mutate({ flightId: id, expectedVersion: version });
  }

  hold(flightId: string) {
    return this.#guest.booking.hold.mutate({ id: newId(), legs: [{ flightId, cabin: 'economy' }], seats: 1 });
  }

  /** What a search shows of each flight of the market, by its id. */
  async journeys({ origin, destination, date }: Market): Promise<Map<string, string>> {
    const { itineraries } = await this.#guest.search.itineraries.query({
      slices: [{ origin: [origin], destination: [destination], date }],
      maxStops: 0,
      dominated: true,
      limit: 50,
    });
    return new Map(
      itineraries.map(({ slices, price, seatsLeft }) => {
        const leg = slices[0]?.legs[0];
        return [leg?.id as string, shownAs(leg?.departsAt as string, price.amount, seatsLeft)];
      }),
    );
  }

  /** Of all that the node's timetable holds. */
  async digest(): Promise<string> {
    return (await this.#operator.admin.timetable.digest.query()).digest;
  }

  /** All flights of the market with their cabins and versions. */
  async flights({ origin, destination, date }: Market): Promise<FlightView[]> {
    const found: FlightView[] = [];
    let cursor: string | null = null;
    do {
      const page: { flights: FlightView[]; nextCursor: string | null } = await this.#guest.search.flights.query({
        origin,
        destination,
        date,
        sort: 'departure',
        cursor,
      });
      found.push(...page.flights);
      cursor = page.nextCursor;
    } while (cursor);
    return found;
  }
}

export const shownAs = (departsAt: string, price: number, seatsLeft: number): string =>
  `${departsAt} at ${price} with ${seatsLeft} seats`;

/** A guest whom both nodes know. */
export async function tokenFrom(url: string): Promise<string> {
  const stranger = createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc`, transformer })] });
  return (await stranger.auth.guest.mutate()).token;
}
