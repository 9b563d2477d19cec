import * as z from 'zod';
import {
  NotAMessage,
  readMessage,
  readPacked,
  type WireField,
  type WireMessage,
  writeMessage,
  writePacked,
} from './wire-message.ts';

/*
 * The `tfs` parameter of Google Flights: base64 of a protobuf message that says what is searched for.
 * Two forms are in use. Libraries write the travellers packed and nothing else; the browser writes
 * them one by one and adds four markers. Google accepts both.
 *
 *   top    1, 2, 14, 16 markers   3 slice*   8 traveller*   9 cabin   12 greatest price   13 bags   19 trip
 *   slice  2 date   4 chosen flight*   5 stops   6, 7 carriers in, out   8…11 hours   12 minutes
 *          13, 14 place*   15 via*   17, 18 layover minutes
 */

const travellers = ['adult', 'child', 'infant_on_lap', 'infant_in_seat'] as const;
const cabins = ['economy', 'premium_economy', 'business', 'first'] as const;
const trips = ['round_trip', 'one_way', 'multi_city'] as const;
const browserMarkers = { '1': 28, '2': 2, '14': 1, '16': '18446744073709551615' };

const whole = z.int().min(0);
const text = z.string().max(100);
/** Fields that we have no name for, so that nothing is lost on the way back. */
const otherSchema = z.array(
  z.strictObject({
    field: whole,
    number: z
      .string()
      .regex(/^\d{1,20}$/)
      .optional(),
    bytes: z.base64().optional(),
  }),
);
/** An airport or city: its IATA code or Google's own id (`/m/04jpl`). `kind` 1: airport, 2 or 3: city; may be left out. */
const placeSchema = z.strictObject({ kind: whole.optional(), code: text, other: otherSchema.optional() });
const sliceSchema = z.strictObject({
  date: text,
  chosen: z
    .array(
      z.strictObject({
        origin: text,
        date: text,
        destination: text,
        carrier: text.optional(),
        number: text.optional(),
        other: otherSchema.optional(),
      }),
    )
    .optional(),
  /** 0: nonstop. Absent: any. */
  maxStops: whole.optional(),
  /** Codes of airlines, or names of alliances. */
  carriers: z.array(text).optional(),
  carriersOut: z.array(text).optional(),
  /** First and last hour of the day; the last one is meant to its end. */
  departHours: z.tuple([whole.nullable(), whole.nullable()]).optional(),
  arriveHours: z.tuple([whole.nullable(), whole.nullable()]).optional(),
  maxMinutes: whole.optional(),
  from: z.array(placeSchema),
  to: z.array(placeSchema),
  via: z.array(text).optional(),
  layoverMinutes: z.tuple([whole.nullable(), whole.nullable()]).optional(),
  other: otherSchema.optional(),
});

export const tfsSchema = z.strictObject({
  /** How the travellers are written: `packed` as libraries do, `browser` one by one. */
  form: z.enum(['packed', 'browser']),
  alphabet: z.enum(['url', 'standard']).default('url'),
  padding: z.boolean().default(false),
  /** By field; without it the browser form has all of them and the packed form none. `16` is `{1: value}`. */
  markers: z
    .strictObject({
      '1': whole.optional(),
      '2': whole.optional(),
      '14': whole.optional(),
      '16': z
        .string()
        .regex(/^\d{1,20}$/)
        .optional(),
    })
    .optional(),
  slices: z.array(sliceSchema).max(20),
  travellers: z.array(z.enum(travellers)).max(20),
  cabin: z.enum(cabins).optional(),
  /** In whole units of the currency that the address names. */
  maxPrice: whole.optional(),
  bags: z.strictObject({ carryOn: whole.optional(), checked: whole.optional() }).optional(),
  trip: z.enum(trips).optional(),
  other: otherSchema.optional(),
});
export type Tfs = z.infer<typeof tfsSchema>;
type Slice = z.infer<typeof sliceSchema>;
type Other = z.infer<typeof otherSchema>;

// ---- writing ---------------------------------------------------------------------------------------------------------

const utf8 = new TextEncoder();
const number = (field: number, value: number | string | null | undefined): WireField[] =>
  value === undefined || value === null ? [] : [{ field, value: BigInt(value) }];
const string = (field: number, value: string | undefined): WireField[] =>
  value === undefined ? [] : [{ field, value: utf8.encode(value) }];
