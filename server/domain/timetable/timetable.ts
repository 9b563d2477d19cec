import { cabinClasses } from '../../../shared/flight.ts';
import { ladderPrice } from '../offers/party-price.ts';

/**
 * The timetable as a search reads it: columns of numbers in shared memory, no objects and no pointers, one copy for
 * all threads of a process. A flight is a row. The rows of a market (one airport to one other) lie side by side in the
 * order of their departure: its *block*.
 *
 * One thread writes (`TimetableWriter`), any number read, nobody waits:
 *
 * - Seats, prices and states are overwritten in place, each by one aligned store.
 * - Whatever changes the order of a block (a flight more, another time) writes the whole block anew at the end and
 *   then publishes its place by one store into `marketBlock`. Rows of an old block stay as they were until the next
 *   rebuild, so a reader that is still among them sees the market as it was.
 * - A rebuild makes new columns and leaves the old ones to whoever still holds them.
 */
export interface Timetable {
  /** What is in use of each part; places in `counted`. */
  counts: Int32Array;

  // A flight a row.
  /** Minutes since the epoch, UTC. */
  departs: Int32Array;
  minutes: Uint16Array;
  /** Minutes that the clocks of the two airports are ahead of UTC then. */
  departsOffset: Int16Array;
  arrivesOffset: Int16Array;
  carrier: Uint16Array;
  number: Uint16Array;
  /** Character code, 0 for none. */
  suffix: Uint8Array;
  /** Place in `rowStates`. */
  state: Uint8Array;
  /** The flight's own, which operator edits raise. */
  version: Uint32Array;
  market: Int32Array;
  /** As the connection rules write them; 0: not known. */
  departsTerminal: Uint16Array;
  arrivesTerminal: Uint16Array;
  /** The 128 bits of the flight's id, most significant first. */
  id0: Uint32Array;
  id1: Uint32Array;
  id2: Uint32Array;
  id3: Uint32Array;
  /** In the order of `cabinClasses`. */
  cabins: CabinColumns[];

  /** Blocks: where one starts, and how many rows it has. */
  blocks: Int32Array;

  // Markets.
  marketFrom: Uint16Array;
  marketTo: Uint16Array;
  marketBlock: Int32Array;
  marketKm: Float32Array;
  /** 1: both airports are in one country. */
  marketDomestic: Uint8Array;
  /** No flight of the market was ever shorter: a bound, not a fact. */
  marketMinutes: Uint16Array;
  /** By cabin class: no seat of the market was ever cheaper, in whatever currency. */
  marketFloors: Float64Array;

  // Airports: unit vectors, the country, the city (an airport without one is its own), and lists of markets.
  airportX: Float64Array;
  airportY: Float64Array;
  airportZ: Float64Array;
  airportCountry: Uint16Array;
  airportCity: Int32Array;
  /** The code as `codeNumber` of the connection rules writes it. */
  airportCode: Int32Array;
  airportOut: Int32Array;
  airportIn: Int32Array;
  /** Lists: their length, the room they have, and that many pairs of a market and its other end. List 0 is empty. */
  lists: Int32Array;

  /** What prices mean: rows of `tariffWidth` numbers, see `Tariff`. */
  tariffs: Int32Array;
  /** Steps of fare ladders, pairs of (above, amount). */
  ladders: Float64Array;
  /** By carrier: its code as the connection rules write it. */
  carrierCode: Int32Array;
}

/** One cabin class of every flight. Version 0: the flight has no such cabin. */
export interface CabinColumns {
  /** One seat, the lower 32 bits; the rest stands in the tariff. */
  price: Uint32Array;
  /**
   * What a search asks of every flight that it looks at, in one number: the tariff × 256, and the seats that are for
   * sale: at most `seatsSearched`, none where the flight is not open or has no such cabin.
   */
  terms: Uint32Array;
  /** At most `seatsShown`. */
  available: Uint16Array;
  capacity: Uint16Array;
  /** While its cabin is being written the highest bit is set. */
  version: Uint32Array;
}

export const rowStates = ['open', 'closed', 'cancelled', 'gone'] as const;
const stateOpen = 0;
export const stateGone = 3;

/** More seats than this are shown as this. */
export const seatsShown = 65_535;
/** More than any party takes. */
const seatsSearched = 255;

export const writing = 0x8000_0000;

/** Currency, what price / 2^32 is, ladder from and to (equal: none), fare family (0: none). */
export const tariffWidth = 5;

