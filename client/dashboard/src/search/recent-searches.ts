import * as z from 'zod';
import { type SearchParams, searchParams } from './search-params.ts';

const key = 'airside.recent-searches';
const keptMax = 4;

/** What was searched on this machine, newest first; dates that are over are dropped by who shows them. */
export function recentSearches(): SearchParams[] {
  try {
    return z.array(searchParams).parse(JSON.parse(localStorage.getItem(key) ?? '[]'));
  } catch {
    // Written by another version, or forbidden: no history is no harm.
    return [];
  }
}

export function rememberSearch(search: SearchParams): void {
  const others = recentSearches().filter((each) => each.from !== search.from || each.to !== search.to);
  try {
    localStorage.setItem(key, JSON.stringify([search, ...others].slice(0, keptMax)));
  } catch {
    // As above.
  }
}