const message = (field: number, fields: WireField[]): WireField[] => [{ field, value: writeMessage(inOrder(fields)) }];
const others = (other: Other = []): WireField[] =>
  other.map(({ field, number: value, bytes = '' }) => ({
    field,
    value: value === undefined ? new Uint8Array(Buffer.from(bytes, 'base64')) : BigInt(value),
  }));
const inOrder = (fields: WireField[]): WireField[] => fields.toSorted((a, b) => a.field - b.field);

/** Fields in the order of their numbers, as every writer of `tfs` has them. */
export function encodeTfs(tfs: z.input<typeof tfsSchema>): string {
  const { form, alphabet = 'url', padding = false } = tfs;
  const { markers = form === 'browser' ? browserMarkers : ({} as Tfs['markers']) } = tfs;
  const codes = tfs.travellers.map((each) => travellers.indexOf(each) + 1);
  const people =
    form === 'browser'
      ? codes.flatMap((code) => number(8, code))
      : codes.length > 0
        ? [{ field: 8, value: writePacked(codes.map(BigInt)) }]
        : [];
  const fields = [
    ...number(1, markers?.['1']),
    ...number(2, markers?.['2']),
    ...tfs.slices.flatMap((slice) => message(3, sliceFields(slice))),
    ...people,
    ...number(9, tfs.cabin && cabins.indexOf(tfs.cabin) + 1),
    ...number(12, tfs.maxPrice),
    ...(tfs.bags ? message(13, [...number(2, tfs.bags.carryOn), ...number(3, tfs.bags.checked)]) : []),
    ...number(14, markers?.['14']),
    ...(markers?.['16'] === undefined ? [] : message(16, number(1, markers['16']))),
    ...number(19, tfs.trip && trips.indexOf(tfs.trip) + 1),
    ...others(tfs.other),
  ];
  const standard = Buffer.from(writeMessage(inOrder(fields))).toString('base64');
  const padded = padding ? standard : standard.replace(/=+$/, '');
  return alphabet === 'url' ? padded.replaceAll('+', '-').replaceAll('/', '_') : padded;
}

const sliceFields = (slice: Slice): WireField[] => [
  ...string(2, slice.date),
  ...(slice.chosen ?? []).flatMap((flight) =>
    message(4, [
      ...string(1, flight.origin),
      ...string(2, flight.date),
      ...string(3, flight.destination),
      ...string(5, flight.carrier),
      ...string(6, flight.number),
      ...others(flight.other),
    ]),
  ),
  ...number(5, slice.maxStops),
  ...(slice.carriers ?? []).flatMap((code) => string(6, code)),
  ...(slice.carriersOut ?? []).flatMap((code) => string(7, code)),
  ...number(8, slice.departHours?.[0]),
  ...number(9, slice.departHours?.[1]),
  ...number(10, slice.arriveHours?.[0]),
  ...number(11, slice.arriveHours?.[1]),
  ...number(12, slice.maxMinutes),
  ...slice.from.flatMap((place) => message(13, placeFields(place))),
  ...slice.to.flatMap((place) => message(14, placeFields(place))),
  ...(slice.via ?? []).flatMap((code) => string(15, code)),
  ...number(17, slice.layoverMinutes?.[0]),
  ...number(18, slice.layoverMinutes?.[1]),
  ...others(slice.other),
];

const placeFields = (place: z.infer<typeof placeSchema>): WireField[] => [
  ...number(1, place.kind),
  ...string(2, place.code),
  ...others(place.other),
];

// ---- reading ---------------------------------------------------------------------------------------------------------

/** Both alphabets, with or without padding. Throws NotAMessage for what is no `tfs`. */
export function decodeTfs(string: string): Tfs {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(string)) throw new NotAMessage('not base64');
  const fields = Fields.of(Buffer.from(string, 'base64url'), 'top', [1, 2, 3, 8, 9, 12, 13, 14, 16, 19]);
  const people = fields.all(8);
  const isPacked = people.some((value) => typeof value !== 'bigint');
  const codes = people.flatMap((value) => (typeof value === 'bigint' ? [value] : readPacked(value)));
  const form = isPacked || codes.length === 0 ? 'packed' : 'browser';
  const marker16 = fields.message(16, [1]);
  const markers = present({
    '1': fields.number(1),
    '2': fields.number(2),
    '14': fields.number(14),
    '16': marker16 && String(marker16.all(1)[0] ?? 0n),
  });
  const usual = form === 'browser' ? browserMarkers : {};
  const bags = fields.message(13, [2, 3]);
  return {
    form,
    alphabet: /[+/]/.test(string) ? 'standard' : 'url',
    padding: string.endsWith('='),
    ...(JSON.stringify(markers) === JSON.stringify(usual) ? {} : { markers }),
    slices: fields.all(3).map((bytes) => readSlice(bytes)),
    travellers: codes.map((code) => named(travellers, code, 'traveller')),
    ...present({
      cabin: fields.named(9, cabins),
      maxPrice: fields.number(12),
      bags: bags && present({ carryOn: bags.number(2), checked: bags.number(3) }),
      trip: fields.named(19, trips),
      other: fields.other(),
    }),
  };
}

