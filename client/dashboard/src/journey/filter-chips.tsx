import { UnstyledButton } from '@mantine/core';
import { ChevronDown, X } from 'lucide-react';
import { useId, useState } from 'react';
import type { ItineraryFacets } from '../../../../shared/itinerary.ts';
import type { PartOfDay, SearchParams } from '../search/search-params.ts';
import { Chip, Count } from './chip.tsx';
import { ChooseSome } from './choose-some.tsx';
import { DayPartChips } from './day-part-chips.tsx';
import styles from './filter-chips.module.css';
import { isFiltered, rareFilters, windows, withoutFilters } from './journey-filters.ts';
import { type JourneyParams, questionOf } from './journey-question.ts';
import { MoreFilters } from './more-filters.tsx';

const stopNames = ['Nonstop', 'Up to 1 stop', 'Up to 2 stops'];
const allianceNames: Record<string, string> = {
  oneworld: 'oneworld',
  skyteam: 'SkyTeam',
  star_alliance: 'Star Alliance',
};

/** What narrows the answer, each with how many have it: one press, and the list follows. */
export function FilterChips({
  facets,
  maxStops,
  params,
  onSearch,
}: {
  facets: ItineraryFacets;
  /** Of the search that the facets are of: it knows nothing of journeys with more. */
  maxStops: number;
  params: JourneyParams;
  onSearch: (next: SearchParams) => void;
}) {
  const { stops = 1, flex, nearby } = params;
  const [hasMore, setHasMore] = useState(false);
  const moreId = useId();
  const set = (part: Partial<SearchParams>) => onSearch({ ...params, ...part });
  const hasSlices = questionOf(params).slices.length > 1;
  const within = (most: number) => sumOf(facets.stops.filter(({ value }) => value <= most));
  const departing = (part: PartOfDay) => {
    const [from, to] = [Number.parseInt(windows[part].from, 10), Number.parseInt(windows[part].to, 10)];
    return sumOf(facets.departureHours.filter(({ value }) => value >= from && value <= to));
  };
  const rare = rareFilters.filter((name) => params[name] !== undefined).length;
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a legend and a box of its own */}
      <div className={styles.chips} role="group" aria-label="Filters">
        {[0, 1, 2].map((most) => (
          <Chip key={most} pressed={stops === most} onPress={() => set({ stops: most === 1 ? undefined : most })}>
            {stopNames[most]}
            <Count n={most <= maxStops ? within(most) : undefined} />
          </Chip>
        ))}
        <ChooseSome
          name="Airlines"
          facets={facets.carriers}
          taken={params.carriersOut}
          chosen={params.carriers}
          onChange={(carriers) => set({ carriers })}
        />
        <ChooseSome
          name="Alliances"
          names={allianceNames}
          facets={facets.alliances}
          chosen={params.alliances}
          onChange={(alliances) => set({ alliances })}
        />
        <DayPartChips
          name="Departure"
          chosen={params.depart}
          // Every slice keeps to the filter, and the hours are those of the first alone.
          countOf={hasSlices ? undefined : departing}
          onChange={(depart) => set({ depart })}
        />
        <Chip pressed={flex === 3} onPress={() => set({ flex: flex === 3 ? undefined : 3 })}>
          ± 3 days
        </Chip>
        <Chip pressed={nearby === 100} onPress={() => set({ nearby: nearby === 100 ? undefined : 100 })}>
          Airports nearby
        </Chip>
        <UnstyledButton
          className={styles.chip}
          aria-expanded={hasMore}
          aria-controls={hasMore ? moreId : undefined}
          data-chosen={rare > 0}
          onClick={() => setHasMore(!hasMore)}
        >
          More filters{rare > 0 && `, ${rare} on`}
          <ChevronDown size={13} aria-hidden className={styles.chevron} />
        </UnstyledButton>
        {isFiltered(params) && (
          <Chip pressed={false} onPress={() => onSearch(withoutFilters(params))}>
            <X size={12} aria-hidden /> Clear
          </Chip>
        )}
      </div>
      {hasMore && <MoreFilters id={moreId} facets={facets} params={params} hasSlices={hasSlices} set={set} />}
    </>
  );
}

const sumOf = (facets: { count: number }[]) => facets.reduce((sum, { count }) => sum + count, 0);
