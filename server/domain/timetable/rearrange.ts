import { type FlightIndex, idOf } from './flight-index.ts';
import {
  allocateTimetable,
  counted,
  roomOf,
  rowBits,
  rowColumns,
  rowsOfMarket,
  stateGone,
  type Timetable,
  widenTimetable,
} from './timetable.ts';

/**
 * The same flights in new columns, market after market, each in the order of departure and id; those that are gone
 * and rows of blocks that nobody points at any more are left out. About a microsecond a flight.
 */
export function rearrange(from: Timetable): Timetable {
  // Whoever writes meanwhile may add to them.
  const markets = from.counts[counted.markets] as number;
  const order = orderOf(from, markets);
  const fresh = allocateTimetable(Math.ceil(order.rows.length * 1.1) + 1_024);
  // All but the rows and the blocks is as it was.
  const to: Timetable = { ...from, counts: new Int32Array(new SharedArrayBuffer(from.counts.byteLength)) };
  to.counts.set(from.counts);
  for (const [name, column] of Object.entries(fresh))
    if (isOfRows(name as keyof Timetable)) Object.assign(to, { [name]: column });
  const [source, target] = [rowBits(from), rowBits(to)];
  for (const [place, column] of target.entries()) gather(column, source[place] as typeof column, order.rows);
  to.counts[counted.rows] = order.rows.length;

  to.blocks = new Int32Array(new SharedArrayBuffer((markets + 1_024) * 8));
  to.marketBlock = new Int32Array(new SharedArrayBuffer(from.marketBlock.byteLength));
  for (let market = 0; market < markets; market++) {
    const start = order.starts[market] as number;
    to.blocks.set([start, (order.starts[market + 1] as number) - start], (market + 1) * 2);
    to.marketBlock[market] = market + 1;
  }
  to.counts[counted.blocks] = markets + 1;
  return to;
}

/** What was written to a timetable since it began to be rearranged: rows in place, and markets as a whole. */
export interface Touched {
  rows: Set<number>;
  markets: Set<number>;
}

/**
 * A timetable that was rearranged while it was being written to, with what has been written since. `from` is how it is
 * now; of `arranged` rows and blocks are taken. Answers how many of its rows are left behind by that.
 */
export function catchUp(
  arranged: Timetable,
  index: FlightIndex,
  from: Timetable,
  touched: Touched,
): { timetable: Timetable; garbage: number } {
  const moved = [...touched.markets].filter((market) => from.marketBlock[market] !== 0);
  const more = moved.reduce((sum, market) => sum + countOf(from, market), 0);
  const rows = arranged.counts[counted.rows] as number;
  const blocks = arranged.counts[counted.blocks] as number;
  let t: Timetable = arranged;
  if (rows + more > roomOf(t, 'rows')) t = widenTimetable(t, 'rows', rows + more + 1_024);
  if (blocks + moved.length > roomOf(t, 'blocks')) t = widenTimetable(t, 'blocks', blocks + moved.length + 1_024);
  const marketBlock = new Int32Array(new SharedArrayBuffer(from.marketBlock.byteLength));
  marketBlock.set(arranged.marketBlock);
  const ofRows = Object.fromEntries(Object.entries(t).filter(([name]) => isOfRows(name as keyof Timetable)));
  const counts = new Int32Array(new SharedArrayBuffer(from.counts.byteLength));
  counts.set(from.counts);
  const to: Timetable = { ...from, ...ofRows, blocks: t.blocks, marketBlock, counts };

  const [source, target] = [rowBits(from), rowBits(to)];
  const copy = (row: number, place: number): void => {
    for (const [at, column] of target.entries()) column[place] = (source[at] as typeof column)[row] as number;
  };
  for (const row of touched.rows) {
    if (touched.markets.has(from.market[row] as number)) continue;
    const place = index.find(to, idOf(from, row));
    if (place >= 0) copy(row, place);
  }
  let [end, block, garbage] = [rows, blocks, 0];
  for (const market of moved) {
    const first = end;
    garbage += countOf(to, market);
    const [start, last] = rowsOfMarket(from, market);
    for (let row = start; row < last; row++) {
      if (from.state[row] === stateGone) continue;
      copy(row, end);
      index.set(to, end++);
    }
    to.blocks.set([first, end - first], block * 2);
    to.marketBlock[market] = block++;
  }
  counts[counted.rows] = end;
  counts[counted.blocks] = block;
  return { timetable: to, garbage };
}

function countOf(t: Timetable, market: number): number {
  const [start, end] = rowsOfMarket(t, market);
  return end - start;
}

const rowNames = new Set<string>();
function isOfRows(name: keyof Timetable): boolean {
  if (rowNames.size === 0) {
    const t = allocateTimetable(1);
    const columns = new Set<unknown>(rowColumns(t));
    for (const [each, column] of Object.entries(t)) if (columns.has(column)) rowNames.add(each);
    rowNames.add('cabins');
  }
  return rowNames.has(name);
}

type Bits = ReturnType<typeof rowBits>[number];

function gather(to: Bits, from: Bits, rows: Int32Array): void {
  for (let at = 0; at < rows.length; at++) to[at] = from[rows[at] as number] as number;
}

/** The rows that are alive, market after market, and where each market starts. */
function orderOf(t: Timetable, markets: number): { rows: Int32Array; starts: Int32Array } {
  const starts = new Int32Array(markets + 1);
  const all = t.counts[counted.rows] as number;
  // Asked once: another thread may be writing, and what both passes count must be the same.
  const alive = new Uint8Array(all);
  for (let row = 0; row < all; row++) {
    const market = t.market[row] as number;
    if (t.state[row] === stateGone || market >= markets || !isCurrent(t, row)) continue;
    alive[row] = 1;
    (starts[market + 1] as number)++;
  }
  for (let market = 0; market < markets; market++) (starts[market + 1] as number) += starts[market] as number;
  const rows = new Int32Array(starts[markets] as number);
  const next = starts.slice();
  for (let row = 0; row < all; row++) if (alive[row]) rows[(next[t.market[row] as number] as number)++] = row;
  const byDeparture = (a: number, b: number): number =>
    (t.departs[a] as number) - (t.departs[b] as number) || (idOf(t, a) < idOf(t, b) ? -1 : 1);
  for (let market = 0; market < markets; market++) rows.subarray(starts[market], starts[market + 1]).sort(byDeparture);
  return { rows, starts };
}

/** Not of a block that was written anew since. A market that has no block yet was only loaded. */
function isCurrent(t: Timetable, row: number): boolean {
  const market = t.market[row] as number;
  if (t.marketBlock[market] === 0) return true;
  const [start, end] = rowsOfMarket(t, market);
  return row >= start && row < end;
}
