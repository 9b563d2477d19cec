import { describe, expect, it } from 'vitest';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { dateOfDay } from '../../server/domain/places/zoned-time.ts';
import { cutImport } from '../../server/domain/schedules/cut-import.ts';
import { csvFormat } from '../../server/domain/schedules/parse-schedule-csv.ts';
import { ssimFormat } from '../../server/domain/schedules/parse-ssim.ts';
import { readSchedule } from '../../server/domain/schedules/schedule-format.ts';
import { runSlices } from './run-slices.ts';
import { leg, ssimFile } from './ssim-file.ts';

const byCode = new Map(worldPlaces().map((each) => [each.code, each]));
const known = { zoneOf: (code: string) => byCode.get(code)?.zone, coordinatesOf: (code: string) => byCode.get(code) };
const parse = (text: string, shiftTo: string | undefined) =>
  runSlices(readSchedule(csvFormat, text, { ...known, shiftTo }));

/** About 5 MB: the earliest date far down, faults everywhere, and a flight repeated far from where it was. */
function largeFile(): string {
  const lines = ['', 'carrier,number,origin,destination,departs_at,arrives_at,economy_seats,economy_price,note'];
  const pad = 'x'.repeat(60);
  for (let index = 0; index < 40_000; index++) {
    const date = dateOfDay(20_500 + ((index * 7) % 300));
    const number = 1 + (index % 9000);
    const origin = index % 977 === 0 ? 'QQQ' : 'JFK';
    lines.push(`N1,${number},${origin},BOS,${date}T10:00,${date}T11:20,${index % 1013 === 0 ? '' : 100},99,${pad}`);
  }
  lines[31_000] = 'N1,42,JFK,BOS,2025-11-02T10:00,2025-11-02T11:20,100,99';
  lines[1500] = lines[39_000] as string;
  return lines.join('\r\n');
}

describe('a file that is sent in pieces', () => {
  const text = largeFile();

  it.each([undefined, '2027-03-01'])('[SCHED-7] comes out as if it went whole (shifted to %s)', (shiftTo) => {
    const whole = parse(text, shiftTo);
    const flights: typeof whole.flights = [];
    const pieces = cutImport('csv', text, shiftTo);
    let step = pieces.next();
    let sent = 0;
    let share = 0;
    while (!step.done) {
      const parsed = parse(step.value.text, step.value.shiftTo);
      sent += 1;
      expect(step.value.share).toBeGreaterThan(share);
      share = step.value.share;
      flights.push(...parsed.flights);
      step = pieces.next(parsed.rejected);
    }
    expect([sent, share]).toEqual([Math.ceil(text.length / 1024 / 1024), 1]);
    expect(step.value).toEqual(whole.rejected);
    expect(flights).toEqual(whole.flights);
    expect(whole.rejected.length).toBeGreaterThan(50);
    expect(whole.rejected.some((each) => each.reason.includes('is already on line 1501'))).toBe(true);
  });

  it.each([undefined, '2027-03-01'])(
    '[SCHED-7] of SSIM, too: legs, carriers and trailers stay together (shifted to %s)',
    (shiftTo) => {
      // 44,000 dated flights of two data sets, some of them twice, and legs that need the one before.
      const days = { from: '01APR26', to: '17OCT26' };
      const legs = Array.from({ length: 70 }, (_, at) => [
        leg({ ...days, flight: String(at + 1), leg: '01', departs: 'JFK 2200', arrives: 'LHR 1000' }),
        leg({
          ...days,
          flight: String(at + 1),
          leg: '02',
          departs: 'LHR 1130',
          arrives: at % 9 ? 'CDG 1345' : 'QQQ 1345',
        }),
      ]).flat();
      legs.push(leg({ ...days, flight: '2', departs: 'JFK 2200', arrives: 'LHR 1000' }), legs[3] as string);
      const whole = `${ssimFile(legs)}${ssimFile(legs.slice(0, 80)).replaceAll('QX', 'QY')}`;
      const read = (part: string, to: string | undefined) =>
        runSlices(readSchedule(ssimFormat, part, { ...known, shiftTo: to }));
      const expected = read(whole, shiftTo);
      expect([expected.broken?.slice(0, 8) ?? null, expected.flights.length > 40_000]).toEqual([null, true]);
      const flights: typeof expected.flights = [];
      const pieces = cutImport('ssim', whole, shiftTo);
      let step = pieces.next();
      let sent = 0;
      while (!step.done) {
        const parsed = read(step.value.text, step.value.shiftTo);
        sent += 1;
        expect(parsed.broken).toBeNull();
        flights.push(...parsed.flights);
        step = pieces.next(parsed.rejected);
      }
      expect(sent).toBe(3);
      expect(step.value).toEqual(expected.rejected);
      expect(flights).toEqual(expected.flights);
      expect(expected.rejected.some((each) => each.reason.includes('is already on line 13'))).toBe(true);
    },
  );

  it('[SCHED-7] goes in one call when it is small', () => {
    for (const [format, small] of [
      ['csv', text.slice(0, 100_000)],
      ['ssim', ssimFile([leg({})])],
      ['mct', text],
    ] as const) {
      const pieces = cutImport(format, small, '2027-03-01');
      expect(pieces.next().value).toEqual({ text: small, shiftTo: '2027-03-01', share: 1 });
      expect(pieces.next([{ line: 3, reason: 'so' }])).toEqual({ done: true, value: [{ line: 3, reason: 'so' }] });
    }
  });
});
