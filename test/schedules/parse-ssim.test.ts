import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { cabinsOfConfiguration, configurationOfCabins } from '../../server/domain/schedules/cabin-configuration.ts';
import { daysOfPeriod, periodsOfDays } from '../../server/domain/schedules/operating-period.ts';
import { ssimFormat } from '../../server/domain/schedules/parse-ssim.ts';
import { readSchedule } from '../../server/domain/schedules/schedule-format.ts';
import type { ScheduleOptions } from '../../server/domain/schedules/scheduled-flight.ts';
import { runSlices } from './run-slices.ts';
import { leg, linesBefore, segment, ssimFile } from './ssim-file.ts';

const sampleFile = new URL('../../../shared/data/ssim/avionworx-sample.ssim', import.meta.url);
const absent = !existsSync(sampleFile);
if (absent) console.warn('SKIPPED: the real SSIM file is not beside the project');

const byCode = new Map(worldPlaces().map((each) => [each.code, each]));
const known = { zoneOf: (code: string) => byCode.get(code)?.zone, coordinatesOf: (code: string) => byCode.get(code) };
const parse = (text: string, options: Partial<ScheduleOptions> = {}) =>
  runSlices(readSchedule(ssimFormat, text, { ...known, ...options }));
const parseLegs = (...records: string[]) => parse(ssimFile(records));
/** `2026-06-01T09:30 → 2026-06-01T10:45`, by the clocks of both airports. */
const walls = (text: string, options: Partial<ScheduleOptions> = {}): string[] =>
  parse(text, options).flights.map((each) => `${each.departsAt} → ${each.arrivesAt}`);
const oneDay = { from: '01JUN26', to: '01JUN26' };

