import { type CabinClass, cabinClasses, createFlightInput } from '../../../shared/flight.ts';
import { currencyExponent, type Money, money } from '../../../shared/money.ts';
import type { WallTime } from '../../../shared/times.ts';
import { greatCircleKm } from '../places/great-circle.ts';
import { columnsOf, fieldAt } from '../places/read-delimited.ts';
import { instantToWall, wallToInstant } from '../places/zoned-time.ts';
import { fareByDistance } from './fare-by-distance.ts';
import { readTable, type ScheduleFormat, type ScheduleRow } from './schedule-format.ts';
import type { ScheduledFlight, ScheduleOptions } from './scheduled-flight.ts';
import { shiftWall } from './shift-dates.ts';

/** The header of our own timetable files, all columns in their usual order (docs/formats.md). */
export const scheduleCsvHeader = [
  'carrier',
  'number',
  'origin',
  'destination',
  'departs_at',
  'arrives_at',
  ...cabinClasses.flatMap((cabin) => [`${cabin}_seats`, `${cabin}_price`]),
  'currency',
].join(',');

const requiredColumns = ['carrier', 'number', 'origin', 'destination', 'departs_at', 'arrives_at'] as const;
type RequiredColumn = (typeof requiredColumns)[number];
type Column = RequiredColumn | `${CabinClass}_seats` | `${CabinClass}_price` | 'currency';

/** What the distance formula prices in, and what a price without a currency means. */
const defaultCurrency = 'USD';
const hourMs = 3_600_000;
/** The longest flights with stops take about 26 hours; beyond it two dates are mixed up. */
const maxHours = 30;

interface CsvCabin {
  cabin: CabinClass;
  capacity: number;
  /** Null: by distance. */
  price: Money | null;
}

/** One line as it stands in the file: forms are checked; places, order of times and duplicates are not. */
interface ScheduleCsvRow extends ScheduleRow {
  departsAt: WallTime;
  arrivesAt: WallTime;
  cabins: CsvCabin[];
}

/**
 * Our own timetable CSV (`csv`): one line is one dated flight, times are airport wall times, a cabin is there if its
 * seats are, and a cabin without a price gets the distance formula. Columns may stand in any order.
 */
export const csvFormat: ScheduleFormat<ScheduleCsvRow> = {
  readRows: (text) => readTable(text, openColumns),
  open: (options, shiftDays) => (row) => toFlights(row, options, shiftDays),
};

function openColumns(header: string[]): ReturnType<typeof rowReader> | string {
  const names = scheduleCsvHeader.split(',') as Column[];
  const columns = columnsOf(
    header,
    Object.fromEntries(names.map((name) => [name, [name]])) as Record<Column, string[]>,
  );
  const missing: string[] = requiredColumns.filter((name) => columns[name] < 0);
  if (cabinClasses.every((cabin) => columns[`${cabin}_seats`] < 0))
    missing.push('seats of any cabin (economy_seats …)');
  return missing.length > 0 ? `the header lacks ${missing.join(', ')}` : rowReader(columns);
}

/** A function from fields to the row, or to why they are none. */
function rowReader(columns: Record<Column, number>): (fields: string[], line: number) => ScheduleCsvRow | string {
  const knownCurrencies = new Set(Intl.supportedValuesOf('currency'));
  return (fields, line) => {
    const field = (name: Column): string => fieldAt(fields, columns[name]);
    const currency = field('currency').toUpperCase() || defaultCurrency;
    if (!knownCurrencies.has(currency)) return `currency "${currency}" is not an ISO 4217 code`;
    const cabins: CsvCabin[] = [];
    for (const cabin of cabinClasses) {
      const read = cabinOf(cabin, field(`${cabin}_seats`), field(`${cabin}_price`), currency);
      if (typeof read === 'string') return read;
      if (read) cabins.push(read);
    }
    if (cabins.length === 0) return 'no cabin has seats';
    const parsed = createFlightInput.safeParse({
      carrier: field('carrier'),
      number: field('number'),
      origin: field('origin'),
      destination: field('destination'),
      departsAt: field('departs_at').replace(' ', 'T'),
      arrivesAt: field('arrives_at').replace(' ', 'T'),
      // A cabin that will be priced by distance is checked with a price that cannot be wrong.
      cabins: cabins.map((each) => ({ ...each, price: each.price ?? money(0, currency) })),
    });
    if (!parsed.success) return faultOf(parsed.error.issues[0] as Issue, cabins, field);
    const { carrier, number, origin, destination, departsAt, arrivesAt } = parsed.data;
    return { line, carrier, number, origin, destination, departsAt, arrivesAt, cabins };
  };
}

