import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../server/app.ts';
import { LiveTimetable } from '../../server/domain/timetable/live-timetable.ts';
import { readAllRecords } from '../../server/domain/timetable/read-records.ts';
import { wholeDigest } from '../../server/domain/timetable/timetable-digest.ts';
import { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { type Connected, connect, connectGuest, failureOf } from '../support/connect.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('a timetable that is kept true', () => {
  let scene: Scene;
  let other: App;
  let there: Connected;
  const day = dateIn(30);

  beforeAll(async () => {
    scene = await openScene(silentGateway);
    other = await scene.server.startAnother();
    there = await connectGuest(other.url);
  });
  afterAll(async () => {
    await there.close();
    await scene.close();
  });

  const found = async (who: Connected) =>
    (
      await who.trpc.search.itineraries.query({
        slices: [{ origin: ['JFK'], destination: ['LHR'], date: day }],
        sort: 'departure',
        dominated: true,
      })
    ).itineraries.map(
      (each) => `${each.slices[0]?.legs[0]?.departsAt.slice(11)} ${each.price.amount} ${each.seatsLeft}`,
    );

  it('[SEARCH-9] edits, sales and removals show at once, and on another node', async () => {
    const flight = await scene.flight();
    expect(await found(scene.guest)).toEqual(['10:00 45000 10']);
    await expect.poll(() => found(there)).toEqual(['10:00 45000 10']);
    await scene.hold(flight.id, 3);
    expect(await found(scene.guest)).toEqual(['10:00 45000 7']);
    await expect.poll(() => found(there)).toEqual(['10:00 45000 7']);
    const edited = await scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: 1,
      departsAt: `${day}T11:00`,
      arrivesAt: `${day}T23:00`,
      cabins: [{ cabin: 'economy', price: { amount: 60_000, currency: 'USD' } }],
    });
    expect(await found(scene.guest)).toEqual(['11:00 60000 7']);
    await expect.poll(() => found(there)).toEqual(['11:00 60000 7']);
    await scene.operator.trpc.admin.flights.remove.mutate({ flightId: flight.id, expectedVersion: edited.version });
    expect(await found(scene.guest)).toEqual([]);
    await expect.poll(() => found(there)).toEqual([]);
  });

  it('[SEARCH-18] operators see whether nodes hold the same, and nobody else does', async () => {
    const operatorThere = connect(other.url, { apiKey: scene.server.apiKey });
    /** Of both nodes, once they hold the same. */
    const digest = async (): Promise<string | undefined> => {
      const here = await scene.operator.trpc.admin.timetable.digest.query();
      const there = await operatorThere.trpc.admin.timetable.digest.query();
      return here.isOfOneMoment && here.digest === there.digest ? here.digest : undefined;
    };
    const flight = await scene.flight({ number: '7' });
    let before: string | undefined;
    await expect.poll(async () => (before = await digest())).toBeDefined();
    await scene.hold(flight.id, 1);
    await expect.poll(async () => [undefined, before].includes(await digest())).toBe(false);
    expect(await failureOf(scene.guest.trpc.admin.timetable.digest.query())).toMatchObject({ code: 'FORBIDDEN' });
    await operatorThere.close();
  });

  it('[SEARCH-10] what no message told of is found by comparing, and then it is as one that was built anew', async () => {
    const places = new Map([
      ['JFK', { latitude: 40.6, longitude: -73.8, country: 'US', city: 'NYC' }],
      ['LHR', { latitude: 51.5, longitude: -0.5, country: 'GB', city: 'LON' }],
    ]);
    const airport = (code: string) => places.get(code);
    const report = (error: unknown) => {
      throw error;
    };
    const options = { pool: scene.db, clock: systemClock, report, airport, learnRules: async () => undefined };
    const flights = [await scene.flight({ number: '1' }), await scene.flight({ number: '2' })];
    const fresh = async () => {
      const writer = new TimetableWriter({ airport });
      for await (const page of readAllRecords(scene.db)) writer.load(page);
      writer.rearrange();
      return wholeDigest(writer.timetable, writer.names).digest;
    };
    const deaf = await LiveTimetable.open(options);
    await deaf.readAll();
    expect((await deaf.digest()).digest).toBe(await fresh());
    await scene.db.query('update cabin set held = held + 1, version = version + 1 where flight_id = $1', [
      flights[0]?.id,
    ]);
    await scene.db.query('update cabin set held = held - 1, version = version + 1 where flight_id = $1', [
      flights[0]?.id,
    ]);
    await scene.db.query(`update flight set state = 'closed', version = version + 1 where id = $1`, [flights[1]?.id]);
    await scene.flight({ number: '3', departsAt: `${day}T08:00`, arrivesAt: `${day}T20:00` });
    expect((await deaf.digest()).digest).not.toBe(await fresh());
    expect(await deaf.compareDate(day)).toBe(true);
    expect((await deaf.digest()).digest).toBe(await fresh());
    expect(await deaf.compareDate(day)).toBe(false);
  });
});
