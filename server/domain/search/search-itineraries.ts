import { createHash } from 'node:crypto';
import { newId } from '../../../shared/ids.ts';
import type { SearchItinerariesInput, SearchItinerariesView } from '../../../shared/itinerary.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { explainEmpty } from './explain-empty.ts';
import { facetsOf } from './facets.ts';
import { itineraryView } from './itinerary-view.ts';
import type { KeptSearch } from './kept-searches.ts';
import { resolveSearch } from './resolve-search.ts';
import { boundsView, catchUpMs } from './search-bounds.ts';
import type { SearchRoom } from './search-room.ts';

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
  const kept = known ?? (await run(room, input));
  const from = !cursor ? 0 : known ? cursor[2] : placeAfter(room, kept, cursor[2], cursor[3]);
  const { answered } = kept;
  const to = Math.min(from + input.limit, answered.ranking.count);
  const itineraries = [];
  for (let place = from; place < to; place++) itineraries.push(itineraryView(room, kept, place));
  const last = itineraries.at(-1);
  const hasMore = to < answered.ranking.count;
  if (hasMore && !known) room.kept.keep(kept);
  const complete = answered.fronts.every((front) => front.complete);
  const bounds = kept.search.task.slices[0]?.bounds;
  return {
    itineraries,
    total: answered.ranking.total,
    facets: kept.facets,
    nextCursor: hasMore && last ? encodeCursor([kept.id, search, to, last.id]) : null,
    indexVersion: kept.indexVersion,
    lagMs: kept.lagMs,
    bounds: boundsView(input.maxStops, bounds as NonNullable<typeof bounds>, complete),
    ...(answered.ranking.count === 0 ? { explanation: await explainEmpty(room, input) } : {}),
  };
}

async function run(room: SearchRoom, input: SearchItinerariesInput): Promise<KeptSearch> {
  await room.live.caughtUp(catchUpMs);
  const search = resolveSearch(room, input);
  const { version: indexVersion, lagMs } = room.live;
  const isFiltered = Object.keys(input.filters).length > 0;
  const [answered, unfiltered] = await Promise.all([
    room.engine.answer(search.task),
    isFiltered ? room.engine.answer(resolveSearch(room, { ...input, filters: {} }).task) : undefined,
  ]);
  const facets = facetsOf(room, unfiltered ?? answered);
  return { id: newId(), search, answered, facets, indexVersion, lagMs, at: room.clock.now() };
}

/** What must be the same for a cursor to go on with it. */
function hashOf({ cursor: _, limit: __, ...rest }: SearchItinerariesInput): number {
  return createHash('sha256').update(JSON.stringify(rest)).digest().readUInt32BE(0);
}

/** Behind the journey that was shown last; where it is no more, as many on as were shown. */
function placeAfter(room: SearchRoom, kept: KeptSearch, shown: number, lastId: string): number {
  const { answered } = kept;
  for (let place = 0; place < answered.ranking.count; place++)
    if (itineraryView(room, kept, place).id === lastId) return place + 1;
  return Math.min(shown, answered.ranking.count);
}
