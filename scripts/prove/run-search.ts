import pg from 'pg';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { findFlights } from '../../server/domain/search/find-flights.ts';
import { LiveTimetable } from '../../server/domain/timetable/live-timetable.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { createRandom, type Random } from '../stage/random.ts';
import { type Market, SearchClient, shownAs, tokenFrom } from './search-client.ts';
import { startTwoNodes, type TwoNodes } from './two-nodes.ts';

export interface SearchProof {
  seed: number;
  /** Changes whose way into search results was timed, by what they were. */
  changes: Record<string, number>;
  /** From the answer to a change until a search showed it (ms): on the node that made it, and on the other. */
  hereMs: number[];
  thereMs: number[];
  /** Changes that streamed in while nodes were killed, and `kill -9`s. */
  streamed: number;
  kills: number;
  /** From the end of a stream until both nodes held and showed what a timetable that was built from the record does (ms). */
  settledMs: number[];
  /** Empty, or the proof has failed. */
  faults: string[];
  seconds: number;
}

/** Longer than anything here may take on a busy machine: what takes longer is a fault. */
const patienceMs = 20_000;
const seatsEach = 5_000;
const flightsAtStart = 12;
const flightsMax = 30;

const dateIn = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** Within each of them a flight may depart at any time until one o'clock in the afternoon, and land at 23:30. */
const markets: Market[] = [
  { origin: 'JFK', destination: 'LHR', date: dateIn(30) },
  { origin: 'CDG', destination: 'FCO', date: dateIn(30) },
  { origin: 'CDG', destination: 'FCO', date: dateIn(61) },
];

interface Known {
  market: Market;
  id: string;
  version: number;
  departsAt: string;
  price: number;
  seats: number;
}

/**
 * Two real servers. First each change is followed into the search results of both; then nodes are killed while changes
 * stream in at the other one, and at the end both must hold exactly what a timetable does that is built anew (their
 * digests say so), and show the same flights.
 */
export async function proveSearch(options: { times: number; streamed: number; seed: number }): Promise<SearchProof> {
  const began = performance.now();
  const proof: SearchProof = {
    seed: options.seed,
    changes: {},
    hereMs: [],
    thereMs: [],
    streamed: 0,
    kills: 0,
    settledMs: [],
    faults: [],
    seconds: 0,
  };
  const nodes = await startTwoNodes({ HOLD_TTL_SECONDS: '3600' });
  try {
    const token = await tokenFrom(nodes.urls[0]);
    const clients = nodes.urls.map((url) => new SearchClient(url, { token, apiKey: nodes.apiKey }));
    await new Proof(nodes, clients as [SearchClient, SearchClient], createRandom(String(options.seed)), proof).run(
      options,
    );
  } finally {
    await nodes.stop();
  }
  proof.seconds = (performance.now() - began) / 1000;
  return proof;
}

class Proof {
  readonly #nodes: TwoNodes;
  readonly #clients: readonly [SearchClient, SearchClient];
  readonly #random: Random;
  readonly #proof: SearchProof;
  readonly #flights: Known[] = [];
  #number = 0;

  constructor(nodes: TwoNodes, clients: readonly [SearchClient, SearchClient], random: Random, proof: SearchProof) {
    this.#nodes = nodes;
    this.#clients = clients;
    this.#random = random;
    this.#proof = proof;
  }

  async run({ times, streamed }: { times: number; streamed: number }): Promise<void> {
    for (let n = 0; n < flightsAtStart; n++) await this.#create(this.#clients[0]);
    await this.#shows(this.#clients[1], this.#flights.at(-1) as Known);
    for (let n = 0; n < times && this.#proof.faults.length === 0; n++) await this.#timeOne();
    for (const victim of [1, 0] as const) await this.#killWhileStreaming(victim, streamed / 2);
  }

  /** One change, followed to where it shows. */
  async #timeOne(): Promise<void> {
    const here = this.#random.pick([0, 1] as const);
    const { kind, flight, isGone } = await this.#change(this.#clients[here]);
    const [hereMs, thereMs] = await Promise.all([
      this.#shows(this.#clients[here], flight, isGone),
      this.#shows(this.#clients[1 - here] as SearchClient, flight, isGone),
    ]);
    this.#proof.changes[kind] = (this.#proof.changes[kind] ?? 0) + 1;
    this.#proof.hereMs.push(hereMs);
    this.#proof.thereMs.push(thereMs);
  }

