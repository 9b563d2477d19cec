import { idOf } from './flight-index.ts';
import {
  allocateTimetable,
  counted,
  rowBits,
  rowColumns,
  rowsOfMarket,
  stateGone,
  type Timetable,
} from './timetable.ts';

/**
 * The same flights in new columns, market after market, each in the order of departure and id; those that are gone
 * and rows of blocks that nobody points at any more are left out. About a microsecond a flight.
 */
export function rearrange(from: Timetable): Timetable {
  const order = orderOf(from);
  const fresh = allocateTimetable(Math.ceil(order.rows.length * 1.1) + 1_024);
  // All but the rows and the blocks is as it was.
  const to: Timetable = { ...from, counts: new Int32Array(new SharedArrayBuffer(from.counts.byteLength)) };
  to.counts.set(from.counts);
  for (const [name, column] of Object.entries(fresh))
    if (isOfRows(name as keyof Timetable)) Object.assign(to, { [name]: column });
  const [source, target] = [rowBits(from), rowBits(to)];
  for (const [place, column] of target.entries()) gather(column, source[place] as typeof column, order.rows);
  to.counts[counted.rows] = order.rows.length;

  const markets = from.counts[counted.markets] as number;
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
function orderOf(t: Timetable): { rows: Int32Array; starts: Int32Array } {
  const markets = t.counts[counted.markets] as number;
  const starts = new Int32Array(markets + 1);
  const alive = (row: number): boolean => t.state[row] !== stateGone && isCurrent(t, row);
  const all = t.counts[counted.rows] as number;
  for (let row = 0; row < all; row++) if (alive(row)) (starts[(t.market[row] as number) + 1] as number)++;
  for (let market = 0; market < markets; market++) (starts[market + 1] as number) += starts[market] as number;
  const rows = new Int32Array(starts[markets] as number);
  const next = starts.slice();
  for (let row = 0; row < all; row++) if (alive(row)) rows[(next[t.market[row] as number] as number)++] = row;
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
