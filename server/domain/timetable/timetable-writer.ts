import { type CabinClass, cabinClasses } from '../../../shared/flight.ts';
import { codeNumber } from '../connections/minimum-connection.ts';
import { appendToList } from './airport-lists.ts';
import { FlightIndex, readId } from './flight-index.ts';
import type { AirportFact, CabinRecord, FlightRecord } from './flight-record.ts';
import { kmBetween, radians } from './geography.ts';
import { isBefore, isInPlace } from './is-in-place.ts';
import { Names, type TimetableNames } from './names.ts';
import { catchUp, rearrange, type Touched } from './rearrange.ts';
import type { Arranged } from './rearrange-aside.ts';
import {
  allocateTimetable,
  type CabinColumns,
  counted,
  type Part,
  roomOf,
  rowBits,
  rowFamily,
  rowLadder,
  rowStates,
  rowsOfMarket,
  seatsShown,
  stateGone,
  type Timetable,
  tariffWidth,
  termsOf,
  widenTimetable,
  writing,
} from './timetable.ts';

/** The one hand that writes a timetable. Not for use by two threads. */
export class TimetableWriter {
  timetable: Timetable;
  #rowBits: ReturnType<typeof rowBits>;
  readonly names: TimetableNames = {
    airports: new Names(),
    cities: new Names(),
    countries: new Names(),
    carriers: new Names(),
    currencies: new Names(),
  };
  #index: FlightIndex;
  /** Rows of blocks that were written anew. */
  #garbage = 0;
  /** While another thread rearranges what is here. */
  #touched: Touched | undefined;
  readonly #markets = new Map<number, number>();
  readonly #tariffs = new Map<string, number>();
  readonly #airportFact: (code: string) => AirportFact | undefined;
  readonly #onSwap: (timetable: Timetable) => void;

  constructor(options: {
    airport: (code: string) => AirportFact | undefined;
    flights?: number;
    /** Called with the new columns when the old ones were full. */
    onSwap?: (timetable: Timetable) => void;
  }) {
    const rows = (options.flights ?? 0) + 1_024;
    this.timetable = allocateTimetable(rows);
    this.#rowBits = rowBits(this.timetable);
    this.#index = new FlightIndex(rows);
    this.#airportFact = options.airport;
    this.#onSwap = options.onSwap ?? (() => {});
  }

  get indexBytes(): number {
    return this.#index.bytes;
  }

  /** The row of a flight, also of one that is gone; −1 if there was never one. */
  rowOf(id: string): number {
    return this.#index.find(this.timetable, id);
  }

  count(what: Part): number {
    return this.timetable.counts[counted[what]] as number;
  }

  /**
   * Brings flights in as the record has them. What is here of a newer version stays. Answers how many rows changed.
   * Flights of airports that no place is known of are left out.
   */
  put(records: FlightRecord[]): number {
    let changed = 0;
    const moved = new Map<number, FlightRecord[]>();
    for (const record of records) {
      this.#intern(record);
      const row = this.rowOf(record.id);
      if (row >= 0 && isInPlace(record, this.timetable, row)) {
        if (this.#refresh(row, record)) changed++;
        continue;
      }
      const market = this.#marketOf(record.origin, record.destination);
      if (market < 0) continue;
      const list = moved.get(market);
      if (list) list.push(record);
      else moved.set(market, [record]);
      // Where it was before, it is no more.
      if (row >= 0) this.#setState(row, stateGone);
      changed++;
    }
    for (const [market, flights] of moved) this.#writeBlock(market, flights);
    // Nobody has rearranged it in time.
    if (this.#garbageShare > garbageMax) this.rearrange();
    return changed;
  }

  /** Blocks written anew leave their old rows behind; half of all is too much. */
  get isCrowded(): boolean {
    return this.#garbageShare > garbageMuch;
  }

  get #garbageShare(): number {
    return this.#garbage > garbageMin ? this.#garbage / this.count('rows') : 0;
  }

  /** Brings in flights that are not here yet, quickly and in any order; `rearrange` must follow. */
  load(records: FlightRecord[]): void {
    this.#ensure('rows', records.length);
    for (const record of records) {
      const market = this.#marketOf(record.origin, record.destination);
      if (market < 0) continue;
      this.#intern(record);
      this.#writeRow(this.count('rows'), market, record);
      this.timetable.counts[counted.rows] = this.count('rows') + 1;
    }
  }

  /** Numbers for its words first, so that nothing has to be widened while rows are written. */
  #intern(record: FlightRecord): void {
    this.#carrierOf(record.carrier);
    for (const cabin of record.cabins) this.#tariffOf(cabin);
  }

