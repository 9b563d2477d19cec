import { cabinClasses } from '../../../shared/flight.ts';
import { dayOfDate } from '../places/zoned-time.ts';
import type { OneWay, OneWayQuestion } from '../providers/inventory-provider.ts';
import { bareFlightView } from '../timetable/flight-view.ts';
import { rowsOf, type SearchTask } from './answer-search.ts';
import { airportNumbers, notBefore, windowOf } from './resolve-search.ts';
import { catchUpMs, defaultBounds, turnaroundMinutes } from './search-bounds.ts';
import type { Answered } from './search-engine.ts';
import type { SearchRoom } from './search-room.ts';
import { noFilters } from './slice-question.ts';

const minuteMs = 60_000;
/** Cheapest first; a round trip is made of the first few of both ways. */
const waysMax = 50;
/** Searches that are under way together: others come between. */
const atOnce = 32;

/**
 * Answers many directions at once, each cheapest first: journeys with at most one stop, and where there are none,
 * with two. What is not listed is not for sale.
 */
export async function findOneWays(
  room: SearchRoom,
  kept: KeptWays,
  questions: readonly OneWayQuestion[],
): Promise<OneWay[][]> {
  await room.live.caughtUp(catchUpMs);
  const found: OneWay[][] = [];
  for (let from = 0; from < questions.length; from += atOnce) {
    const some = questions.slice(from, from + atOnce);
    const ways = some.map((each) => kept.of(room, each));
    found.push(...((ways.some((each) => each instanceof Promise) ? await Promise.all(ways) : ways) as OneWay[][]));
  }
  return found;
}

const keptMax = 10_000;
const dayMs = 86_400_000;

/**
 * Ways that were found, for as long as nothing has changed that they rest on: no flight or cabin, no rule of connection,
 * and where it matters not the minute before which nothing departs any more. A job asks for the same ways back again and
 * again.
 */
export class KeptWays {
  readonly #ways = new Map<string, OneWay[]>();
  #state: readonly unknown[] = [];

  of(room: SearchRoom, question: OneWayQuestion): OneWay[] | Promise<OneWay[]> {
    const state = this.#refresh(room);
    const { origins, destinations, date, cabin, seats } = question;
    const now = room.clock.now();
    // The day after tomorrow has begun nowhere yet.
    const minute = Date.parse(date) < now + dayMs ? Math.floor(now / minuteMs) : '';
    const key = `${origins.join()} ${destinations.join()} ${date} ${cabin} ${seats} ${minute}`;
    const kept = this.#ways.get(key);
    if (kept) return kept;
    return findOne(room, question).then((ways) => {
      if (this.#state !== state) return ways;
      if (this.#ways.size >= keptMax) this.#ways.clear();
      this.#ways.set(key, ways);
      return ways;
    });
  }

  #refresh({ live, engine }: SearchRoom): readonly unknown[] {
    const { version, timetable } = live;
    const times = engine.times();
    const [knownVersion, knownTimetable, knownTimes] = this.#state;
    if (version !== knownVersion || timetable !== knownTimetable || times !== knownTimes) {
      this.#state = [version, timetable, times];
      this.#ways.clear();
    }
    return this.#state;
  }
}

async function findOne(room: SearchRoom, question: OneWayQuestion): Promise<OneWay[]> {
  const near = await room.engine.answer(taskOf(room, question, 1));
  return waysOf(room, near.ranking.count > 0 ? near : await room.engine.answer(taskOf(room, question, 2)));
}

function taskOf(room: SearchRoom, question: OneWayQuestion, maxStops: 1 | 2): SearchTask {
  const firstDay = dayOfDate(question.date);
  return {
    slices: [
      {
        origins: airportNumbers(room, question.origins).map((airport) => windowOf(room, airport, firstDay, 1)),
        destinations: airportNumbers(room, question.destinations),
        firstDay,
        days: 1,
        cabin: cabinClasses.indexOf(question.cabin),
        seats: question.seats,
        maxStops,
        notBefore: notBefore(room, firstDay + 1),
        bounds: defaultBounds(),
        filters: noFilters,
        keep: 'front',
      },
    ],
    sort: 'price',
    resultsMax: waysMax,
    turnaroundMinutes,
    priceMax: null,
  };
}

function waysOf(room: SearchRoom, { fronts, ranking, timetable }: Answered): OneWay[] {
  const [front] = fronts;
  const { names } = room.live;
  const ways: OneWay[] = [];
  for (let place = 0; front && place < ranking.count; place++) {
    const entry = ranking.entries[place] as number;
    const flights = rowsOf(front, entry).map((row) => bareFlightView(timetable, names, row, room.clock.now()));
    const departs = front.departs[entry] as number;
    ways.push({
      flights: flights.map(({ carrier, number, departsAt }) => ({ carrier, number, date: departsAt.slice(0, 10) })),
      price: {
        amount: front.price[entry] as number,
        currency: names.currencies.at(front.currency[entry] as number),
      },
      departsAt: flights[0]?.departsAt ?? '',
      departsAtMs: departs * minuteMs,
      arrivesAtMs: (departs + (front.minutes[entry] as number)) * minuteMs,
    });
  }
  return ways;
}
