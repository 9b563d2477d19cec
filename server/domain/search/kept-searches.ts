import type { ItineraryFacets } from '../../../shared/itinerary.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { JsonText } from '../../platform/runtime/json-text.ts';
import type { ResolvedSearch } from './resolve-search.ts';
import type { FoundBefore } from './show-page.ts';

/** A search whose later pages somebody may ask for. */
export interface KeptSearch {
  id: string;
  search: ResolvedSearch;
  found: FoundBefore;
  facets: JsonText<ItineraryFacets>;
  indexVersion: number;
  lagMs: number;
  /** When it was answered, by the process's clock. */
  at: number;
}

/** Pages are of one moment as long as their search is kept; after that it is made again. */
const keptMs = 5 * 60_000;
/** Some 25 KB each, 160 KB at most. */
const keptMax = 200;

export class KeptSearches {
  readonly #clock: Clock;
  readonly #searches = new Map<string, KeptSearch>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#searches.size;
  }

  keep(search: KeptSearch): void {
    this.#searches.set(search.id, search);
    for (const [id, { at }] of this.#searches) {
      if (this.#searches.size <= keptMax && this.#clock.now() - at < keptMs) break;
      this.#searches.delete(id);
    }
  }

  find(id: string): KeptSearch | undefined {
    const found = this.#searches.get(id);
    return found && this.#clock.now() - found.at < keptMs ? found : undefined;
  }
}