  /** Takes a flight out. */
  remove(id: string): boolean {
    const row = this.rowOf(id);
    if (row < 0 || this.timetable.state[row] === stateGone) return false;
    this.#setState(row, stateGone);
    return true;
  }

  /** A flight's own state, of a version that is newer. */
  setState(row: number, version: number, state: (typeof rowStates)[number]): boolean {
    const t = this.timetable;
    if (version <= (t.version[row] as number) || t.state[row] === stateGone) return false;
    this.#touched?.rows.add(row);
    t.version[row] = version;
    this.#setState(row, rowStates.indexOf(state));
    return true;
  }

  /** Seats, price and the state that the cabin repeats, of a version that is newer. A ladder stays as it is. */
  setCabin(
    row: number,
    cabin: CabinClass,
    told: {
      available: number;
      capacity: number;
      price: number;
      currency: string;
      version: number;
      state: (typeof rowStates)[number];
    },
  ): boolean {
    const t = this.timetable;
    const columns = t.cabins[cabinClasses.indexOf(cabin)] as CabinColumns;
    if (told.version <= (columns.version[row] as number) || t.state[row] === stateGone) return false;
    const ladder = Array.from(rowLadder(t, columns, row));
    const family = rowFamily(t, columns, row);
    this.#setState(row, rowStates.indexOf(told.state));
    this.#store(row, { cabin, ladder: ladder.length > 0 ? ladder : null, family, ...told });
    return true;
  }

