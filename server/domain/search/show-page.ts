import { deserialize, serialize } from 'node:v8';
import type { Itinerary } from '../../../shared/itinerary.ts';
import type { OfferSeal } from '../offers/offer-seal.ts';
import type { ShownNames } from '../timetable/names.ts';
import type { Timetable } from '../timetable/timetable.ts';
import { answerSearch, type SearchAnswer, type SearchTask } from './answer-search.ts';
import type { ConnectionTimes } from './connection-times.ts';
import { facetsOf } from './facets.ts';
import { itineraryView, journeyId } from './itinerary-view.ts';
import type { ResolvedSearch } from './resolve-search.ts';
import type { Answered } from './search-engine.ts';

/** What journeys are shown with. */
export interface ShownWith {
  names: ShownNames;
  times: ConnectionTimes;
  /** By carrier. */
  alliances: ReadonlyMap<string, string>;
  seal: OfferSeal;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** A page that somebody asks for: plain values that can be posted to a thread. */
export interface PageTask {
  search: ResolvedSearch;
  /** What the search found, if a later page of it is asked for; else the search is made now. */
  known: FoundBefore | null;
  /** Whose facets are told, if not the search's own: it without its filters. */
  unfiltered: SearchTask | null;
  /** Places of the ranking before the page. */
  from: number;
  /** The last journey before the page, in a search that is made again; where it is no more, `from` is the place. */
  after: string | null;
  limit: number;
  /** When the search was made: its prices are guaranteed from then. Milliseconds since the epoch. */
  at: number;
  nowMs: number;
}

/** What a search found, and the columns that its row numbers mean. */
export interface FoundBefore {
  answer: NonNullable<ShownPage['answer']>;
  timetable: Timetable;
}

/** Plain values that are posted back: texts and bytes, which take a fortieth of the time of the objects in them. */
export interface ShownPage {
  /** JSON of `Itinerary[]`. */
  itineraries: string;
  /** JSON of `ItineraryFacets`; absent from later pages. */
  facets: string | null;
  /** The `SearchAnswer` by `v8.serialize`, to be kept for later pages; null where there are none, or it is kept already. */
  answer: Uint8Array | null;
  /** The last that is shown, and the place behind it. */
  last: string | null;
  to: number;
  /** Journeys that are ranked, all that there are, and whether those are all: of the whole answer. */
  ranked: number;
  total: number;
  complete: boolean;
}

/** Makes the search, if it is not known, and shows a page of it. */
export function showPage(timetable: Timetable, shownWith: ShownWith, task: PageTask): ShownPage {
  const { search, known, unfiltered } = task;
  const answerOf = (asked: SearchTask): Answered => ({ ...answerSearch(timetable, shownWith.times, asked), timetable });
  const answered = known
    ? { ...(deserialize(known.answer) as SearchAnswer), timetable: known.timetable }
    : answerOf(search.task);
  const facets = known ? null : facetsOf(shownWith, unfiltered ? answerOf(unfiltered) : answered);
  const { count, total, complete } = answered.ranking;
  const from = task.after === null ? task.from : placeBehind(answered, search, task.after, task.from);
  const to = Math.min(from + task.limit, count);
  const itineraries: Itinerary[] = [];
  for (let place = from; place < to; place++)
    itineraries.push(itineraryView(shownWith, { search, answered, at: task.at }, place));
  const { fronts, ranking, versions } = answered;
  return {
    itineraries: JSON.stringify(itineraries),
    facets: facets && JSON.stringify(facets),
    answer: known || to >= count ? null : serialize({ fronts, ranking, versions } satisfies SearchAnswer),
    last: itineraries.at(-1)?.id ?? null,
    to,
    ranked: count,
    total,
    complete: complete && fronts.every((front) => front.complete),
  };
}

function placeBehind(answered: Answered, { input }: ResolvedSearch, id: string, or: number): number {
  const { count } = answered.ranking;
  for (let place = 0; place < count; place++) if (journeyId(answered, place, input.cabin) === id) return place + 1;
  return Math.min(or, count);
}