describe('SSIM chapter 7', () => {
  it('[SSIM-1] makes a dated flight of each day of operation in a period', () => {
    const { flights, accepted, rejected, notes } = parseLegs(
      leg({
        flight: '12',
        from: '01JUN26',
        to: '14JUN26',
        days: '1  4  7',
        departs: 'JFK 0930 -0400 4',
        arrives: 'LHR 2130 +0100 5',
      }),
    );
    // 1 June 2026 is a Monday: Mondays 1, 8; Thursdays 4, 11; Sundays 7, 14.
    expect(flights.map((each) => each.departsAt)).toEqual(
      ['01', '04', '07', '08', '11', '14'].map((day) => `2026-06-${day}T09:30`),
    );
    expect(flights[0]).toEqual({
      line: linesBefore + 1,
      carrier: 'QX',
      number: '12',
      origin: 'JFK',
      destination: 'LHR',
      departsAt: '2026-06-01T09:30',
      arrivesAt: '2026-06-01T21:30',
      departsAtUtc: Date.UTC(2026, 5, 1, 13, 30),
      arrivesAtUtc: Date.UTC(2026, 5, 1, 20, 30),
      cabins: [
        { cabin: 'economy', capacity: 180, price: { amount: 43_600, currency: 'USD' }, isPricedByDistance: true },
      ],
      equipment: { originTerminal: '4', destinationTerminal: '5', aircraft: '738', serviceType: 'J' },
      isWhole: true,
    });
    expect([accepted, rejected, notes]).toEqual([1, [], []]);
  });

  it('[SSIM-1] takes every second week, a period without an end, and a suffix', () => {
    const fortnight = leg({ from: '01JUN26', to: '30JUN26', days: '1      ', frequency: '2' });
    expect(parseLegs(fortnight).flights.map((each) => each.departsAt.slice(8, 10))).toEqual(['01', '15', '29']);
    const open = parseLegs(leg({ from: '20OCT26', to: '00XXX00', suffix: 'Z', flight: '0123' })).flights;
    expect([open.length, open.at(-1)?.departsAt, open[0]?.number]).toEqual([5, '2026-10-24T09:30', '123Z']);
  });

  it('[SSIM-2] reads local times and UTC, and both mean the same flight', () => {
    // New York is 4 hours behind UTC in June: 23:30 there is 03:30 of the next day.
    const local = ssimFile([leg({ ...oneDay, departs: 'JFK 2330 -0400', arrives: 'LHR 1130 +0100', dates: '01' })]);
    const utc = ssimFile(
      [leg({ from: '02JUN26', to: '02JUN26', departs: 'JFK 0330 -0400', arrives: 'LHR 1030 +0100', dates: '00' })],
      'U',
    );
    expect(walls(local)).toEqual(['2026-06-01T23:30 → 2026-06-02T11:30']);
    expect(parse(utc).flights).toEqual(parse(local).flights);
  });

  it('[SSIM-2] keeps local times over a change of the clocks, and instants in UTC', () => {
    // New York goes back to standard time on 1 November 2026.
    const days = { from: '31OCT26', to: '01NOV26', departs: 'JFK 1200', arrives: 'BOS 1315' };
    expect(parse(ssimFile([leg(days)])).flights.map((each) => [each.departsAt, each.departsAtUtc])).toEqual([
      ['2026-10-31T12:00', Date.UTC(2026, 9, 31, 16)],
      ['2026-11-01T12:00', Date.UTC(2026, 10, 1, 17)],
    ]);
    expect(walls(ssimFile([leg({ ...days, departs: 'JFK 1600', arrives: 'BOS 1715' })], 'U'))).toEqual([
      '2026-10-31T12:00 → 2026-10-31T13:15',
      '2026-11-01T11:00 → 2026-11-01T12:15',
    ]);
  });

  it('[SSIM-2] knows by the UTC variation which of two equal hours is meant, and tells where a zone differs', () => {
    const twice = (variation: string) =>
      parseLegs(leg({ from: '01NOV26', to: '01NOV26', departs: `JFK 0130 ${variation}`, arrives: 'BOS 0300 -0500' }));
    expect(twice('-0400').flights[0]?.departsAtUtc).toBe(Date.UTC(2026, 10, 1, 5, 30));
    expect(twice('-0500').flights[0]?.departsAtUtc).toBe(Date.UTC(2026, 10, 1, 6, 30));
    expect(parseLegs(leg({ ...oneDay, departs: 'JFK 0930 -0500' })).notes).toEqual([
      { line: 11, note: 'JFK is -240 minutes from UTC on the first date, the record says -300' },
    ]);
  });

  it('[SSIM-3] moves departures and arrivals by their date variations, over the date line, too', () => {
    const on = (given: Parameters<typeof leg>[0]) => walls(ssimFile([leg({ ...oneDay, ...given })]));
    expect(on({ departs: 'JFK 0030', arrives: 'LHR 1230', dates: '11' })).toEqual([
      '2026-06-02T00:30 → 2026-06-02T12:30',
    ]);
    expect(on({ departs: 'AKL 2255', arrives: 'LAX 1600', dates: '00' })).toEqual([
      '2026-06-01T22:55 → 2026-06-01T16:00',
    ]);
    expect(on({ departs: 'AKL 0100', arrives: 'HNL 1200', dates: '0J' })).toEqual([
      '2026-06-01T01:00 → 2026-05-31T12:00',
    ]);
    expect(on({ departs: 'LAX 2230', arrives: 'SYD 0630', dates: '02' })).toEqual([
      '2026-06-01T22:30 → 2026-06-03T06:30',
    ]);
    expect(on({ departs: 'JFK 2300', arrives: 'BOS 2400', dates: '00' })).toEqual([
      '2026-06-01T23:00 → 2026-06-02T00:00',
    ]);
  });

  it('[SSIM-3] without them takes the first arrival that can be', () => {
    const on = (departs: string, arrives: string) => walls(ssimFile([leg({ ...oneDay, departs, arrives })]));
    expect(on('JFK 2200', 'LHR 1000')).toEqual(['2026-06-01T22:00 → 2026-06-02T10:00']);
    expect(on('LAX 2230', 'SYD 0630')).toEqual(['2026-06-01T22:30 → 2026-06-03T06:30']);
    expect(on('AKL 0100', 'HNL 1200')).toEqual(['2026-06-01T01:00 → 2026-05-31T12:00']);
  });

  it('[SSIM-4] makes a flight of each leg, and a further leg departs after the one before has arrived', () => {
    const legs = [
      leg({ ...oneDay, leg: '01', departs: 'JFK 2200', arrives: 'LHR 1000' }),
      leg({ ...oneDay, leg: '02', departs: 'LHR 1130', arrives: 'CDG 1345' }),
    ];
    expect(walls(ssimFile(legs))).toEqual([
      '2026-06-01T22:00 → 2026-06-02T10:00',
      '2026-06-02T11:30 → 2026-06-02T13:45',
    ]);
    // Another variation of the number is another flight: nothing is known of its legs.
    const apart = [
      legs[0] as string,
      leg({ ...oneDay, variation: '02', leg: '02', departs: 'LHR 1130', arrives: 'CDG 1345' }),
    ];
    expect(walls(ssimFile(apart))[1]).toBe('2026-06-01T11:30 → 2026-06-01T13:45');
  });

  it('[SSIM-5] takes seats from the configuration, by cabin', () => {
    expect(cabinsOfConfiguration('J14W34Y316VV364')).toEqual([
      { cabin: 'economy', capacity: 316 },
      { cabin: 'premium_economy', capacity: 34 },
      { cabin: 'business', capacity: 14 },
    ]);
    expect(cabinsOfConfiguration('F008C040Y150M20LL12PP4')).toEqual([
      { cabin: 'economy', capacity: 170 },
      { cabin: 'business', capacity: 40 },
      { cabin: 'first', capacity: 8 },
    ]);
    expect(cabinsOfConfiguration('VV364')).toEqual([]);
    const { flights, notes } = parseLegs(leg({ ...oneDay, configuration: '' }));
    expect(flights[0]?.cabins).toMatchObject([{ cabin: 'economy', capacity: 140 }]);
    expect(notes).toEqual([{ line: 11, note: 'no seats in the configuration: 140 in economy' }]);
    const cabins = fc.record({
      first: fc.nat(20),
      business: fc.nat(80),
      premium_economy: fc.nat(80),
      economy: fc.nat(600),
    });
    fc.assert(
      fc.property(cabins, (seats) => {
        const given = (['economy', 'premium_economy', 'business', 'first'] as const)
          .map((cabin) => ({ cabin, capacity: seats[cabin] }))
          .filter((each) => each.capacity > 0);
        expect(cabinsOfConfiguration(configurationOfCabins(given) ?? '')).toEqual(given);
      }),
    );
  });

  it('[SSIM-6] closes what has no seats of ours, and says which segment data it does not read', () => {
    const freight = parseLegs(leg({ ...oneDay, service: 'F' }));
    expect([freight.flights[0]?.isClosed, freight.notes[0]?.note]).toEqual([
      true,
      'not for sale: service type F carries no passengers of ours',
    ]);
    const codeshare = parseLegs(
      leg(oneDay),
      segment('050', 'BA  117'),
      segment('010', 'AA 6117'),
      segment('503', '12'),
      segment('010', 'IB 1'),
    );
    expect(codeshare.flights.map((each) => each.isClosed)).toEqual([true]);
    expect(codeshare.notes).toEqual([
      { line: 11, note: 'not for sale: it is operated as BA  117' },
      { line: 13, note: 'segment data DEI 010 are not read (2 lines)' },
      { line: 14, note: 'segment data DEI 503 are not read (1 line)' },
    ]);
    expect(codeshare.accepted).toBe(1);
  });

  it('[SSIM-7] gives every bad line back with its number and reason', () => {
    const bad: [string, string][] = [
      [leg({ flight: '1-' }), 'number "1-" is not a flight number, 1 to 4 digits and an optional letter'],
      [leg({ columns: { 3: 'QXX' } }), 'carrier "QXX" is not an airline designator of two characters'],
      [leg({ departs: 'J1K 0930' }), 'origin "J1K" is not an IATA code, three letters'],
      [leg({ departs: 'QQQ 0930' }), 'unknown place QQQ'],
      [leg({ arrives: 'JFK 1045' }), 'origin and destination are both JFK'],
      [leg({ from: '31JUN26' }), 'the period begins on "31JUN26", which is not a date like 09JUN05'],
      [leg({ to: '30XXX26' }), 'the period ends on "30XXX26", which is not a date like 09JUN05'],
      [leg({ from: '02JUL26' }), 'the period ends on 30JUN26, before it begins on 02JUL26'],
      [leg({ from: '01JUN20' }), 'the period 01JUN20 to 30JUN26 is longer than 800 days'],
      [leg({ days: '12 3   ' }), 'days of operation "12 3   " are not 1 to 7, each in its own column'],
      [leg({ days: '       ' }), 'no day of operation'],
      [leg({ to: '01JUN26', days: ' 2     ' }), 'no day of its period is a day of operation'],
      [leg({ frequency: '3' }), 'frequency "3" is neither blank nor 2'],
      [leg({ departs: 'JFK 2460' }), 'departure time "2460" is not HHMM'],
      [leg({ arrives: 'BOS 9999' }), 'arrival time "9999" is not HHMM'],
      [leg({ departs: 'JFK 0930 0400' }), 'UTC variation "0400 " is not like +0400'],
      [leg({ dates: '0X' }), 'date variation "0X" is not blank, 0 to 7 or J'],
      [leg({ leg: '0A' }), 'leg sequence "0A" is not a number from 01'],
      [leg({ arrives: 'BOS 0900', dates: '00' }), 'arrives before it departs, by the clocks of its zones'],
      [leg({ arrives: 'BOS 1630', dates: '01' }), 'takes longer than 30 hours'],
      [`7${leg({}).slice(1)}`, 'record type "7" is none of 1 to 5'],
      [segment('010', 'AA 1', '99'), 'segment data without the leg record that they belong to'],
      [leg({ from: '30JUN26' }), 'QX 1 JFK-BOS on 2026-06-30 is already on line 11'],
    ];
    const { rejected, accepted, flights } = parseLegs(leg({}), ...bad.map(([record]) => record));
    expect(rejected.map((each) => [each.line, each.reason])).toEqual(
      bad.map(([, reason], place) => [linesBefore + 2 + place, reason]),
    );
    expect([accepted, flights.length]).toEqual([1, 30]);
    const file = ssimFile([leg(oneDay)]).split('\r\n');
    const short = file.map((line, at) => (at === 10 ? line.slice(0, 190) : line));
    expect(parse(short.join('\n')).rejected).toEqual([{ line: 11, reason: 'the record has 190 columns, not 200' }]);
    const noMode = file.map((line, at) => (at === 5 ? line.replace('2LQX', '2 QX') : line));
    expect(parse(noMode.join('\n')).rejected).toEqual([
      { line: 6, reason: 'time mode " " is neither L (local) nor U (UTC)' },
      { line: 11, reason: 'no readable carrier record (type 2) stands before it' },
    ]);
    expect(parse('').rejected).toEqual([{ line: 1, reason: 'the file is empty' }]);
  });

  it('[SSIM-8] notices what is missing by serial numbers, the trailer and its count', () => {
    const lines = ssimFile([leg({ flight: '1' }), leg({ flight: '2' }), leg({ flight: '3' })]).split('\r\n');
    expect(parse(lines.join('\n')).broken).toBeNull();
    const without = (place: number) => parse(lines.filter((_, at) => at !== place).join('\n'));
    expect(without(11).broken).toBe('line 12: 1 record is missing before serial number 000005');
    expect(without(12).broken).toBe('line 13: 1 record is missing before serial number 000006');
    expect(without(13).broken).toBe('the last data set has no trailer: the file may be cut off');
    // All that is there is read all the same.
    expect([without(11).accepted, without(11).notes.length]).toEqual([2, 1]);
    const wrong = lines.map((line, at) => (at === 13 ? `${line.slice(0, 187)}000009${line.slice(193)}` : line));
    expect(parse(wrong.join('\n')).broken).toBe(
      'line 14: the trailer counts up to 000009, the record before it is 000005',
    );
  });

  it('[SCHED-6] moves after the periods have been expanded, by the same number of days', () => {
    const file = ssimFile([
      leg({ from: '01JUN26', to: '08JUN26', days: '1      ' }),
      leg({ flight: '2', from: '03JUN26', to: '03JUN26' }),
    ]);
    expect(parse(file, { shiftTo: '2027-01-13' }).flights.map((each) => each.departsAt)).toEqual([
      '2027-01-13T09:30',
      '2027-01-20T09:30',
      '2027-01-15T09:30',
    ]);
  });

  it('[SCHED-5] never throws, whatever the columns hold', () => {
    const symbols = fc.constantFrom(...' 0123456789ABJLUXYZ+-');
    const record = fc.string({ unit: symbols, minLength: 199, maxLength: 199 }).map((text) => `3${text}`);
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        const { accepted, rejected } = parse(`${ssimFile([leg({})])}${records.join('\n')}`);
        expect(accepted + rejected.length).toBe(1 + records.length);
      }),
    );
  });

  it('[SSIM-10] days become periods, and periods the same days again', () => {
    const days = fc.uniqueArray(fc.integer({ min: 20_000, max: 20_120 })).map((each) => each.sort((a, b) => a - b));
    fc.assert(
      fc.property(days, (given) => {
        const periods = periodsOfDays(given);
        expect(periods.flatMap((each) => [...daysOfPeriod(each)])).toEqual(given);
      }),
    );
    const daily = Array.from({ length: 200 }, (_, at) => 20_000 + at);
    expect(periodsOfDays(daily)).toHaveLength(1);
    expect(periodsOfDays(daily.filter((day) => day % 7 < 2))).toHaveLength(1);
    expect(periodsOfDays(daily.filter((day) => day !== 20_050))).toHaveLength(2);
  });

  describe.skipIf(absent)('of a real airline (skipped where the file is not beside the project)', () => {
    const text = absent ? '' : readFileSync(sampleFile, 'latin1');
    const sample = parse(text);
    const find = (number: string, route: string, date: string) =>
      sample.flights.find(
        (each) =>
          each.number === number && `${each.origin}${each.destination}` === route && each.departsAt.startsWith(date),
      );
    const at = (month: number, day: number, hour: number, minute: number) =>
      Date.UTC(2005, month - 1, day, hour, minute);

    it('[SSIM-9] reads all 514 legs, 3,070 dated flights, and agrees with the zone of every airport', () => {
      expect([sample.accepted, sample.rejected, sample.flights.length]).toEqual([514, [], 3070]);
      expect(sample.notes.map((each) => each.note)).toEqual([
        ...Array(2).fill('not for sale: service type F carries no passengers of ours'),
        'not for sale: service type P carries no passengers of ours',
        ...Array(2).fill('not for sale: service type K carries no passengers of ours'),
      ]);
      expect(sample.broken).toBeNull();
    });

    // Worked out by hand from the records. In summer 2005 Réunion and Mauritius were 4 hours east of UTC all year,
    // Mayotte, the Comoros and Madagascar 3, Johannesburg 2, Paris and Marseille 2 until 30 October 01:00 UTC and 1
    // from then on, Seattle 7 west. 22 May 2005 was a Sunday.
    it.each([
      // Line 11: F 09JUN05-09JUN05 on day 4; 9 June is a Thursday. 21:30 − 4 h = 17:30Z; 22:40 − 3 h = 19:40Z.
      ['41', 'RUNDZA', '2005-06-09', '2005-06-09T22:40', at(6, 9, 17, 30), at(6, 9, 19, 40), 'W18 Y112'],
      // Line 12: DZA 23:30 − 3 h = 20:30Z; arrival RUN 02:30 without date variation is the next morning, − 4 h = 22:30Z.
      ['42', 'DZARUN', '2005-06-09', '2005-06-10T02:30', at(6, 9, 20, 30), at(6, 9, 22, 30), 'W18 Y112'],
      // Line 13: 23MAY05-13JUN05 on days 1, 3, 5, 6: 13 June is a Monday, the last day. 08:00 − 4 h; 08:40 − 4 h.
      ['102', 'RUNMRU', '2005-06-13', '2005-06-13T08:40', at(6, 13, 4, 0), at(6, 13, 4, 40), 'Y118'],
      // Line 295: 22MAY05-10JUL05 on day 7: 10 July is the eighth Sunday. 14:30 − 2 h = 12:30Z; 20:20 − 4 h = 16:20Z.
      ['372', 'JNBRUN', '2005-07-10', '2005-07-10T20:20', at(7, 10, 12, 30), at(7, 10, 16, 20), 'W18 Y112'],
      // Line 430, second leg: 14JUN05-15JUN05 on days 2, 3: Tuesday 14 June. 20:15 − 4 h = 16:15Z; Paris 05:30 of the
      // 15th − 2 h = 03:30Z.
      ['975', 'RUNCDG', '2005-06-14', '2005-06-15T05:30', at(6, 14, 16, 15), at(6, 15, 3, 30), 'J14 W34 Y316'],
      // Line 455, second leg, Saturday 29 October: lands 04:30 on Sunday, after Paris went back: − 1 h = 03:30Z.
      ['975', 'RUNCDG', '2005-10-29', '2005-10-30T04:30', at(10, 29, 16, 15), at(10, 30, 3, 30), 'J14 W34 Y316'],
      // Line 352, third leg: 14JUN05-25OCT05 on day 2: 25 October is a Tuesday. 13:00 − 3 h = 10:00Z; 20:50 − 2 h.
      ['945', 'HAHMRS', '2005-10-25', '2005-10-25T20:50', at(10, 25, 10, 0), at(10, 25, 18, 50), 'J14 W34 Y316'],
      // Line 519: Sunday 22 May, a delivery flight. Seattle 09:00 + 7 h = 16:00Z; RUN 15:40 can only be the next day.
      ['3777', 'SEARUN', '2005-05-22', '2005-05-23T15:40', at(5, 22, 16, 0), at(5, 23, 11, 40), 'J14 W34 Y316'],
      // Line 112: 11AUG05-29OCT05 every day; the Saturday at its end. 16:30 − 4 h = 12:30Z; 17:20 − 4 h = 13:20Z.
      ['115', 'MRUZSE', '2005-10-29', '2005-10-29T17:20', at(10, 29, 12, 30), at(10, 29, 13, 20), 'Y64'],
      // Line 350, first leg on its first day, Tuesday 14 June: 08:10 − 4 h = 04:10Z; 09:15 − 3 h = 06:15Z.
      ['945', 'RUNDZA', '2005-06-14', '2005-06-14T09:15', at(6, 14, 4, 10), at(6, 14, 6, 15), 'J14 W34 Y316'],
    ])(
      '[SSIM-9] has flight %s %s of %s as worked out by hand',
      (number, route, date, arrivesAt, departs, arrives, seats) => {
        const flight = find(number, route, date);
        expect([flight?.arrivesAt, flight?.departsAtUtc, flight?.arrivesAtUtc]).toEqual([arrivesAt, departs, arrives]);
        const letters = { business: 'J', premium_economy: 'W', economy: 'Y', first: 'F' };
        expect(
          flight?.cabins
            .map((each) => `${letters[each.cabin]}${each.capacity}`)
            .reverse()
            .join(' '),
        ).toBe(seats);
      },
    );

    it('[SSIM-9] has no flight on the days between', () => {
      // Line 13 again: 26 May is a Thursday, 29 May a Sunday; line 14 flies the Tuesdays.
      const days = sample.flights.filter((each) => each.line === 13).map((each) => each.departsAt.slice(5, 10));
      expect(days).toEqual([
        '05-23',
        '05-25',
        '05-27',
        '05-28',
        '05-30',
        '06-01',
        '06-03',
        '06-04',
        '06-06',
        '06-08',
        '06-10',
        '06-11',
        '06-13',
      ]);
      expect(find('102', 'RUNMRU', '2005-05-26')).toBeUndefined();
    });
  });
});
