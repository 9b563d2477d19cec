import { hash } from 'node:crypto';
import { newId } from '../../../shared/ids.ts';
import type {
  Itinerary,
  ItineraryFacets,
  SearchItinerariesInput,
  SearchItinerariesView,
} from '../../../shared/itinerary.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { JsonText } from '../../platform/runtime/json-text.ts';
import { explainEmpty } from './explain-empty.ts';
import type { KeptSearch } from './kept-searches.ts';
import { resolveSearch } from './resolve-search.ts';
import { boundsView, catchUpMs } from './search-bounds.ts';
import { filtersOf, withoutFilters } from './search-filters.ts';
import type { SearchRoom } from './search-room.ts';
import type { PageTask, ShownPage } from './show-page.ts';

/**
 * Journeys of one to six slices for a party, best first, from the timetable in memory. Later pages are of the same
 * moment as the first for five minutes; after that the search is made again and goes on behind the last journey.
 *
 * Fails: INVALID_INPUT (an unknown place, slices that run backwards, a cursor of another search), BUSY.
 */
export async function searchItineraries(
  room: SearchRoom,
  input: SearchItinerariesInput,
): Promise<JsonText<SearchItinerariesView>> {
  const cursor = decodeCursor(input.cursor, ['id', 'number', 'number', 'id']);
  if (cursor && cursor[1] !== hashOf(input)) throw invalidInput(['cursor'], 'not a cursor of this search');
  const known = cursor && room.kept.find(cursor[0]);
  const { page, ...of } = known
    ? { ...known, page: await nextPage(room, input.limit, known, cursor[2]) }
    : await run(room, input, cursor ? { from: cursor[2], after: cursor[3] } : { from: 0, after: null });
  const hasMore = page.to < page.ranked;
  const bounds = of.search.task.slices[0]?.bounds;
  return JsonText.object<SearchItinerariesView>({
    itineraries: new JsonText<Itinerary[]>(page.itineraries),
    total: page.total,
    facets: of.facets,
    nextCursor: hasMore && page.last ? encodeCursor([of.id, hashOf(input), page.to, page.last]) : null,
    indexVersion: of.indexVersion,
    lagMs: of.lagMs,
    bounds: boundsView(input.maxStops, bounds as NonNullable<typeof bounds>, page.complete),
    explanation: page.ranked === 0 ? await explainEmpty(room, input) : undefined,
  });
}

type OfOneMoment = Omit<KeptSearch, 'found'>;

/** Makes the search, keeps what it found if there is more, and shows its journeys from a place on, or behind one. */
async function run(
  room: SearchRoom,
  input: SearchItinerariesInput,
  place: Pick<PageTask, 'from' | 'after'>,
): Promise<OfOneMoment & { page: ShownPage }> {
  await room.live.caughtUp(catchUpMs);
  const search = resolveSearch(room, input);
  const { version: indexVersion, lagMs } = room.live;
  const filters = filtersOf(input);
  const at = room.clock.now();
  const { page, timetable } = await room.engine.show({
    search,
    known: null,
    unfiltered: filters.length > 0 ? resolveSearch(room, withoutFilters(input, filters)).task : null,
    ...place,
    limit: input.limit,
    at,
    nowMs: at,
  });
  const facets = new JsonText<ItineraryFacets>(page.facets as string);
  const of: OfOneMoment = { id: newId(), search, facets, indexVersion, lagMs, at };
  if (page.answer) room.kept.keep({ ...of, found: { answer: page.answer, timetable } });
  return { ...of, page };
}

async function nextPage(
  room: SearchRoom,
  limit: number,
  { search, found, at }: KeptSearch,
  from: number,
): Promise<ShownPage> {
  const { page } = await room.engine.show({
    search,
    known: found,
    unfiltered: null,
    from,
    after: null,
    limit,
    at,
    nowMs: room.clock.now(),
  });
  return page;
}

/** What must be the same for a cursor to go on with it. */
function hashOf({ cursor: _, limit: __, ...rest }: SearchItinerariesInput): number {
  return hash('sha256', JSON.stringify(rest), 'buffer').readUInt32BE(0);
}
