import { currencyExponent, type Money, money } from '../../../shared/money.ts';
import { readMessage } from './wire-message.ts';

/** One row of the list: a way to travel the first slice, at a price for the whole trip and party. */
export interface GoogleItinerary {
  isBest: boolean;
  legs: GoogleLeg[];
  durationMinutes: number | null;
  /** Null: Google lists it without a price (premium cabins, families). */
  price: Money | null;
}
export interface GoogleLeg {
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  /** Wall time; null where the row does not say. */
  departsAt: string | null;
  arrivesAt: string | null;
  durationMinutes: number | null;
}

/** How today's cheapest price stands to what is usual on the route. */
export interface PriceInsight {
  level: 'low' | 'typical' | 'high';
  current: Money;
  usual: Money;
  /** Below: low. */
  low: Money;
  /** Above: high. */
  high: Money;
  history: { date: string; price: Money }[];
}

export interface GoogleResults {
  /** The places that were searched, as Google has understood them; empty where it does not say. */
  places: string[];
  itineraries: GoogleItinerary[];
  /** Rows that are not as we know them: a change of the layout shows here first. */
  unreadable: number;
  insight: PriceInsight | null;
  /** Of an answer of the price graph: cheapest price by dates. */
  calendar: { departDate: string; returnDate: string | null; price: Money }[];
}

const at = (value: unknown, ...path: number[]): unknown =>
  path.reduce<unknown>((inner, index) => (Array.isArray(inner) ? inner[index] : undefined), value);
const listAt = (value: unknown, ...path: number[]): unknown[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
};
const textAt = (value: unknown, ...path: number[]): string | undefined => {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
};
const numberAt = (value: unknown, ...path: number[]): number | undefined => {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
};

/**
 * Reads one payload by position. The layout has no names and its length varies, so whatever is absent
 * is simply absent; nothing here throws.
 *
 *   [1][0][0|1] places   [2][0] best rows   [3][0] other rows   [5] price insight
 *   of the graph: [1] is a list of [date, return date, [[null, price], token], …]
 *
 * @param currency that was asked for; the rows' own tokens win over it.
 */
export function readResults(payload: unknown[], currency: string): GoogleResults {
  const rows = [2, 3].flatMap((list) => listAt(payload, list, 0).map((row) => ({ row, isBest: list === 2 })));
  const itineraries = rows.flatMap(({ row, isBest }) => itineraryOf(row, isBest, currency) ?? []);
  const tokenCurrency = itineraries.find(({ price }) => price)?.price?.currency;
  return {
    places: [0, 1].flatMap((end) => listAt(payload, 1, 0, end).flatMap((place) => textAt(place, 0, 0) ?? [])),
    itineraries,
    unreadable: rows.length - itineraries.length,
    insight: insightOf(at(payload, 5), tokenCurrency ?? currency),
    calendar: listAt(payload, 1).flatMap((entry) => calendarEntryOf(entry, currency) ?? []),
  };
}

/*
 * row[0]: [2] legs, [9] minutes; row[1]: [0] is [null, price] or [] without one, [1] the token
 */
function itineraryOf(row: unknown, isBest: boolean, currency: string): GoogleItinerary | undefined {
  const legs = listAt(row, 0, 2).map(legOf);
  if (legs.length === 0 || legs.includes(undefined)) return undefined;
  return {
    isBest,
    legs: legs as GoogleLeg[],
    durationMinutes: numberAt(row, 0, 9) ?? null,
    price: priceOf(at(row, 1), currency),
  };
}

/*
 * leg: [3] from, [6] to, [8] and [10] times, [20] and [21] dates, [11] minutes, [22] is [carrier, number, …].
 * A flight that another airline operates under this name has no number of its own there ([2] is a mere
 * name); its codeshares ([15]) are other names for this one. So [22] is who operates it.
 */