/** The cabin, undefined if the line does not have it, or why it is none. */
function cabinOf(cabin: CabinClass, seats: string, price: string, currency: string): CsvCabin | string | undefined {
  if (seats === '') return price === '' ? undefined : `${cabin}_price without ${cabin}_seats`;
  if (!/^\d{1,9}$/.test(seats)) return `${cabin}_seats "${seats}" is not a whole number`;
  const capacity = Number(seats);
  if (price === '') {
    if (currency !== defaultCurrency)
      return `${cabin}_price is missing, and the distance formula knows ${defaultCurrency} only, not ${currency}`;
    return { cabin, capacity, price: null };
  }
  const amount = minorUnits(price, currency);
  if (typeof amount === 'string') return `${cabin}_price "${price}" ${amount}`;
  return { cabin, capacity, price: money(amount, currency) };
}

const exponents = new Map<string, number>();

/** Whole minor units of a decimal amount (`129.5` → 12950 cents), by its digits, so that no float rounds it. */
function minorUnits(decimal: string, currency: string): number | string {
  const found = /^(\d{1,12})(?:\.(\d+))?$/.exec(decimal);
  if (!found) return 'is not an amount like 129 or 129.50';
  let exponent = exponents.get(currency);
  if (exponent === undefined) {
    exponent = currencyExponent(currency);
    exponents.set(currency, exponent);
  }
  const [, whole, fraction = ''] = found;
  if (fraction.length > exponent) return `has more than the ${exponent} decimals of ${currency}`;
  return Number(`${whole}${fraction.padEnd(exponent, '0')}`);
}

interface Issue {
  path: PropertyKey[];
  message: string;
  /** The bound, of a number above it. */
  maximum?: number | bigint;
}

const columnOfField: Record<string, RequiredColumn> = { departsAt: 'departs_at', arrivesAt: 'arrives_at' };

/** A fault of the schema in the words of the file: its column and what stands there. */
function faultOf(issue: Issue, cabins: CsvCabin[], field: (name: Column) => string): string {
  const [head, index, what] = issue.path;
  if (head === 'cabins') {
    const column: Column = `${cabins[Number(index)]?.cabin ?? 'economy'}_${what === 'capacity' ? 'seats' : 'price'}`;
    return issue.maximum === undefined
      ? `${column} "${field(column)}": ${issue.message}`
      : `${column} "${field(column)}" is more than ${issue.maximum}`;
  }
  const column = columnOfField[String(head)] ?? (String(head) as RequiredColumn);
  return `${column} "${field(column)}" is not ${issue.message}`;
}

/** The flight, alone in its list, or why there is none. */
function toFlights(row: ScheduleCsvRow, options: ScheduleOptions, shiftDays: number): ScheduledFlight[] | string {
  const originZone = options.zoneOf(row.origin);
  const destinationZone = options.zoneOf(row.destination);
  if (!originZone) return `unknown place ${row.origin}`;
  if (!destinationZone) return `unknown place ${row.destination}`;
  if (row.origin === row.destination) return `origin and destination are both ${row.origin}`;
  const departsAtUtc = wallToInstant(shiftWall(row.departsAt, shiftDays), originZone);
  const arrivesAtUtc = wallToInstant(shiftWall(row.arrivesAt, shiftDays), destinationZone);
  if (arrivesAtUtc <= departsAtUtc) return 'arrives before it departs, by the clocks of its zones';
  if (arrivesAtUtc - departsAtUtc > maxHours * hourMs) return `takes longer than ${maxHours} hours`;
  const cabins: ScheduledFlight['cabins'] = [];
  for (const { cabin, capacity, price } of row.cabins) {
    const agreed = price ?? priceByDistance(row, cabin, options);
    if (!agreed) return `no coordinates to price ${row.origin}-${row.destination} by`;
    cabins.push({ cabin, capacity, price: agreed, ...(price ? {} : { isPricedByDistance: true }) });
  }
  const { line, carrier, number, origin, destination } = row;
  const departsAt = instantToWall(departsAtUtc, originZone);
  const arrivesAt = instantToWall(arrivesAtUtc, destinationZone);
  return [{ line, carrier, number, origin, destination, departsAt, arrivesAt, departsAtUtc, arrivesAtUtc, cabins }];
}

function priceByDistance(row: ScheduleCsvRow, cabin: CabinClass, options: ScheduleOptions): Money | undefined {
  const from = options.coordinatesOf(row.origin);
  const to = options.coordinatesOf(row.destination);
  return from && to ? fareByDistance(greatCircleKm(from, to), cabin) : undefined;
}