function readSlice(bytes: WireField['value']): Slice {
  const fields = Fields.of(bytes, 'slice', [2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18]);
  const places = (field: number) =>
    fields.all(field).map((each) => {
      const place = Fields.of(each, 'place', [1, 2]);
      return {
        ...present({ kind: place.number(1) }),
        code: place.string(2) ?? '',
        ...present({ other: place.other() }),
      };
    });
  const chosen = fields.all(4).map((each) => {
    const flight = Fields.of(each, 'chosen flight', [1, 2, 3, 5, 6]);
    const [origin = '', date = '', destination = ''] = [flight.string(1), flight.string(2), flight.string(3)];
    return {
      origin,
      date,
      destination,
      ...present({ carrier: flight.string(5), number: flight.string(6), other: flight.other() }),
    };
  });
  return {
    date: fields.string(2) ?? '',
    ...present({ chosen: some(chosen), maxStops: fields.number(5) }),
    ...present({ carriers: some(fields.strings(6)), carriersOut: some(fields.strings(7)) }),
    ...present({ departHours: fields.range(8), arriveHours: fields.range(10), maxMinutes: fields.number(12) }),
    from: places(13),
    to: places(14),
    ...present({ via: some(fields.strings(15)), layoverMinutes: fields.range(17), other: fields.other() }),
  };
}

/** A message by field numbers. */
class Fields {
  readonly #message: WireMessage;
  readonly #what: string;
  readonly #known: number[];

  private constructor(message: WireMessage, what: string, known: number[]) {
    this.#message = message;
    this.#what = what;
    this.#known = known;
  }

  /** @param known the fields that somebody will ask for; the rest is `other`. */
  static of(bytes: WireField['value'], what: string, known: number[]): Fields {
    if (typeof bytes === 'bigint') throw new NotAMessage(`the ${what} is a number`);
    return new Fields(readMessage(bytes), what, known);
  }

  other(): Other | undefined {
    return some(
      this.#message
        .filter(({ field }) => !this.#known.includes(field))
        .map(({ field, value }) =>
          typeof value === 'bigint'
            ? { field, number: String(value) }
            : { field, bytes: Buffer.from(value).toString('base64') },
        ),
    );
  }

  all(field: number): WireField['value'][] {
    return this.#message.filter((each) => each.field === field).map(({ value }) => value);
  }

  number(field: number): number | undefined {
    const [value] = this.all(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'bigint' || value > Number.MAX_SAFE_INTEGER) {
      throw new NotAMessage(`field ${field} of the ${this.#what} is no number of ours`);
    }
    return Number(value);
  }

  /** Two fields after each other: from, to. */
  range(field: number): [number | null, number | null] | undefined {
    const [from, to] = [this.number(field), this.number(field + 1)];
    return from === undefined && to === undefined ? undefined : [from ?? null, to ?? null];
  }

  named<const N extends readonly string[]>(field: number, names: N): N[number] | undefined {
    const value = this.number(field);
    return value === undefined ? undefined : named(names, BigInt(value), `field ${field}`);
  }

  strings(field: number): string[] {
    return this.all(field).map((value) => {
      if (typeof value === 'bigint') throw new NotAMessage(`field ${field} of the ${this.#what} is no text`);
      return new TextDecoder().decode(value);
    });
  }

  string(field: number): string | undefined {
    return this.strings(field)[0];
  }

  message(field: number, known: number[]): Fields | undefined {
    const [value] = this.all(field);
    return value === undefined ? undefined : Fields.of(value, `field ${field}`, known);
  }
}

function named<const N extends readonly string[]>(names: N, code: bigint, what: string): N[number] {
  const name = names[Number(code) - 1];
  if (name === undefined) throw new NotAMessage(`${what} ${code} is not known`);
  return name;
}

const some = <T>(values: T[]): T[] | undefined => (values.length > 0 ? values : undefined);

/** Without what is undefined, so that nothing is written that was not there. */
function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
