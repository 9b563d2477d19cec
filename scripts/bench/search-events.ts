import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { buildConnectionTable } from '../../server/domain/connections/minimum-connection.ts';
import type { SearchTask } from '../../server/domain/search/answer-search.ts';
import { findFront } from '../../server/domain/search/find-front.ts';
import { createSearchEngine } from '../../server/domain/search/search-engine.ts';
import type { CabinRecord, FlightRecord } from '../../server/domain/timetable/flight-record.ts';
import type { Timetable } from '../../server/domain/timetable/timetable.ts';
import type { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';
import type { PartOutcome, SearchSetting } from './search-part.ts';
import { type Asked, drawQuestions, journeysOf, questionOf, taskOf, timetableOf } from './search-questions.ts';
import { randomOf, type World } from './search-world.ts';
import { type Times, timesHead, timesLine, timesOf } from './times-of.ts';

/** Changes of one kind, taken in while a thread searches. */
interface Taken {
  title: string;
  /** Changes in a second of the thread that takes them in, with what they cause now and then. Null: nothing changed. */
  perSecond: number | null;
  /** The longest that this thread stood still for a batch, in milliseconds. */
  longestMs: number;
  /** Searches with up to two stops meanwhile, one after the other, as that thread sees them. */
  searches: Times;
}

/** Draws the next changes, and answers what takes them in and how many they are. */
interface Change {
  title: string;
  draw(): { count: number; take(): void };
}

/** Long enough for what thousands of edits cause once. */
const turnMs = 2_000;

/**
 * How many changes a second the timetable takes in while it is searched: State as `LiveTimetable.offer` stores it, flights
 * that were edited as it stores what it has read of them. Afterwards it answers as one that was built anew.
 */
export async function benchEvents({ world: drawn, rounds, timed, closing, say }: SearchSetting): Promise<PartOutcome> {
  const world = drawn();
  const listeners = new Set<(timetable: Timetable) => void>();
  const { writer, times } = timetableOf(world, (timetable) => {
    for (const listener of listeners) listener(timetable);
  });
  const live = {
    get timetable() {
      return writer.timetable;
    },
    names: writer.names,
    onSwap: (listener: (timetable: Timetable) => void) => {
      listeners.add(listener);
      listener(writer.timetable);
      return () => listeners.delete(listener);
    },
  };
  const engine = createSearchEngine(live, 'the secret of the benchmark', 1);
  closing.push('search thread', engine.close);
  engine.setRules(buildConnectionTable([]), new Map());
  const flights = [...world.flights];
  const tasks = drawQuestions(world, timed, 17, true).map((asked) => taskOf(writer, asked, 2));
  const changes = [undefined, ...changesOf(writer, flights)];
  const turns = changes.map((): Turn[] => []);
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (const [place, change] of changes.entries()) {
      const turn = await takeTurn(change, (task) => engine.answer(task), tasks);
      if (round > 0) turns[place]?.push(turn);
    }
  }
  await engine.close();
  const rows = changes.map((change, place) => takenOf(change?.title ?? 'nothing', turns[place] as Turn[]));
  say('comparing with a timetable that is built anew');
  const differ = compareWithNew({ writer, times }, { ...world, flights }, timed);
  const text = [
    `answers of afterwards compared with a timetable built anew: ${timed}, differ: ${differ.length}`,
    ...differ.slice(0, 10),
    timesHead('searches with up to two stops, beside, ms'),
    ...rows.map(
      ({ title, perSecond, longestMs, searches }) =>
        timesLine(title, searches) +
        (perSecond === null
          ? ''
          : `   ${Math.round(perSecond).toLocaleString('en')} a second, at most ${longestMs.toFixed(1)} ms at once`),
    ),
  ].join('\n');
  return { text, report: { compared: timed, differ, rows }, ok: differ.length === 0 };
}

