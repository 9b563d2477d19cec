import { expect, test } from 'vitest';
import { findOneWays, KeptWays } from '../../server/domain/search/find-one-ways.ts';
import type { SearchRoom } from '../../server/domain/search/search-room.ts';

const at = Date.parse('2030-05-01T10:00:30Z');

/** A room whose engine finds nothing, and counts how often it is asked. */
function openRoom() {
  const times = {};
  const state = { now: at, version: 1, asked: 0 };
  const room = {
    clock: { now: () => state.now },
    places: { zoneOf: () => 'UTC' },
    live: {
      caughtUp: async () => undefined,
      names: { airports: { find: () => 0, at: () => 'LHR' } },
      timetable: times,
      get version() {
        return state.version;
      },
    },
    engine: {
      times: () => times,
      answer: async () => {
        state.asked++;
        return { fronts: [], ranking: { count: 0, entries: [] }, timetable: times };
      },
    },
  } as unknown as SearchRoom;
  const kept = new KeptWays();
  const ask = async (date: string): Promise<boolean> => {
    const before = state.asked;
    await findOneWays(room, kept, [{ origins: ['LHR'], destinations: ['JFK'], date, cabin: 'economy', seats: 1 }]);
    return state.asked > before;
  };
  return { state, ask };
}

test('[PROV-9] ways are kept until the timetable changes', async () => {
  const { state, ask } = openRoom();
  expect(await ask('2030-05-03')).toBe(true);
  state.now += 60_000;
  expect(await ask('2030-05-03')).toBe(false);
  expect(await ask('2030-05-04')).toBe(true);
  state.version++;
  expect(await ask('2030-05-03')).toBe(true);
});

test.each(['2030-04-30', '2030-05-01', '2030-05-02'])(
  '[PROV-9] what departs on %s may have departed a minute later',
  async (date) => {
    const { state, ask } = openRoom();
    expect(await ask(date)).toBe(true);
    expect(await ask(date)).toBe(false);
    state.now += 60_000;
    expect(await ask(date)).toBe(true);
  },
);