function legOf(leg: unknown): GoogleLeg | undefined {
  const [carrier, number] = [textAt(leg, 22, 0), textAt(leg, 22, 1)];
  const [origin, destination] = [textAt(leg, 3), textAt(leg, 6)];
  if (!carrier || !number || !origin || !destination) return undefined;
  return {
    carrier,
    number,
    origin,
    destination,
    departsAt: wallTime(at(leg, 20), at(leg, 8)),
    arrivesAt: wallTime(at(leg, 21), at(leg, 10)),
    durationMinutes: numberAt(leg, 11) ?? null,
  };
}

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

/** `[y, m, d]` and `[h, m]`; the hour is null at midnight, and minutes are missing when they are 0. */
function wallTime(date: unknown, time: unknown): string | null {
  const [year, month, day] = [numberAt(date, 0), numberAt(date, 1), numberAt(date, 2)];
  if (!year || !month || !day || !Array.isArray(time)) return null;
  const [hour, minute] = [numberAt(time, 0) ?? 0, numberAt(time, 1) ?? 0];
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${digits(hour, 2)}:${digits(minute, 2)}`;
}

/**
 * The token knows the amount, its decimals and its currency; the listed price is in whole units of a
 * currency that the row does not name. Only what is listed has a price at all.
 */
function priceOf(cell: unknown, currency: string): Money | null {
  const listed = numberAt(cell, 0, 1);
  if (listed === undefined || listed < 0) return null;
  return priceOfToken(textAt(cell, 1)) ?? inWholeUnits(listed, currency);
}

/** `{ 3: { 1: amount, 2: decimal exponent, 3: currency } }`. Undefined: it says nothing that is exact. */
function priceOfToken(token: string | undefined): Money | undefined {
  try {
    const [price] = readMessage(Buffer.from(token ?? '', 'base64')).filter(({ field }) => field === 3);
    if (!(price?.value instanceof Uint8Array)) return undefined;
    const fields = new Map(readMessage(price.value).map(({ field, value }) => [field, value]));
    const [amount, exponent = 0n, code] = [fields.get(1), fields.get(2), fields.get(3)];
    if (typeof amount !== 'bigint' || typeof exponent !== 'bigint' || !(code instanceof Uint8Array)) return undefined;
    const currency = new TextDecoder().decode(code);
    if (!/^[A-Z]{3}$/.test(currency) || exponent > 6n) return undefined;
    const shifted = amount * 10n ** BigInt(currencyExponent(currency));
    const scale = 10n ** exponent;
    return shifted % scale === 0n ? money(Number(shifted / scale), currency) : undefined;
  } catch {
    return undefined;
  }
}

const inWholeUnits = (amount: number, currency: string): Money | null =>
  Number.isSafeInteger(amount) ? money(amount * 10 ** currencyExponent(currency), currency) : null;

/*
 * [0] level 1…5, [1] current, [2] usual, [4] low bound, [5] high bound, [10][0] a price a day.
 * Level 1 is below the low bound and 5 above the high one; Google's page calls 2 to 4 typical.
 */
function insightOf(cell: unknown, currency: string): PriceInsight | null {
  const level = numberAt(cell, 0);
  const values = [1, 2, 4, 5].map((index) => numberAt(cell, index, 1));
  if (level === undefined || level < 1 || level > 5 || values.includes(undefined)) return null;
  const [current, usual, low, high] = values.map((value) => inWholeUnits(value as number, currency));
  if (!current || !usual || !low || !high) return null;
  return {
    level: level === 1 ? 'low' : level === 5 ? 'high' : 'typical',
    current,
    usual,
    low,
    high,
    history: listAt(cell, 10, 0).flatMap((point) => {
      const [ms, price] = [numberAt(point, 0), inWholeUnits(numberAt(point, 1) ?? Number.NaN, currency)];
      return ms === undefined || !price ? [] : [{ date: new Date(ms).toISOString().slice(0, 10), price }];
    }),
  };
}

function calendarEntryOf(entry: unknown, currency: string): GoogleResults['calendar'][number] | undefined {
  const departDate = textAt(entry, 0);
  const price = priceOf(at(entry, 2), currency);
  if (!departDate || !/^\d{4}-\d{2}-\d{2}$/.test(departDate) || !price) return undefined;
  return { departDate, returnDate: textAt(entry, 1) ?? null, price };
}