/** Seats and prices; edits of departures, as operators make them and as an import does. `flights` is kept true. */
function changesOf(writer: TimetableWriter, flights: FlightRecord[]): Change[] {
  const random = randomOf(19);
  const below = (n: number) => Math.floor(random() * n);
  const drawCabin = (): [id: string, told: CabinRecord & Pick<FlightRecord, 'state'>] => {
    const place = below(flights.length);
    const flight = flights[place] as FlightRecord;
    const chosen = below(flight.cabins.length);
    const cabin = flight.cabins[chosen] as CabinRecord;
    const told = { ...cabin, available: below(10), version: cabin.version + 1, state: flight.state };
    if (below(2) === 0) told.price = Math.max(1, cabin.price + 100 * (below(21) - 10));
    flights[place] = { ...flight, cabins: flight.cabins.with(chosen, told) };
    return [flight.id, told];
  };
  const drawEdit = (): FlightRecord => {
    const place = below(flights.length);
    const flight = flights[place] as FlightRecord;
    const edited = { ...flight, departs: flight.departs + 5 * (below(25) - 12), version: flight.version + 1 };
    flights[place] = edited;
    return edited;
  };
  const many = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);
  return [
    {
      title: 'State: seats and prices',
      draw: () => {
        const told = many(1_000, drawCabin);
        const take = () => {
          for (const [id, cabin] of told) writer.setCabin(writer.rowOf(id), cabin.cabin, cabin);
        };
        return { count: told.length, take };
      },
    },
    {
      title: 'Log: edits, one by one',
      draw: () => {
        const edited = many(20, drawEdit);
        const take = () => {
          for (const flight of edited) writer.put([flight]);
        };
        return { count: edited.length, take };
      },
    },
    {
      title: 'Log: edits, 500 at once',
      draw: () => {
        // The last word on each: that is what is read from the record.
        const edited = [...new Map(many(500, drawEdit).map((flight) => [flight.id, flight])).values()];
        return { count: edited.length, take: () => void writer.put(edited) };
      },
    },
  ];
}

interface Turn {
  count: number;
  takingMs: number;
  longestMs: number;
  searchMs: number[];
}

async function takeTurn(
  change: Change | undefined,
  search: (task: SearchTask) => Promise<unknown>,
  tasks: SearchTask[],
): Promise<Turn> {
  const turn: Turn = { count: 0, takingMs: 0, longestMs: 0, searchMs: [] };
  const endsAt = performance.now() + turnMs;
  const isOver = () => performance.now() >= endsAt;
  const searching = (async () => {
    for (let n = 0; !isOver(); n++) {
      const askedAt = performance.now();
      await search(tasks[n % tasks.length] as SearchTask);
      turn.searchMs.push(performance.now() - askedAt);
    }
  })();
  if (!change) await sleep(turnMs);
  while (change && !isOver()) {
    const { count, take } = change.draw();
    const startedAt = performance.now();
    take();
    const ms = performance.now() - startedAt;
    turn.count += count;
    turn.takingMs += ms;
    turn.longestMs = Math.max(turn.longestMs, ms);
    await nextTurn();
  }
  await searching;
  return turn;
}

function takenOf(title: string, turns: Turn[]): Taken {
  const sum = (of: (turn: Turn) => number) => turns.reduce((total, turn) => total + of(turn), 0);
  const count = sum((turn) => turn.count);
  return {
    title,
    perSecond: count === 0 ? null : (count * 1_000) / sum(({ takingMs }) => takingMs),
    longestMs: Math.max(...turns.map(({ longestMs }) => longestMs)),
    searches: timesOf(turns.flatMap(({ searchMs }) => searchMs)),
  };
}

type Made = Pick<ReturnType<typeof timetableOf>, 'writer' | 'times'>;

/** Questions on which a timetable that was kept differs from one that is built from the flights as they are now. */
function compareWithNew(kept: Made, world: World, count: number): string[] {
  const built = timetableOf(world);
  const journeys = ({ writer, times }: Made, place: number, asked: Asked): string => {
    const question = questionOf(writer, asked, place % 2 === 0 ? 1 : 2, { keep: 'all', detour: 0 });
    return journeysOf(writer, findFront(writer.timetable, times, question), asked.seats, () => true).join('\n');
  };
  return drawQuestions(world, count, 23).flatMap((asked, place) =>
    journeys(kept, place, asked) === journeys(built, place, asked) ? [] : [JSON.stringify(asked)],
  );
}
