import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scheduleCsvHeader } from '../../server/domain/schedules/parse-schedule-csv.ts';
import type { FlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import type { ImportView } from '../../shared/schedule-import.ts';
import { failureOf } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';
import { leg, ssimFile } from './ssim-file.ts';

const sampleFile = new URL('../../../shared/data/ssim/avionworx-sample.ssim', import.meta.url);
const absent = !existsSync(sampleFile);

describe('imports that are looked at first', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(() => scene.close());

  const imports = () => scene.operator.trpc.admin.imports;
  const flights = () => scene.operator.trpc.admin.flights;
  const preview = (text: string, options: { isWhole?: boolean; format?: 'ssim' | 'csv'; shiftTo?: string } = {}) =>
    imports().preview.mutate({ id: newId(), format: 'ssim', text, ...options });
  const apply = ({ id }: { id: string }) => imports().commit.mutate({ id });
  const rollBack = ({ id }: { id: string }) => imports().rollback.mutate({ id });
  const find = async (date: string, number: string): Promise<FlightView | undefined> =>
    (await flights().list.query({ origin: 'JFK', date, limit: 200 })).flights.find((each) => each.number === number);
  const counts = (view: ImportView) => view.flights;
  let nextNumber = 100;
  /** Each test has a flight number, and so a timetable, of its own. */
  const week = (number: string, given: Parameters<typeof leg>[0] = {}) =>
    leg({ flight: number, from: '07JUN27', to: '13JUN27', departs: 'JFK 0930', arrives: 'BOS 1045', ...given });
  const days = ['07', '08', '09', '10', '11', '12', '13'].map((day) => `2027-06-${day}`);
  const hold = async (date: string, number: string, seats = 1) => {
    const flight = (await find(date, number)) as FlightView;
    return scene.hold(flight.id, seats);
  };

  it('[IMPORT-1] say what they would do and change nothing; the same id again is the same import', async () => {
    const number = String(nextNumber++);
    const id = newId();
    const text = ssimFile([week(number), leg({ flight: '9', departs: 'JFK 0930', arrives: 'QQQ 1045' })]);
    const view = await imports().preview.mutate({ id, format: 'ssim', text, fileName: 'summer.ssim' });
    expect(view).toMatchObject({
      id,
      format: 'ssim',
      fileName: 'summer.ssim',
      status: 'planned',
      accepted: 1,
      flights: { created: 7, updated: 0, cancelled: 0, unchanged: 0 },
      hit: { bookings: 0, seats: 0 },
      progress: { done: 0, of: 7 },
      rejected: 1,
      scopes: [{ carrier: 'QX', from: '2026-03-29', to: '2027-06-13' }],
    });
    expect(await find(days[0] as string, number)).toBeUndefined();
    expect(await imports().preview.mutate({ id, format: 'ssim', text: 'another text' })).toEqual(view);
    const detail = await imports().get.query({ id, limit: 3 });
    expect(detail.changes.map((each) => [each.kind, each.line, each.before, each.after?.departsAt])).toEqual(
      days.slice(0, 3).map((day) => ['created', 11, null, `${day}T09:30`]),
    );
    expect(detail.rejectedLines).toEqual([{ line: 12, reason: 'unknown place QQQ' }]);
    const rest = await imports().get.query({ id, cursor: detail.nextCursor, limit: 10 });
    expect([rest.changes.length, rest.nextCursor]).toEqual([4, null]);
  });

  it('[IMPORT-2] are carried out as they were shown, and the same file again changes nothing', async () => {
    const number = String(nextNumber++);
    const text = ssimFile([week(number)]);
    const view = await preview(text);
    const done = await apply(view);
    expect(done).toMatchObject({
      status: 'applied',
      progress: { done: 7, of: 7 },
      outcomes: { applied: 7, skipped: 0 },
    });
    const flight = await find(days[0] as string, number);
    expect(flight).toMatchObject({
      carrier: 'QX',
      departsAt: '2027-06-07T09:30',
      state: 'open',
      cabins: [{ capacity: 180 }],
    });
    expect(await apply(view)).toEqual(done);
    expect(counts(await preview(text))).toEqual({ created: 0, updated: 0, cancelled: 0, unchanged: 7 });
    const direct = await flights().import.mutate({ format: 'ssim', text });
    expect(direct).toMatchObject({ accepted: 1, flights: { created: 0, updated: 0, unchanged: 7 }, importId: null });
  });

  it('[IMPORT-3] name the bookings that they hit, and those read it in their timelines', async () => {
    const number = String(nextNumber++);
    await apply(await preview(ssimFile([week(number)])));
    const booking = await hold(days[0] as string, number, 2);
    await hold(days[1] as string, number, 3);
    // Later on the first two days, a smaller aircraft on all; that hits only who would lose the seat that he has.
    const view = await preview(
      ssimFile([
        week(number, { to: '08JUN27', departs: 'JFK 1130', arrives: 'BOS 1245', configuration: 'Y120' }),
        week(number, { variation: '02', from: '09JUN27', configuration: 'Y120' }),
      ]),
    );
    expect(view).toMatchObject({ flights: { updated: 7, created: 0 }, hit: { bookings: 2, seats: 5 } });
    const { changes } = await imports().get.query({ id: view.id, hit: true });
    expect(changes.map((each) => [each.before?.departsAt, each.after?.departsAt, each.bookings, each.seats])).toEqual([
      ['2027-06-07T09:30', '2027-06-07T11:30', 1, 2],
      ['2027-06-08T09:30', '2027-06-08T11:30', 1, 3],
    ]);
    await apply(view);
    const { entries } = await scene.guest.trpc.booking.timeline.query({ id: booking.id });
    expect(entries.map((each) => each.title)).toContain(
      `QX ${number}, JFK → BOS: now departs 2027-06-07 11:30, arrives 2027-06-07 12:45`,
    );
    const flight = await find(days[0] as string, number);
    expect(flight?.cabins).toMatchObject([{ capacity: 120, available: 118 }]);
  });

  it('[IMPORT-4] cancel what a whole file does not have any more, within its carriers and dates', async () => {
    const number = String(nextNumber++);
    const kept = String(nextNumber++);
    // Only this test's dates, and a carrier of its own: a whole file speaks for all that its carrier flies then.
    const own = (records: string[]) => ssimFile(records, 'L', '01JAN2801JAN28').replaceAll('QX', 'QY');
    const days28 = { from: '03JAN28', to: '05JAN28' };
    const both = own([week(number, days28), week(kept, days28)]);
    await apply(await preview(both));
    const taken = await hold('2028-01-03', number, 2);
    const half = own([week(kept, days28)]);
    expect(counts(await preview(half))).toMatchObject({ cancelled: 0, unchanged: 3 });
    const view = await preview(half, { isWhole: true });
    expect(view).toMatchObject({
      flights: { cancelled: 3, unchanged: 3 },
      hit: { bookings: 1, seats: 2 },
      notWhole: null,
    });
    expect(await apply(view)).toMatchObject({ outcomes: { applied: 3 } });
    // The one with a booking stays as a record and gives its seats back; the others never were.
    await scene.reaches(taken.id, 'cancelled');
    expect((await find('2028-01-03', number))?.state).toBe('cancelled');
    expect(await find('2028-01-04', number)).toBeUndefined();
    expect((await find('2028-01-04', kept))?.state).toBe('open');

    const back = await rollBack(view);
    expect(back).toMatchObject({ status: 'rolled_back', outcomes: { undone: 3, kept: 0 } });
    expect(await find('2028-01-03', number)).toMatchObject({ state: 'open', cabins: [{ available: 180 }] });
    expect((await find('2028-01-04', number))?.state).toBe('open');
    expect(counts(await preview(both))).toEqual({ created: 0, updated: 0, cancelled: 0, unchanged: 6 });
  });

  it('[IMPORT-4] cancel nothing if the file is not whole by its own marks', async () => {
    const number = String(nextNumber++);
    const lines = ssimFile([week(number), week(number, { variation: '02', from: '14JUN27', to: '14JUN27' })]).split(
      '\r\n',
    );
    const gap = await preview(lines.filter((_, at) => at !== 10).join('\n'), { isWhole: true });
    expect([gap.notWhole, gap.flights.cancelled]).toEqual([
      'line 11: 1 record is missing before serial number 000004',
      0,
    ]);
    const refused = await preview(ssimFile([week(number), week('1-')]), { isWhole: true });
    expect(refused.notWhole).toMatch(/^line 12: number "1-"/);
    expect(
      (await preview(ssimFile([week(number), week('9', { arrives: 'QQQ 1045' })]), { isWhole: true })).notWhole,
    ).toBe('line 12 was refused: unknown place QQQ');
  });

  it('[IMPORT-5] are rolled back, but for what was edited or bought since', async () => {
    const number = String(nextNumber++);
    const view = await preview(ssimFile([week(number)]));
    await apply(view);
    await hold(days[0] as string, number, 2);
    const edited = (await find(days[1] as string, number)) as FlightView;
    await flights().update.mutate({ flightId: edited.id, expectedVersion: edited.version, state: 'closed' });
    expect(await imports().previewRollback.query({ id: view.id })).toEqual({
      undone: { created: 5, updated: 0, cancelled: 0 },
      kept: { edited: 1, taken: 1, seats: 2 },
    });
    const back = await rollBack(view);
    expect(back).toMatchObject({ status: 'rolled_back', outcomes: { undone: 5, kept: 2, applied: 0 } });
    const { changes } = await imports().get.query({ id: view.id, outcome: 'kept' });
    expect(changes.map((each) => [each.after?.departsAt.slice(0, 10), each.reason])).toEqual([
      [days[0], '2 seats were taken on it'],
      [days[1], 'it was edited since'],
    ]);
    expect((await find(days[0] as string, number))?.cabins).toMatchObject([{ available: 178 }]);
    expect(await find(days[2] as string, number)).toBeUndefined();
    expect(await rollBack(view)).toEqual(back);
    expect(await failureOf(apply(view))).toMatchObject({ code: 'NOT_ALLOWED', details: { status: 'rolled_back' } });
    const planned = await preview(ssimFile([week(number)]));
    expect(await failureOf(rollBack(planned))).toMatchObject({ code: 'NOT_ALLOWED', details: { status: 'planned' } });
    expect(await failureOf(apply({ id: newId() }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('[IMPORT-5] put times, seats and cabins back, unless somebody bought at the new times', async () => {
    const number = String(nextNumber++);
    await apply(await preview(ssimFile([week(number)])));
    const early = await hold(days[0] as string, number);
    const view = await preview(
      ssimFile([week(number, { departs: 'JFK 1130', arrives: 'BOS 1245', configuration: 'J10Y100' })]),
    );
    expect(counts(view)).toMatchObject({ updated: 7 });
    await apply(view);
    await hold(days[1] as string, number);
    expect(await imports().previewRollback.query({ id: view.id })).toEqual({
      undone: { created: 0, updated: 6, cancelled: 0 },
      kept: { edited: 0, taken: 1, seats: 1 },
    });
    expect(await rollBack(view)).toMatchObject({ outcomes: { undone: 6, kept: 1 } });
    const [first, second] = await Promise.all([find(days[0] as string, number), find(days[1] as string, number)]);
    expect(first).toMatchObject({
      departsAt: '2027-06-07T09:30',
      cabins: [{ cabin: 'economy', capacity: 180, available: 179 }],
    });
    expect(second).toMatchObject({ departsAt: '2027-06-08T11:30' });
    const { entries } = await scene.guest.trpc.booking.timeline.query({ id: early.id });
    expect(entries.filter((each) => each.kind === 'schedule')).toHaveLength(2);
  });

  it('[IMPORT-6] skip a flight that was edited after it was looked at, and say so', async () => {
    const number = String(nextNumber++);
    await apply(await preview(ssimFile([week(number)])));
    const view = await preview(ssimFile([week(number, { departs: 'JFK 1130', arrives: 'BOS 1245' })]));
    const edited = (await find(days[3] as string, number)) as FlightView;
    await flights().update.mutate({ flightId: edited.id, expectedVersion: edited.version, state: 'closed' });
    expect(await apply(view)).toMatchObject({ outcomes: { applied: 6, skipped: 1 } });
    const { changes } = await imports().get.query({ id: view.id, outcome: 'skipped' });
    expect(changes.map((each) => each.reason)).toEqual(['it was edited after it was looked at']);
    expect((await find(days[3] as string, number))?.departsAt).toBe('2027-06-10T09:30');
  });

  it('[IMPORT-7] go on where they stopped, whoever calls, and never do a change twice', async () => {
    const number = String(nextNumber++);
    // 1,097 dated flights: more than four batches.
    const legs = ['0930', '1230', '1530'].map((time, at) =>
      leg({
        flight: `${number}${'ABC'[at]}`.slice(0, 4),
        suffix: ' ',
        from: '01JAN29',
        to: '31DEC29',
        departs: `JFK ${time}`,
        arrives: `BOS ${time.replace('30', '59')}`,
      }),
    );
    const view = await preview(ssimFile(legs));
    expect(view.flights.created).toBe(3 * 365);
    const together = await Promise.all([apply(view), apply(view), apply(view)]);
    expect(together.map((each) => each.outcomes.skipped)).toEqual([0, 0, 0]);
    const done = await apply(view);
    expect(done).toMatchObject({ status: 'applied', outcomes: { applied: 3 * 365, skipped: 0 } });
    const { rows } = await scene.db.query(`select count(*)::int as n from flight where departure_date like '2029%'`);
    expect(rows).toEqual([{ n: 3 * 365 }]);
    expect(await rollBack(view)).toMatchObject({ status: 'rolled_back', outcomes: { undone: 3 * 365 } });
  });

  it('[IMPORT-8] leave alone what an operator asks for a seat when the file has no prices', async () => {
    const number = String(nextNumber++);
    const text = ssimFile([week(number)]);
    await apply(await preview(text));
    const flight = (await find(days[0] as string, number)) as FlightView;
    const price = { amount: 12_345, currency: 'USD' };
    await flights().update.mutate({
      flightId: flight.id,
      expectedVersion: flight.version,
      cabins: [{ cabin: 'economy', price }],
    });
    expect(counts(await preview(text))).toMatchObject({ updated: 0, unchanged: 7 });
    await apply(await preview(ssimFile([week(number, { configuration: 'Y150' })])));
    expect((await find(days[0] as string, number))?.cabins).toMatchObject([{ capacity: 150, price }]);
  });

  it('[IMPORT-9] list direct imports, too, which may come in pieces, and roll them back as one', async () => {
    const importId = newId();
    const piece = (number: string) =>
      `${scheduleCsvHeader}\nQX,${number},JFK,LHR,2030-01-10T19:00,2030-01-11T07:00,180,412.50`;
    const [a, b] = [String(nextNumber++), String(nextNumber++)];
    for (const number of [a, b])
      expect(await flights().import.mutate({ format: 'csv', text: piece(number), importId })).toMatchObject({
        importId,
      });
    const { imports: listed } = await imports().list.query({ limit: 1 });
    expect(listed).toMatchObject([{ id: importId, format: 'csv', status: 'applied', flights: { created: 2 } }]);
    expect(await rollBack({ id: importId })).toMatchObject({ outcomes: { undone: 2 } });
    expect(await find('2030-01-10', a)).toBeUndefined();
  });

  it('[IMPORT-10] are told in the log: flights that are new at once, others each', async () => {
    const number = String(nextNumber++);
    const view = await preview(ssimFile([week(number, { to: '08JUN27' })]));
    await apply(view);
    await apply(await preview(ssimFile([week(number, { to: '07JUN27', departs: 'JFK 1000' })])));
    const { rows } = await scene.db.query<{ type: string; data: { ids?: string[] } }>(
      `select type, data from outbox where type like 'flight%' or type like 'timetable%' order by xid desc, id desc limit 4`,
    );
    expect(rows.map((row) => row.type)).toEqual([
      'timetable.imported',
      'flight.updated',
      'timetable.imported',
      'flights.created',
    ]);
    expect(rows[3]?.data.ids).toHaveLength(2);
    expect(rows[1]?.data).toMatchObject({ departsAt: '2027-06-07T10:00' });
  });

  it.skipIf(absent)(
    '[SSIM-9] [SSIM-10] takes the whole of a real file over the wire, moved into the future, and what comes out changes nothing',
    async () => {
      const text = readFileSync(sampleFile, 'latin1');
      const first = await flights().import.mutate({ format: 'ssim', text, shiftTo: '2031-05-25' });
      expect(first).toMatchObject({
        accepted: 514,
        rejected: [],
        flights: { created: 3070, updated: 0, unchanged: 0 },
      });
      const again = await flights().import.mutate({ format: 'ssim', text, shiftTo: '2031-05-25' });
      expect(again.flights).toEqual({ created: 0, updated: 0, unchanged: 3070 });
      const parts: string[] = [];
      let cursor: string | null = null;
      do {
        const part: { text: string; leftOut: number; nextCursor: string | null } = await flights().export.query({
          format: 'ssim',
          carrier: 'XX',
          cursor,
        });
        expect(part.leftOut).toBe(0);
        parts.push(part.text);
        cursor = part.nextCursor;
      } while (cursor);
      const back = await flights().import.mutate({ format: 'ssim', text: parts.join('') });
      expect(back).toMatchObject({ rejected: [], flights: { created: 0, updated: 0, unchanged: 3070 } });
    },
  );

  it('[SEAT-2] and the seats add up after all of it', async () => {
    expect(await scene.drift()).toBe(0);
  });
});
