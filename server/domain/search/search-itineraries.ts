import { createHash } from 'node:crypto';
import { newId } from '../../../shared/ids.ts';
import type { ItineraryFacets, SearchItinerariesInput, SearchItinerariesView } from '../../../shared/itinerary.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
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
): Promise<SearchItinerariesView> {
  const search = hashOf(input);
  const cursor = decodeCursor(input.cursor, ['id', 'number', 'number', 'id']);
  if (cursor && cursor[1] !== search) throw invalidInput(['cursor'], 'not a cursor of this search');
  const known = cursor && room.kept.find(cursor[0]);
  const { kept, page } = known
    ? { kept: known, page: await nextPage(room, input.limit, known, cursor[2]) }
    : await run(room, input, cursor ? { from: cursor[2], after: cursor[3] } : { from: 0, after: null });
  const { answered } = kept;
  const last = page.itineraries.at(-1);
  const hasMore = page.to < answered.ranking.count;
  if (hasMore && !known) room.kept.keep(kept);
  const complete = answered.ranking.complete && answered.fronts.every((front) => front.complete);
  const bounds = kept.search.task.slices[0]?.bounds;
  return {
    itineraries: page.itineraries,
    total: answered.ranking.total,
    facets: kept.facets,
    nextCursor: hasMore && last ? encodeCursor([kept.id, search, page.to, last.id]) : null,
    indexVersion: kept.indexVersion,
    lagMs: kept.lagMs,
    bounds: boundsView(input.maxStops, bounds as NonNullable<typeof bounds>, complete),
    ...(answered.ranking.count === 0 ? { explanation: await explainEmpty(room, input) } : {}),
  };
}

/** Makes the search, and shows its journeys from a place on, or behind one. */
async function run(
  room: SearchRoom,
  input: SearchItinerariesInput,
  place: Pick<PageTask, 'from' | 'after'>,
): Promise<{ kept: KeptSearch; page: ShownPage }> {
  await room.live.caughtUp(catchUpMs);
  const search = resolveSearch(room, input);
  const { version: indexVersion, lagMs } = room.live;
  const filters = filtersOf(input);
  const at = room.clock.now();
  const { answered, page } = await room.engine.show({
    search,
    known: null,
    unfiltered: filters.length > 0 ? resolveSearch(room, withoutFilters(input, filters)).task : null,
    ...place,
    limit: input.limit,
    at,
    nowMs: at,
  });
  const facets = page.facets as ItineraryFacets;
  return { kept: { id: newId(), search, answered, facets, indexVersion, lagMs, at }, page };
}

async function nextPage(
  room: SearchRoom,
  limit: number,
  { search, answered, at }: KeptSearch,
  from: number,
): Promise<ShownPage> {
  const { page } = await room.engine.show({
    search,
    known: answered,
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
  return createHash('sha256').update(JSON.stringify(rest)).digest().readUInt32BE(0);
}
