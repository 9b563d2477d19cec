import type { Pool } from 'pg';
import type { PlaceView } from '../../../shared/place.ts';
import { type Clock, systemClock } from '../../platform/runtime/clock.ts';
import type { PlaceFact } from './place-fact.ts';
import { createPlaceIndex } from './place-index.ts';

/**
 * All places in memory: some thousand rows that hardly change and that every search and every
 * schedule edit asks for. Postgres is the record; `reload` reads it again.
 */
export interface PlaceDirectory {
  reload(): Promise<void>;
  /** Counts again how many flights leave from where: the busier place is found first. */
  countTraffic(): Promise<void>;
  get(code: string): PlaceView | undefined;
  zoneOf(code: string): string | undefined;
  coordinatesOf(code: string): { latitude: number; longitude: number } | undefined;
  /** The airports that a code means: itself, or those of a city. Empty for an unknown code. */
  airportsOf(code: string): string[];
  find(q: string, limit: number): PlaceView[];
  all(): PlaceView[];
}

/** Which of several places is meant is told by their traffic; it is counted again when it is that old. */
const countLifeMs = 600_000;

export async function openPlaceDirectory(pool: Pool, clock: Clock = systemClock): Promise<PlaceDirectory> {
  let byCode = new Map<string, PlaceView>();
  let countedAt = clock.now();
  let index = createPlaceIndex([], new Map());

  const reload = async (): Promise<void> => {
    const { rows } = await pool.query<PlaceFact>(
      `select code, kind, name, city, city_code as "cityCode", country, latitude, longitude, zone from place order by code`,
    );
    const airports = Map.groupBy(
      rows.filter((row) => row.kind === 'airport' && row.cityCode),
      (row) => row.cityCode as string,
    );
    const relatedOf = ({ kind, code, cityCode }: PlaceFact): string[] => {
      if (kind === 'city') return (airports.get(code) ?? []).map((each) => each.code);
      return cityCode ? [cityCode] : [];
    };
    byCode = new Map(
      rows.map((row) => {
        const { cityCode: _, ...place } = row;
        return [row.code, { ...place, related: relatedOf(row) }];
      }),
    );
    await countTraffic();
  };

  const countTraffic = async (): Promise<void> => {
    countedAt = clock.now();
    const { rows } = await pool.query<{ code: string; flights: number }>(
      'select origin as code, count(*)::int as flights from flight group by origin',
    );
    index = createPlaceIndex([...byCode.values()], new Map(rows.map(({ code, flights }) => [code, flights])));
  };

  await reload();
  return {
    reload,
    countTraffic,
    get: (code) => byCode.get(code),
    zoneOf: (code) => byCode.get(code)?.zone,
    coordinatesOf: (code) => byCode.get(code),
    airportsOf: (code) => {
      const place = byCode.get(code);
      if (!place) return [];
      return place.kind === 'city' ? place.related : [place.code];
    },
    find: (q, limit) => {
      // Whoever asks next sees it; an old count ranks as well as a new one, nearly always.
      if (clock.now() - countedAt > countLifeMs) countTraffic().catch(() => undefined);
      return index.find(q, limit);
    },
    all: () => [...byCode.values()],
  };
}