  /** Searches until the flight shows as it is now. Answers how long that took, in milliseconds. */
  async #shows(client: SearchClient, flight: Known, isGone = false): Promise<number> {
    const wanted = isGone ? undefined : shownAs(flight.departsAt, flight.price, flight.seats);
    const began = performance.now();
    for (;;) {
      const shown = (await client.journeys(flight.market)).get(flight.id);
      const ms = performance.now() - began;
      if (shown === wanted) return ms;
      if (ms > patienceMs) {
        this.#proof.faults.push(`after ${ms.toFixed(0)} ms a search shows ${shown}, and not ${wanted}`);
        return ms;
      }
    }
  }

  async #change(client: SearchClient): Promise<{ kind: string; flight: Known; isGone?: boolean }> {
    const flight = this.#random.pick(this.#flights);
    const kind = this.#random.pick(['sale', 'sale', 'price', 'time', 'new', 'removal'] as const);
    switch (kind) {
      case 'sale':
        return { kind, flight: await this.#sell(client, flight) };
      case 'price':
        flight.price = this.#random.between(100, 900) * 100;
        flight.version = (await client.update(flight, { price: flight.price })).version;
        return { kind, flight };
      case 'time':
        flight.departsAt = `${flight.market.date}T${this.#clock()}`;
        flight.version = (await client.update(flight, { departsAt: flight.departsAt })).version;
        return { kind, flight };
      case 'new':
        if (this.#flights.length < flightsMax) return { kind, flight: await this.#create(client) };
        return { kind: 'sale', flight: await this.#sell(client, flight) };
      case 'removal': {
        // One that was sold from cannot be removed without a word to those who bought.
        const unsold = this.#flights.findLast((each) => each.seats === seatsEach);
        if (!unsold) return { kind: 'sale', flight: await this.#sell(client, flight) };
        await client.remove(unsold);
        this.#flights.splice(this.#flights.indexOf(unsold), 1);
        return { kind, flight: unsold, isGone: true };
      }
    }
  }

  async #sell(client: SearchClient, flight: Known): Promise<Known> {
    await client.hold(flight.id);
    flight.seats--;
    return flight;
  }

  async #create(client: SearchClient): Promise<Known> {
    const departs = this.#clock();
    const market = this.#random.pick(markets);
    const { id, version } = await client.create(market, String(++this.#number), departs, seatsEach);
    const flight = { market, id, version, departsAt: `${market.date}T${departs}`, price: 50_000, seats: seatsEach };
    this.#flights.push(flight);
    return flight;
  }

  #clock(): string {
    const two = (value: number) => String(value).padStart(2, '0');
    return `${two(this.#random.between(0, 12))}:${two(this.#random.between(0, 59))}`;
  }

  async #killWhileStreaming(victim: 0 | 1, changes: number): Promise<void> {
    const client = this.#clients[1 - victim] as SearchClient;
    let back: Promise<void> | undefined;
    let isBack = false;
    // The stream goes on until the node is back, so that it starts in the middle of it.
    for (let n = 0; n < changes || !isBack; n++) {
      await this.#change(client);
      this.#proof.streamed++;
      if (n === Math.floor(changes / 3)) {
        this.#proof.kills++;
        back = this.#nodes.killAndRestart(victim).finally(() => {
          isBack = true;
        });
        back.catch(() => undefined);
      }
    }
    await back;
    this.#proof.settledMs.push(await this.#settles());
  }

  /** Until both nodes hold and show what a timetable does that is built from the record now. */
  async #settles(): Promise<number> {
    const wanted = JSON.stringify(await this.#fresh());
    const began = performance.now();
    for (const [node, client] of this.#clients.entries())
      for (;;) {
        const flights = await Promise.all(markets.map((market) => client.flights(market)));
        const shown = JSON.stringify({ digest: await client.digest(), flights });
        if (shown === wanted) break;
        if (performance.now() - began < patienceMs) continue;
        this.#proof.faults.push(`node ${node} shows ${shown}, and a fresh build ${wanted}`);
        break;
      }
    return performance.now() - began;
  }

  async #fresh() {
    const pool = new pg.Pool({ connectionString: this.#nodes.databaseUrl, max: 2 });
    try {
      const places = new Map(worldPlaces().map((place) => [place.code, place]));
      const live = await LiveTimetable.open({
        pool,
        clock: systemClock,
        report: (error) => `fault ${this.#proof.faults.push(String(error))}`,
        airport: (code) => {
          const place = places.get(code);
          return place?.kind === 'airport' ? { ...place, city: place.cityCode ?? code } : undefined;
        },
        learnRules: async () => undefined,
      });
      await live.readAll();
      const flights = markets.map(({ origin, destination, date }) => {
        const asked = { date, seats: 1, sort: 'departure' } as const;
        return findFlights({ live, clock: systemClock }, [origin], [destination], asked, undefined, 1_000).flights;
      });
      return { digest: (await live.digest()).digest, flights };
    } finally {
      await pool.end();
    }
  }
}
