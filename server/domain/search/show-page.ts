import type { Itinerary, ItineraryFacets } from '../../../shared/itinerary.ts';
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
  known: Answered | null;
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

export interface ShownPage {
  itineraries: Itinerary[];
  /** Absent from later pages. */
  facets: ItineraryFacets | null;
  /** The place behind the last that is shown. */
  to: number;
}

/** Makes the search, if it is not known, and shows a page of it. */
export function showPage(
  timetable: Timetable,
  shownWith: ShownWith,
  task: PageTask,
): { answer: SearchAnswer; page: ShownPage } {
  const { search, known, unfiltered } = task;
  const answerOf = (asked: SearchTask): Answered => ({ ...answerSearch(timetable, shownWith.times, asked), timetable });
  const answered = known ?? answerOf(search.task);
  const facets = known ? null : facetsOf(shownWith, unfiltered ? answerOf(unfiltered) : answered);
  const { count } = answered.ranking;
  const from = task.after === null ? task.from : placeBehind(answered, search, task.after, task.from);
  const to = Math.min(from + task.limit, count);
  const itineraries: Itinerary[] = [];
  for (let place = from; place < to; place++)
    itineraries.push(itineraryView(shownWith, { search, answered, at: task.at }, place));
  return { answer: answered, page: { itineraries, facets, to } };
}

function placeBehind(answered: Answered, { input }: ResolvedSearch, id: string, or: number): number {
  const { count } = answered.ranking;
  for (let place = 0; place < count; place++) if (journeyId(answered, place, input.cabin) === id) return place + 1;
  return Math.min(or, count);
}
