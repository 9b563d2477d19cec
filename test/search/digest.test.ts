import { describe, expect, it } from 'vitest';
import type { FlightRecord } from '../../server/domain/timetable/flight-record.ts';
import { wholeDigest } from '../../server/domain/timetable/timetable-digest.ts';
import { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';

const cabin: FlightRecord['cabins'][number] = {
  cabin: 'economy',
  price: 45_000,
  currency: 'USD',
  ladder: [5, 45_000, 0, 60_000],
  family: 1,
  available: 9,
  capacity: 10,
  version: 3,
};
const flight: FlightRecord = {
  id: '00000000-0000-4000-8000-000000000001',
  carrier: 'QX',
  number: '1',
  origin: 'JFK',
  destination: 'LHR',
  departs: 29_000_000,
  minutes: 420,
  departsOffset: -240,
  arrivesOffset: 60,
  state: 'open',
  version: 1,
  departsTerminal: '4',
  arrivesTerminal: null,
  cabins: [cabin],
};
const second: FlightRecord = {
  ...flight,
  id: '00000000-0000-4000-8000-000000000002',
  carrier: 'QY',
  origin: 'LHR',
  destination: 'CDG',
  cabins: [{ ...cabin, currency: 'EUR', ladder: null }],
};

function writerOf(records: FlightRecord[]) {
  const writer = new TimetableWriter({ airport: (city) => ({ latitude: 40, longitude: 0, country: 'US', city }) });
  writer.load(records);
  writer.rearrange();
  return writer;
}
const digestOf = ({ timetable, names }: TimetableWriter) => wholeDigest(timetable, names).digest;

const withCabin = (change: Partial<typeof cabin>): FlightRecord => ({ ...flight, cabins: [{ ...cabin, ...change }] });
const different: [what: string, records: FlightRecord[]][] = [
  ['a flight less', [flight]],
  ['no flight', []],
  ['a flight more', [flight, second, { ...second, id: '00000000-0000-4000-8000-000000000003' }]],
  ['another id', [{ ...flight, id: '00000000-0000-4000-8000-000000000009' }, second]],
  ['another price', [flight, { ...second, cabins: [{ ...cabin, currency: 'EUR', ladder: null, price: 45_001 }] }]],
  ['another currency', [withCabin({ currency: 'EUR' }), second]],
  ['a dearer last step', [withCabin({ ladder: [5, 45_000, 0, 60_001] }), second]],
  ['another family', [withCabin({ family: 2 }), second]],
  ['a seat less', [withCabin({ available: 8 }), second]],
  ['a smaller cabin', [withCabin({ capacity: 9 }), second]],
  ['another version of a cabin', [withCabin({ version: 4 }), second]],
  ['another cabin', [withCabin({ cabin: 'business' }), second]],
  ['no cabin', [{ ...flight, cabins: [] }, second]],
  ['another time', [{ ...flight, departs: flight.departs + 5 }, second]],
  ['another length', [{ ...flight, minutes: 425 }, second]],
  ['another state', [{ ...flight, state: 'closed' }, second]],
  ['another version', [{ ...flight, version: 2 }, second]],
  ['another carrier', [{ ...flight, carrier: 'QY' }, second]],
  ['another number', [{ ...flight, number: '1A' }, second]],
  ['the other way', [{ ...flight, origin: 'LHR', destination: 'JFK' }, second]],
  ['another terminal', [{ ...flight, departsTerminal: '5' }, second]],
];

describe('the digest of a timetable', () => {
  it('[SEARCH-18] is the same however the flights came, and wherever they stand', () => {
    const one = writerOf([flight, second]);
    const other = writerOf([]);
    other.put([second]);
    other.put([withCabin({ version: 2, available: 4 })]);
    other.put([flight]);
    expect(digestOf(other)).toBe(digestOf(one));
    expect(wholeDigest(one.timetable, one.names).flights).toBe(2);
  });

  it.each(different)('[SEARCH-18] %s makes another', (_, records) => {
    expect(digestOf(writerOf(records))).not.toBe(digestOf(writerOf([flight, second])));
  });

  it('[SEARCH-18] two flights that exchange their prices make another', () => {
    const priced = (a: number, b: number) =>
      writerOf([withCabin({ price: a, ladder: null }), { ...second, cabins: [{ ...cabin, price: b, ladder: null }] }]);
    expect(digestOf(priced(1, 2))).not.toBe(digestOf(priced(2, 1)));
  });
});