  /** A flight that is not open has nothing for sale. */
  #setState(row: number, state: number): void {
    const t = this.timetable;
    if (t.state[row] === state) return;
    this.#touched?.rows.add(row);
    t.state[row] = state;
    for (const columns of t.cabins) {
      if (columns.version[row] === 0) continue;
      const tariff = (columns.terms[row] as number) >>> 8;
      columns.terms[row] = termsOf(tariff, state, columns.available[row] as number);
    }
  }

  /** Room for so many more entries of a part, in wider columns if need be. */
  #ensure(part: Part, more: number): void {
    const needed = this.count(part) + more;
    if (needed <= roomOf(this.timetable, part)) return;
    this.#swap(widenTimetable(this.timetable, part, Math.ceil(needed * 1.3) + 256));
  }

  #swap(timetable: Timetable): void {
    this.timetable = timetable;
    this.#rowBits = rowBits(timetable);
    this.#onSwap(timetable);
  }

  /**
   * Writes all blocks anew, one after the other, without what is gone: what `load` brought gets its order, and
   * what edits left behind its end. Row numbers change.
   */
  rearrange(): void {
    this.#touched = undefined;
    this.#garbage = 0;
    const timetable = rearrange(this.timetable);
    this.#index = FlightIndex.of(timetable);
    this.#swap(timetable);
  }

  /**
   * The same, of which another thread does the work: what is written meanwhile is noted, and brought in when it is done.
   * Rejects when the work does; then everything is as it was.
   */
  async rearrangeAside(work: (timetable: Timetable) => Promise<Arranged>): Promise<void> {
    const touched: Touched = { rows: new Set(), markets: new Set() };
    this.#touched = touched;
    try {
      const arranged = await work(this.timetable);
      // It was rearranged here, since that could not wait.
      if (this.#touched !== touched) return;
      const { timetable, garbage } = catchUp(arranged.timetable, arranged.index, this.timetable, touched);
      this.#index = arranged.index;
      this.#garbage = garbage;
      this.#swap(timetable);
    } finally {
      if (this.#touched === touched) this.#touched = undefined;
    }
  }

  #refresh(row: number, record: FlightRecord): boolean {
    const t = this.timetable;
    let changed = this.setState(row, record.version, record.state);
    for (const cabin of record.cabins) {
      const columns = t.cabins[cabinClasses.indexOf(cabin.cabin)] as CabinColumns;
      // Of the same version it may still be another ladder: that does not travel with the state.
      const version = columns.version[row] as number;
      const isSame = cabin.version === version && (columns.terms[row] as number) >>> 8 === this.#tariffOf(cabin);
      if (cabin.version < version || isSame) continue;
      this.#store(row, cabin);
      changed = true;
    }
    return changed;
  }

  /** The market, with its airports, made if need be; −1 where a place is not known. */
  #marketOf(origin: string, destination: string): number {
    const from = this.#airportOf(origin);
    const to = this.#airportOf(destination);
    if (from < 0 || to < 0) return -1;
    const key = from * 65_536 + to;
    const known = this.#markets.get(key);
    if (known !== undefined) return known;
    this.#ensure('markets', 1);
    // A list that is full moves to twice its room.
    this.#ensure('lists', 8 * this.count('airports') + 16);
    const t = this.timetable;
    const market = this.count('markets');
    t.marketFrom[market] = from;
    t.marketTo[market] = to;
    t.marketKm[market] = kmBetween(t, from, to);
    t.marketDomestic[market] = t.airportCountry[from] === t.airportCountry[to] ? 1 : 0;
    t.marketMinutes[market] = 65_535;
    t.marketFloors.fill(Number.POSITIVE_INFINITY, market * 4, market * 4 + 4);
    t.marketBlock[market] = 0;
    Atomics.store(t.counts, counted.markets, market + 1);
    this.#markets.set(key, market);
    appendToList(t, t.airportOut, from, market, to);
    appendToList(t, t.airportIn, to, market, from);
    return market;
  }

  #airportOf(code: string): number {
    const known = this.names.airports.find(code);
    if (known >= 0) return known;
    const fact = this.#airportFact(code);
    if (!fact) return -1;
    this.#ensure('airports', 1);
    const t = this.timetable;
    const airport = this.names.airports.of(code);
    const [latitude, longitude] = [radians(fact.latitude), radians(fact.longitude)];
    t.airportX[airport] = Math.cos(latitude) * Math.cos(longitude);
    t.airportY[airport] = Math.cos(latitude) * Math.sin(longitude);
    t.airportZ[airport] = Math.sin(latitude);
    t.airportCountry[airport] = this.names.countries.of(fact.country);
    t.airportCity[airport] = this.names.cities.of(fact.city);
    t.airportCode[airport] = codeNumber(code);
    Atomics.store(t.counts, counted.airports, airport + 1);
    return airport;
  }

  /** The market's flights that are still there and these, in the order of departure and id, at the end. */
  #writeBlock(market: number, records: FlightRecord[]): void {
    this.#touched?.markets.add(market);
    this.#ensure('blocks', 1);
    const [start, end] = rowsOfMarket(this.timetable, market);
    this.#ensure('rows', end - start + records.length);
    const t = this.timetable;
    const added = [...records].sort((a, b) => a.departs - b.departs || (a.id < b.id ? -1 : 1));
    const first = this.count('rows');
    let to = first;
    let next = 0;
    for (let row = start; row < end; row++) {
      if (t.state[row] === stateGone) continue;
      for (; next < added.length && isBefore(added[next] as FlightRecord, t, row); next++)
        this.#writeRow(to++, market, added[next] as FlightRecord);
      for (const column of this.#rowBits) column[to] = column[row] as number;
      this.#index.set(t, to++);
    }
    for (; next < added.length; next++) this.#writeRow(to++, market, added[next] as FlightRecord);
    t.counts[counted.rows] = to;
    const block = this.count('blocks');
    t.blocks.set([first, to - first], block * 2);
    t.counts[counted.blocks] = block + 1;
    Atomics.store(t.marketBlock, market, block);
    this.#garbage += end - start;
  }

  #writeRow(row: number, market: number, record: FlightRecord): void {
    const t = this.timetable;
    t.departs[row] = record.departs;
    t.minutes[row] = record.minutes;
    t.departsOffset[row] = record.departsOffset;
    t.arrivesOffset[row] = record.arrivesOffset;
    t.carrier[row] = this.#carrierOf(record.carrier);
    const suffix = record.number.charCodeAt(record.number.length - 1);
    t.suffix[row] = suffix > 57 ? suffix : 0;
    t.number[row] = Number.parseInt(record.number, 10);
    t.state[row] = rowStates.indexOf(record.state);
    t.version[row] = record.version;
    t.market[row] = market;
    t.departsTerminal[row] = codeNumber(record.departsTerminal);
    t.arrivesTerminal[row] = codeNumber(record.arrivesTerminal);
    [t.id0[row], t.id1[row], t.id2[row], t.id3[row]] = readId(record.id, [0, 0, 0, 0]);
    for (const cabin of record.cabins) this.#store(row, cabin);
    if (record.minutes < (t.marketMinutes[market] as number)) t.marketMinutes[market] = record.minutes;
    this.#index.set(t, row);
  }

  #carrierOf(code: string): number {
    const known = this.names.carriers.find(code);
    if (known >= 0) return known;
    const carrier = this.names.carriers.of(code);
    this.#ensure('carriers', 1);
    const t = this.timetable;
    t.carrierCode[carrier] = codeNumber(code);
    t.counts[counted.carriers] = carrier + 1;
    return carrier;
  }

  #store(row: number, told: CabinRecord): void {
    const tariff = this.#tariffOf(told);
    // Looked up behind it: a new tariff may have brought wider columns.
    const t = this.timetable;
    const place = cabinClasses.indexOf(told.cabin);
    const columns = t.cabins[place] as CabinColumns;
    const floor = (t.market[row] as number) * 4 + place;
    this.#touched?.rows.add(row);
    const lowest = told.ladder ? (told.ladder[1] as number) : told.price;
    if (lowest < (t.marketFloors[floor] as number)) t.marketFloors[floor] = lowest;
    // Whoever copies the cabin meanwhile sees the mark, or another version afterwards, and looks again.
    Atomics.store(columns.version, row, ((columns.version[row] as number) | writing) >>> 0);
    columns.price[row] = told.price % 4_294_967_296;
    columns.terms[row] = termsOf(tariff, t.state[row] as number, told.available);
    columns.available[row] = Math.min(seatsShown, told.available);
    columns.capacity[row] = Math.min(seatsShown, told.capacity);
    Atomics.store(columns.version, row, told.version);
  }

  /** The number of what a price means, interned: most flights share a handful of them. */
  #tariffOf({ price, currency, ladder, family }: CabinRecord): number {
    const high = Math.floor(price / 4_294_967_296);
    // Most cabins have no ladder and no brands: no key is put together for them.
    const key =
      high === 0 && family === 0 && ladder === null ? currency : `${currency} ${high} ${family} ${ladder ?? ''}`;
    const known = this.#tariffs.get(key);
    if (known !== undefined) return known;
    this.#ensure('tariffs', 1);
    this.#ensure('ladders', ladder?.length ?? 0);
    const t = this.timetable;
    const tariff = this.count('tariffs');
    const from = this.count('ladders');
    if (ladder) t.ladders.set(ladder, from);
    const to = from + (ladder?.length ?? 0);
    t.tariffs.set([this.names.currencies.of(currency), high, from, to, family], tariff * tariffWidth);
    t.counts[counted.ladders] = to;
    t.counts[counted.tariffs] = tariff + 1;
    this.#tariffs.set(key, tariff);
    return tariff;
  }
}

/** Fewer rows of old blocks are not worth writing all anew. */
const garbageMin = 50_000;
/** Shares of all rows: what is worth it, and what there is never more of. */
const garbageMuch = 0.5;
const garbageMax = 0.75;
