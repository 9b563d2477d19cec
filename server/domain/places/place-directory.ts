import type { Pool } from 'pg';
import type { PlaceView } from '../../../shared/place.ts';
import type { PlaceFact } from './place-fact.ts';

/**
 * All places in memory: some thousand rows that hardly change and that every search and every
 * schedule edit asks for. Postgres is the record; `reload` reads it again.
 */
export interface PlaceDirectory {
  reload(): Promise<void>;
  get(code: string): PlaceView | undefined;
  zoneOf(code: string): string | undefined;
  coordinatesOf(code: string): { latitude: number; longitude: number } | undefined;
  /** The airports that a code means: itself, or those of a city. Empty for an unknown code. */
  airportsOf(code: string): string[];
  find(q: string, limit: number): PlaceView[];
  all(): PlaceView[];
}

const folded = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

interface Entry {
  view: PlaceView;
  code: string;
  city: string;
  words: string[];
  text: string;
}

export async function openPlaceDirectory(pool: Pool): Promise<PlaceDirectory> {
  let byCode = new Map<string, Entry>();
  let entries: Entry[] = [];

  const reload = async (): Promise<void> => {
    const { rows } = await pool.query<PlaceFact>(
      `select code, kind, name, city, city_code as "cityCode", country, latitude, longitude, zone from place order by code`,
    );
    const airports = Map.groupBy(
      rows.filter((row) => row.kind === 'airport' && row.cityCode),
      (row) => row.cityCode as string,
    );
    entries = rows.map(({ cityCode, ...row }): Entry => {
      const related =
        row.kind === 'city' ? (airports.get(row.code) ?? []).map((each) => each.code) : cityCode ? [cityCode] : [];
      const text = folded(`${row.city} ${row.name}`);
      return {
        view: { ...row, related },
        code: folded(row.code),
        city: folded(row.city),
        words: text.split(/[^a-z0-9]+/),
        text,
      };
    });
    byCode = new Map(entries.map((entry) => [entry.view.code, entry]));
  };

  /** Smaller is better; undefined does not match. A code beats a city beats a word beats the middle of a word. */
  const rank = (entry: Entry, q: string): number | undefined => {
    if (entry.code === q) return 0;
    if (entry.city === q) return entry.view.kind === 'city' ? 1 : 2;
    if (entry.city.startsWith(q)) return entry.view.kind === 'city' ? 3 : 4;
    if (entry.code.startsWith(q)) return 5;
    if (entry.words.some((word) => word.startsWith(q))) return 6;
    return q.length >= 3 && entry.text.includes(q) ? 7 : undefined;
  };

  await reload();
  return {
    reload,
    get: (code) => byCode.get(code)?.view,
    zoneOf: (code) => byCode.get(code)?.view.zone,
    coordinatesOf: (code) => byCode.get(code)?.view,
    airportsOf: (code) => {
      const view = byCode.get(code)?.view;
      if (!view) return [];
      return view.kind === 'city' ? view.related : [view.code];
    },
    find: (q, limit) => {
      const wanted = folded(q.trim());
      return entries
        .flatMap((entry) => {
          const at = rank(entry, wanted);
          return at === undefined ? [] : [{ at, entry }];
        })
        .sort(
          (a, b) =>
            a.at - b.at || a.entry.city.localeCompare(b.entry.city) || (a.entry.view.code < b.entry.view.code ? -1 : 1),
        )
        .slice(0, limit)
        .map(({ entry }) => entry.view);
    },
    all: () => entries.map((entry) => entry.view),
  };
}
