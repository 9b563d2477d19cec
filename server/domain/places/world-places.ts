import { readFileSync } from 'node:fs';
import { parsePlaces } from './parse-places.ts';
import type { PlaceFact } from './place-fact.ts';

/**
 * The places that the system knows from its first start: about a thousand large airports of the world, and every
 * metropolitan code that stands for more or something else than one of them. They are written down in
 * world-places.csv; `scripts/check-places.ts` compares them with public data.
 *
 * One row a code, whatever its kind. A `city` row exists only where the metropolitan code is not itself the code of
 * one of these airports (NYC, LON, but also DTT, whose only airport is DTW). Where both are the same (SIN, IST,
 * SHA, HOU), the row is the airport's, and other airports of that city (SAW, PVG, IAH) point to it by `city_code`.
 * An airport without `city_code` is its own city. So every `city_code` is the code of a row.
 *
 * Airports are where timetables say they are, on the clocks that timetables use: the Xinjiang airports keep Beijing
 * time although the town does not, Gold Coast keeps Queensland's. Panama City (PFN, Florida), closed in 2010, is
 * kept because old timetables fly there.
 *
 * Reads the file at each call; throws if the file breaks one of these rules.
 */
export function worldPlaces(): PlaceFact[] {
  const reading = parsePlaces(readFileSync(new URL('./world-places.csv', import.meta.url), 'utf8'));
  let step = reading.next();
  while (!step.done) step = reading.next();
  const { places, rejected } = step.value;
  const fault = rejected[0];
  if (fault) throw new Error(`world-places.csv line ${fault.line}: ${fault.reason}`);
  const codes = new Set(places.map((each) => each.code));
  return places.map(({ line, ...place }) => {
    if (place.cityCode !== null && !codes.has(place.cityCode))
      throw new Error(`world-places.csv line ${line}: city code ${place.cityCode} has no row`);
    return place;
  });
}
