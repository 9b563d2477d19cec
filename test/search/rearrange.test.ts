import { describe, expect, test } from 'vitest';
import { createRandom } from '../../scripts/stage/random.ts';
import { FlightIndex } from '../../server/domain/timetable/flight-index.ts';
import type { FlightRecord } from '../../server/domain/timetable/flight-record.ts';
import { rearrange } from '../../server/domain/timetable/rearrange.ts';
import { rearrangeAside } from '../../server/domain/timetable/rearrange-aside.ts';
import { rowsOfMarket, type Timetable } from '../../server/domain/timetable/timetable.ts';
import { wholeDigest } from '../../server/domain/timetable/timetable-digest.ts';
import { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';

const airports = ['JFK', 'LHR', 'CDG', 'FRA', 'NRT', 'SYD'];
const newWriter = () =>
  new TimetableWriter({ airport: (city) => ({ latitude: 40, longitude: 0, country: 'US', city }) });

/** A record that changes by chance, and what each change tells a writer. */
function worldOf(seed: number) {
  const { below } = createRandom(`timetable ${seed}`);
  const flights = new Map<string, FlightRecord>();
  let made = 0;
  const make = (): FlightRecord => {
    const from = below(airports.length);
    const flight: FlightRecord = {
      id: `00000000-0000-4000-8000-${String(++made).padStart(12, '0')}`,
      carrier: `A${below(9)}`,
      number: String(1 + below(999)),
      origin: airports[from] as string,
      destination: airports[(from + 1 + below(airports.length - 1)) % airports.length] as string,
      departs: 29_000_000 + below(20_000),
      minutes: 60 + below(600),
      departsOffset: 0,
      arrivesOffset: 60,
      state: 'open',
      version: 1,
      departsTerminal: null,
      arrivesTerminal: null,
      cabins: [
        {
          cabin: 'economy',
          price: 10_000 + below(50_000),
          currency: 'USD',
          ladder: null,
          family: 0,
          available: 9,
          capacity: 10,
          version: 1,
        },
      ],
    };
    flights.set(flight.id, flight);
    return flight;
  };
  const any = (): FlightRecord => [...flights.values()][below(flights.size)] as FlightRecord;
  const edited = (flight: FlightRecord, change: Partial<FlightRecord>): FlightRecord => {
    const next = { ...flight, version: flight.version + 1, ...change };
    flights.set(next.id, next);
    return next;
  };
  return {
    flights,
    make,
    /** Makes, moves, sells, closes or removes a flight, in the record and in the writer. */
    change: (writer: TimetableWriter): void => {
      const flight = any();
      const kind = below(6);
      if (kind === 0) writer.put([make()]);
      else if (kind === 1) writer.put([edited(flight, { departs: 29_000_000 + below(20_000) })]);
      else if (kind === 2) {
        flights.delete(flight.id);
        writer.remove(flight.id);
      } else if (kind === 3) {
        const next = edited(flight, { state: flight.state === 'open' ? 'closed' : 'open' });
        writer.setState(writer.rowOf(next.id), next.version, next.state);
      } else {
        const [cabin] = flight.cabins as [FlightRecord['cabins'][number]];
        const version = cabin.version + 1;
        const available = below(10);
        flights.set(flight.id, { ...flight, cabins: [{ ...cabin, version, available }] });
        const { price, currency, capacity } = cabin;
        const told = { available, capacity, price, currency, version, state: flight.state };
        writer.setCabin(writer.rowOf(flight.id), 'economy', told);
      }
    },
  };
}

function checkSame(writer: TimetableWriter, flights: Map<string, FlightRecord>): void {
  const fresh = newWriter();
  fresh.load([...flights.values()]);
  fresh.rearrange();
  expect(wholeDigest(writer.timetable, writer.names)).toEqual(wholeDigest(fresh.timetable, fresh.names));
  // What is found by its id is what is found in its market, in the order of departure.
  const { timetable } = writer;
  const found = new Set<number>();
  for (let market = 0; market < writer.count('markets'); market++) {
    const [start, end] = rowsOfMarket(timetable, market);
    let before = Number.NEGATIVE_INFINITY;
    for (let row = start; row < end; row++) {
      expect(timetable.departs[row]).toBeGreaterThanOrEqual(before);
      before = timetable.departs[row] as number;
      found.add(row);
    }
  }
  for (const id of flights.keys()) expect(found.has(writer.rowOf(id))).toBe(true);
}

const arrange = (timetable: Timetable) => {
  const arranged = rearrange(timetable);
  return { timetable: arranged, index: FlightIndex.of(arranged) };
};

describe('a timetable that is rearranged while it is written to', () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))(
    '[SEARCH-24] has what was written before, meanwhile and after (seed %i)',
    async (seed) => {
      const world = worldOf(seed);
      const writer = newWriter();
      writer.load(Array.from({ length: 300 }, world.make));
      writer.rearrange();
      for (let n = 0; n < 100; n++) world.change(writer);
      await writer.rearrangeAside(async (timetable) => {
        for (let n = 0; n < 50; n++) world.change(writer);
        const arranged = arrange(timetable);
        for (let n = 0; n < 100; n++) world.change(writer);
        return arranged;
      });
      checkSame(writer, world.flights);
      for (let n = 0; n < 100; n++) world.change(writer);
      checkSame(writer, world.flights);
    },
  );

  test('[SEARCH-24] by another thread, while this one writes on', async () => {
    const world = worldOf(99);
    const writer = newWriter();
    writer.load(Array.from({ length: 20_000 }, world.make));
    writer.rearrange();
    for (let n = 0; n < 50; n++) world.change(writer);
    let isDone = false;
    const done = writer
      .rearrangeAside((timetable) => rearrangeAside(timetable, new AbortController().signal))
      .finally(() => {
        isDone = true;
      });
    let written = 0;
    while (!isDone) {
      world.change(writer);
      written++;
      await new Promise(setImmediate);
    }
    await done;
    expect(written).toBeGreaterThan(10);
    checkSame(writer, world.flights);
  });

  test('[SEARCH-24] when the work fails, everything is as it was', async () => {
    const world = worldOf(7);
    const writer = newWriter();
    writer.load(Array.from({ length: 50 }, world.make));
    writer.rearrange();
    const failing = writer.rearrangeAside(async () => {
      world.change(writer);
      throw new Error('the thread has ended');
    });
    await expect(failing).rejects.toThrow('the thread has ended');
    checkSame(writer, world.flights);
  });
});
