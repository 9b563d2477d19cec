import { buildConnectionTable } from '../../server/domain/connections/minimum-connection.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { answerSearch, type SearchAnswer } from '../../server/domain/search/answer-search.ts';
import { connectionTimes } from '../../server/domain/search/connection-times.ts';
import { readAllRecords } from '../../server/domain/timetable/read-records.ts';
import { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';
import { guests } from './open-host.ts';
import { timetableBytesAFlight } from './search-bytes.ts';
import type { PartOutcome, SearchSetting } from './search-part.ts';
import { taskOf } from './search-questions.ts';
import { itineraryQuestions, type ServedWorld } from './serve-world.ts';
import { ratioOf, ratioText, timeInTurn, timesHead, timesLine } from './times-of.ts';
import { WireCaller } from './wire-caller.ts';

interface Answer {
  total: number;
  /** Of the first journey, in minor units. */
  price: number | undefined;
}

/**
 * The same searches by the engine alone, on a timetable of this process that was read from the same record, and over a
 * socket at a real server: what the call, the thread, twenty views with offers and facets, and their text add to it.
 */
export async function benchSocket({ queries, timed, say, served }: SearchSetting): Promise<PartOutcome> {
  const { database, url, world, flights } = await served();
  const writer = await readTimetable(database.pool);
  const times = connectionTimes(writer.timetable, buildConnectionTable([]));
  const questions = itineraryQuestions(world, Math.max(queries, timed));
  type Question = (typeof questions)[number];
  const inMemory = ({ asked, maxStops }: Question): SearchAnswer =>
    answerSearch(writer.timetable, times, taskOf(writer, asked, maxStops));
  const socket = await openSocket(url);
  const overSocket = ({ input }: Question) => socket.ask(input);
  const differ: string[] = [];
  const bytes: number[] = [];
  for (const question of questions.slice(0, queries)) {
    const text = await overSocket(question);
    bytes.push(text.length);
    const [theirs, ours] = [readAnswer(text), answerOf(inMemory(question))];
    if (theirs.total !== ours.total || theirs.price !== ours.price)
      differ.push(`${question.input}: ${JSON.stringify(ours)} against ${JSON.stringify(theirs)}`);
  }
  say('timing searches over the socket');
  const taken = await timeInTurn(questions.slice(0, timed), { socket: overSocket, engine: inMemory });
  socket.close();
  const ratio = ratioOf(taken.socket, taken.engine);
  const meanBytes = bytes.reduce((sum, each) => sum + each, 0) / bytes.length;
  const bytesAFlight = { all: timetableBytesAFlight(writer).all, record: (await recordBytes(database.pool)) / flights };
  const text = [
    `a server with ${flights} flights; answers compared: ${queries}, differ: ${differ.length}; ${(meanBytes / 1_024).toFixed(1)} KB each`,
    ...differ.slice(0, 10),
    timesHead('one in ten with up to two stops, ms'),
    timesLine('over the socket', taken.socket),
    timesLine('engine alone', taken.engine),
    `  over the socket ÷ engine alone: ${ratioText(ratio)}`,
    `bytes a flight, everything: ${bytesAFlight.all.toFixed(1)} in memory, ${bytesAFlight.record.toFixed(1)} in the record (${(bytesAFlight.record / bytesAFlight.all).toFixed(1)} times)`,
  ].join('\n');
  const report = { flights, compared: queries, differ, meanBytes, ...taken, ratio, bytesAFlight };
  return { text, report, ok: differ.length === 0 };
}

async function readTimetable(pool: ServedWorld['database']['pool']): Promise<TimetableWriter> {
  const places = new Map(worldPlaces().map((place) => [place.code, place]));
  const writer = new TimetableWriter({
    airport: (code) => {
      const place = places.get(code);
      return place?.kind === 'airport' ? { ...place, city: place.cityCode ?? code } : undefined;
    },
  });
  for await (const page of readAllRecords(pool)) writer.load(page);
  writer.rearrange();
  return writer;
}

async function openSocket(url: string): Promise<{ ask(input: string): Promise<string>; close(): void }> {
  let answered: (answer: { ok: boolean; data: Buffer }) => void = () => undefined;
  const caller = new WireCaller((_, ok, data) => answered({ ok, data }));
  await caller.open(url, (await guests(url, 1))[0]);
  let slot = 0;
  return {
    ask: async (input) => {
      const { promise, resolve } = Promise.withResolvers<{ ok: boolean; data: Buffer }>();
      answered = resolve;
      caller.call(0, ++slot, 'query', 'search.itineraries', input);
      const { ok, data } = await promise;
      if (!ok) throw new Error(`the server refused a search: ${data.toString().slice(0, 300)}`);
      return data.toString();
    },
    close: () => caller.close(),
  };
}

function readAnswer(text: string): Answer {
  const { result } = JSON.parse(text) as {
    result: { data: { json: { total: number; itineraries: { price: { amount: number } }[] } } };
  };
  const { total, itineraries } = result.data.json;
  return { total, price: itineraries[0]?.price.amount };
}

const answerOf = ({ fronts, ranking }: SearchAnswer): Answer => ({
  total: ranking.total,
  price: ranking.count > 0 ? fronts[0]?.price[ranking.entries[0] as number] : undefined,
});

/** The tables of flights and cabins, with their indexes. */
async function recordBytes(pool: ServedWorld['database']['pool']): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    `select (pg_total_relation_size('flight') + pg_total_relation_size('cabin'))::float8 as bytes`,
  );
  return rows[0]?.bytes ?? 0;
}
