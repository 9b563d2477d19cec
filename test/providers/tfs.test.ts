import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { consentCookie } from '../../server/domain/google-flights/consent-cookie.ts';
import { decodeTfs, encodeTfs, type Tfs } from '../../server/domain/google-flights/tfs.ts';
import { decodeTfu, encodeTfu } from '../../server/domain/google-flights/tfu.ts';
import { readMessage, writeMessage } from '../../server/domain/google-flights/wire-message.ts';
import { describeRecorded, sharedData } from '../support/shared-data.ts';

interface Vectors {
  vectors: { id: string; tfs: string; decoded: [number, unknown][] }[];
  tfu: { tfu: string }[];
  consent: { cookie: string };
}

/** The recorded decoding, made from the wire: fields in order, nested ones where the record has them nested. */
function fieldsLike(bytes: Uint8Array, like: [number, unknown][]): [number, unknown][] {
  return readMessage(bytes).map(({ field, value }, index) => {
    const expected = like[index]?.[1];
    if (typeof value === 'bigint') return [field, typeof expected === 'string' ? String(value) : Number(value)];
    if (typeof expected === 'string') return [field, new TextDecoder().decode(value)];
    if (Array.isArray(expected)) return [field, fieldsLike(value, expected as [number, unknown][])];
    return [field, { packed: [...value] }];
  });
}

describeRecorded('tfs as others have written it', 'google/tfs-vectors.json', () => {
  const read = () => JSON.parse(readFileSync(sharedData('google/tfs-vectors.json'), 'utf8')) as Vectors;

  test('[PROV-4] every recorded value is decoded and produced exactly, through JSON', () => {
    const { vectors } = read();
    expect(vectors).toHaveLength(8);
    for (const { tfs, decoded, id } of vectors) {
      expect(fieldsLike(Buffer.from(tfs, 'base64url'), decoded), id).toEqual(decoded);
      const json = JSON.parse(JSON.stringify(decodeTfs(tfs))) as Tfs;
      expect(encodeTfs(json), id).toBe(tfs);
      expect(json.form, id).toBe(id === 'browser-3adults' ? 'browser' : 'packed');
    }
  });

  test('[PROV-4] meanings: places, pinned flights, hours, travellers', () => {
    const of = (id: string) => decodeTfs(read().vectors.find((each) => each.id === id)?.tfs as string);
    expect(of('krisukox-1')).toMatchObject({
      trip: 'round_trip',
      cabin: 'economy',
      travellers: ['adult'],
      slices: [
        {
          date: '2023-11-06',
          maxStops: 1,
          from: [
            { kind: 2, code: '/m/030qb3t' },
            { kind: 1, code: 'SFO' },
          ],
        },
        {},
      ],
    });
    expect(of('nas-3').slices[0]).toMatchObject({
      departHours: [7, 23],
      arriveHours: [0, 23],
      maxMinutes: 600,
      layoverMinutes: [null, 600],
    });
    expect(of('family-1').travellers).toEqual(['adult', 'adult', 'child']);
    expect(of('browser-pinned').slices[0]?.chosen?.[1]).toEqual({
      origin: 'YVR',
      date: '2025-09-09',
      destination: 'DEN',
      carrier: 'UA',
      number: '2470',
    });
  });

  test('[PROV-4] tfu and the consent cookie, too', () => {
    const { tfu, consent } = read();
    for (const each of tfu) expect(encodeTfu(decodeTfu(each.tfu))).toBe(each.tfu);
    expect(consentCookie({ build: 'gws_20230810-0_RC2', language: 'de', at: 1_692_144_000 })).toBe(consent.cookie);
  });
});

const word = fc.string({ minLength: 1, maxLength: 12 });
const small = fc.nat(2_000);
const place = fc.record({ kind: small, code: word }, { requiredKeys: ['code'] });
const range = fc.tuple(fc.option(small), fc.option(small)).filter(([from, to]) => from !== null || to !== null);
const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 });
const anyTfs: fc.Arbitrary<Tfs> = fc.record(
  {
    form: fc.constantFrom('packed' as const, 'browser' as const),
    alphabet: fc.constant('url' as const),
    padding: fc.constant(false),
    slices: fc.array(
      fc.record(
        {
          date: word,
          from: fc.array(place, { maxLength: 3 }),
          to: fc.array(place, { maxLength: 3 }),
          chosen: some(
            fc.record(
              { origin: word, date: word, destination: word, carrier: word },
              { requiredKeys: ['origin', 'date', 'destination'] },
            ),
          ),
          maxStops: small,
          carriers: some(word),
          departHours: range,
          layoverMinutes: range,
          via: some(word),
          other: fc.constant([{ field: 30, number: '9' }]),
        },
        { requiredKeys: ['date', 'from', 'to'] },
      ),
      { maxLength: 3 },
    ),
    travellers: some(
      fc.constantFrom('adult' as const, 'child' as const, 'infant_on_lap' as const, 'infant_in_seat' as const),
    ),
    cabin: fc.constantFrom('economy' as const, 'first' as const),
    maxPrice: small,
    trip: fc.constantFrom('round_trip' as const, 'multi_city' as const),
  },
  { requiredKeys: ['form', 'alphabet', 'padding', 'slices', 'travellers'] },
);

describe('tfs', () => {
  test('[PROV-4] decode(encode(x)) = x for whatever can be said, in both forms', () => {
    fc.assert(
      fc.property(anyTfs, (tfs) => {
        const string = encodeTfs(tfs);
        expect(decodeTfs(string)).toEqual(tfs);
        expect(encodeTfs(decodeTfs(string))).toBe(string);
      }),
      { numRuns: 300 },
    );
  });

  test('[PROV-4] both alphabets and padding come back as they were', () => {
    const tfs = encodeTfs({ form: 'browser', alphabet: 'standard', padding: true, slices: [], travellers: ['adult'] });
    expect(tfs).toMatch(/[+/]/);
    expect(encodeTfs(decodeTfs(tfs))).toBe(tfs);
  });

  test('[PROV-4] what nobody has a name for is kept', () => {
    const bytes = writeMessage([
      ...readMessage(Buffer.from('GhoSCjIwMjYtMTAtMTZqBRIDTElNcgUSA1NDTEIBAUgBmAEC', 'base64url')),
      { field: 77, value: 5n },
    ]);
    const string = Buffer.from(bytes).toString('base64url');
    expect(decodeTfs(string).other).toEqual([{ field: 77, number: '5' }]);
    expect(encodeTfs(decodeTfs(string))).toBe(string);
  });

  test.each([[''], ['%%%'], ['GhoS'], ['_____w']])('[PROV-4] %j is refused in one line', (string) => {
    expect(() => decodeTfs(string)).toThrow(expect.objectContaining({ name: 'NotAMessage' }));
  });

  test('[PROV-4] npm run tfs reads and writes', () => {
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [new URL('../../scripts/tfs.ts', import.meta.url).pathname, ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
      }).trim();
    const string = 'GhoSCjIwMjYtMTAtMTZqBRIDTElNcgUSA1NDTEIBAUgBmAEC';
    expect(run('encode', run('decode', string))).toBe(string);
    expect(() => run('encode', '{"form":"odd"}')).toThrow(/Command failed/);
  });
});