export const counted = { rows: 0, blocks: 1, markets: 2, airports: 3, lists: 4, tariffs: 5, ladders: 6, carriers: 7 };

type Kind =
  | typeof Int32Array
  | typeof Uint32Array
  | typeof Uint16Array
  | typeof Int16Array
  | typeof Uint8Array
  | typeof Float32Array
  | typeof Float64Array;
export type Part = keyof typeof counted;

type Flat = Exclude<keyof Timetable, 'counts' | 'cabins'>;

/** Every column: which part it belongs to, of what kind, and how many numbers an entry takes. */
const columns: Record<Flat, readonly [part: Part, kind: Kind, width?: number]> = {
  departs: ['rows', Int32Array],
  minutes: ['rows', Uint16Array],
  departsOffset: ['rows', Int16Array],
  arrivesOffset: ['rows', Int16Array],
  carrier: ['rows', Uint16Array],
  number: ['rows', Uint16Array],
  suffix: ['rows', Uint8Array],
  state: ['rows', Uint8Array],
  version: ['rows', Uint32Array],
  market: ['rows', Int32Array],
  departsTerminal: ['rows', Uint16Array],
  arrivesTerminal: ['rows', Uint16Array],
  id0: ['rows', Uint32Array],
  id1: ['rows', Uint32Array],
  id2: ['rows', Uint32Array],
  id3: ['rows', Uint32Array],
  blocks: ['blocks', Int32Array, 2],
  marketFrom: ['markets', Uint16Array],
  marketTo: ['markets', Uint16Array],
  marketBlock: ['markets', Int32Array],
  marketKm: ['markets', Float32Array],
  marketDomestic: ['markets', Uint8Array],
  marketMinutes: ['markets', Uint16Array],
  marketFloors: ['markets', Float64Array, 4],
  airportX: ['airports', Float64Array],
  airportY: ['airports', Float64Array],
  airportZ: ['airports', Float64Array],
  airportCountry: ['airports', Uint16Array],
  airportCity: ['airports', Int32Array],
  airportCode: ['airports', Int32Array],
  airportOut: ['airports', Int32Array],
  airportIn: ['airports', Int32Array],
  lists: ['lists', Int32Array],
  tariffs: ['tariffs', Int32Array, tariffWidth],
  ladders: ['ladders', Float64Array],
  carrierCode: ['carriers', Int32Array],
};

const cabinKinds = {
  price: Uint32Array,
  terms: Uint32Array,
  available: Uint16Array,
  capacity: Uint16Array,
  version: Uint32Array,
} as const satisfies Record<keyof CabinColumns, Kind>;

/** `from` with room for so many entries of each part; all of it new where there is no `from`. */
function widened(room: Partial<Record<Part, number>>, from?: Timetable): Timetable {
  const column = (kind: Kind, length: number, old: Column | undefined): Column => {
    const fresh = new (kind as Int32ArrayConstructor)(new SharedArrayBuffer(length * kind.BYTES_PER_ELEMENT));
    if (old) fresh.set(old);
    return fresh;
  };
  const made: Record<string, unknown> = { counts: from?.counts ?? column(Int32Array, 8, undefined) };
  for (const [name, [part, kind, width = 1]] of Object.entries(columns)) {
    const old = from?.[name as Flat];
    const length = room[part];
    made[name] = length === undefined ? old : column(kind, length * width, old);
  }
  made.cabins =
    room.rows === undefined
      ? from?.cabins
      : cabinClasses.map((_, place) =>
          Object.fromEntries(
            Object.entries(cabinKinds).map(([name, kind]) => [
              name,
              column(kind, room.rows as number, from?.cabins[place]?.[name as keyof CabinColumns]),
            ]),
          ),
        );
  return made as unknown as Timetable;
}

export function allocateTimetable(rows: number): Timetable {
  const t = widened({
    rows,
    blocks: 1_024,
    markets: 512,
    airports: 256,
    lists: 4_096,
    tariffs: 256,
    ladders: 64,
    carriers: 64,
  });
  // List and block 0 are empty.
  t.counts[counted.lists] = 2;
  t.counts[counted.blocks] = 1;
  return t;
}

/** A column of each part, and how many numbers an entry of it takes. */
const sample = Object.fromEntries(
  Object.entries(columns).map(([name, [part, , width = 1]]) => [part, [name as Flat, width] as const]),
) as Record<Part, readonly [Flat, number]>;

/** How many entries a part has room for. */
export function roomOf(t: Timetable, part: Part): number {
  const [name, width] = sample[part];
  return t[name].length / width;
}

/** The same timetable in wider columns. Whoever reads the old ones goes on with what they were. */
export const widenTimetable = (t: Timetable, part: Part, entries: number): Timetable => widened({ [part]: entries }, t);

export type Column = Int32Array | Uint32Array | Uint16Array | Int16Array | Uint8Array | Float32Array | Float64Array;

/** All columns of a flight's row. */
export const rowColumns = (t: Timetable): Column[] => [
  ...Object.entries(columns).flatMap(([name, [part]]) => (part === 'rows' ? [t[name as Flat]] : [])),
  ...t.cabins.flatMap((cabin) => Object.keys(cabinKinds).map((name) => cabin[name as keyof CabinColumns])),
];

/**
 * The same columns as whole numbers by their width, for whoever copies rows: of three kinds of arrays V8 compiles one
 * loop, of the five that there are it looks up each element, which takes five times as long.
 */
export const rowBits = (t: Timetable): (Uint32Array | Uint16Array | Uint8Array)[] =>
  rowColumns(t).map(({ buffer, BYTES_PER_ELEMENT: width }) =>
    width === 4 ? new Uint32Array(buffer) : width === 2 ? new Uint16Array(buffer) : new Uint8Array(buffer),
  );

/** What a search reads of a row, unless a rule for connections, a window of arrival or a fare ladder makes it look further. */
const searchedColumns = ['departs', 'minutes', 'departsOffset', 'carrier'] as const satisfies Flat[];

/** Bytes of shared memory that are in use, and those of them that a search reads: no ids, versions and numbers. */
export function timetableBytes(t: Timetable): { all: number; searched: number } {
  const rows = t.counts[counted.rows] as number;
  let shared = 0;
  for (const [part, kind, width = 1] of Object.values(columns))
    if (part !== 'rows') shared += (t.counts[counted[part]] as number) * kind.BYTES_PER_ELEMENT * width;
  const sum = (of: Column[]): number => of.reduce((bytes, column) => bytes + column.BYTES_PER_ELEMENT, 0);
  const read = [...searchedColumns.map((name) => t[name]), ...t.cabins.flatMap(({ price, terms }) => [price, terms])];
  return { all: sum(rowColumns(t)) * rows + shared, searched: sum(read) * rows + shared };
}

/** Where a cabin's tariff stands in `tariffs`. */
const tariffAt = (cabin: CabinColumns, row: number): number => ((cabin.terms[row] as number) >>> 8) * tariffWidth;

/** `CabinColumns.terms` of a cabin. */
export const termsOf = (tariff: number, state: number, available: number): number =>
  tariff * (seatsSearched + 1) + (state === stateOpen ? Math.min(seatsSearched, available) : 0);

/** Seats that a search may offer. */
export const seatsForSale = (cabin: CabinColumns, row: number): number => (cabin.terms[row] as number) & seatsSearched;

/** The unit price of a cabin, in minor units, for a party that takes so many of its seats. */
export function rowPrice(t: Timetable, cabin: CabinColumns, row: number, seats: number): number {
  const at = tariffAt(cabin, row);
  const from = t.tariffs[at + 2] as number;
  const to = t.tariffs[at + 3] as number;
  return from === to
    ? (t.tariffs[at + 1] as number) * 4_294_967_296 + (cabin.price[row] as number)
    : ladderPrice(t.ladders, cabin.available[row] as number, seats, from, to);
}

/** The steps of a cabin's fare ladder; empty: it has none. */
export function rowLadder(t: Timetable, cabin: CabinColumns, row: number): Float64Array {
  const at = tariffAt(cabin, row);
  return t.ladders.subarray(t.tariffs[at + 2], t.tariffs[at + 3]);
}

/** The family of brands of a cabin; 0: none. */
export const rowFamily = (t: Timetable, cabin: CabinColumns, row: number): number =>
  t.tariffs[tariffAt(cabin, row) + 4] as number;

export const rowCurrency = (t: Timetable, cabin: CabinColumns, row: number): number =>
  t.tariffs[tariffAt(cabin, row)] as number;

/** The rows of a market: the first, and the one behind the last. */
export function rowsOfMarket(t: Timetable, market: number): [start: number, end: number] {
  const block = (t.marketBlock[market] as number) * 2;
  const start = t.blocks[block] as number;
  return [start, start + (t.blocks[block + 1] as number)];
}

/** The first row of a block, from `from` on, that departs at `minute` or later; `to` if none does. */
export function firstFrom(departs: Int32Array, from: number, to: number, minute: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((departs[middle] as number) < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}
