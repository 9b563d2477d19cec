import { Checkbox, Popover, UnstyledButton } from '@mantine/core';
import { ChevronDown, X } from 'lucide-react';
import { useState } from 'react';
import type { Facet, ItineraryFacets } from '../../../../shared/itinerary.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { type PartOfDay, partsOfDay, type SearchParams } from '../search/search-params.ts';
import styles from './filter-chips.module.css';
import { type JourneyParams, windows } from './journey-question.ts';

const stopNames = ['Nonstop', 'Up to 1 stop', 'Up to 2 stops'];
const allianceNames: Record<string, string> = {
  oneworld: 'oneworld',
  skyteam: 'SkyTeam',
  star_alliance: 'Star Alliance',
};

/** What narrows the answer, each with how many have it: one press, and the list follows. */
export function FilterChips({
  facets,
  params,
  onSearch,
}: {
  facets: ItineraryFacets;
  params: JourneyParams;
  onSearch: (next: SearchParams) => void;
}) {
  const { stops = 1, flex, nearby, depart } = params;
  const set = (part: Partial<SearchParams>) => onSearch({ ...params, ...part });
  const hours = (part: PartOfDay) =>
    facets.departureHours
      .filter(
        ({ value }) =>
          value >= Number.parseInt(windows[part].from, 10) && value <= Number.parseInt(windows[part].to, 10),
      )
      .reduce((sum, { count }) => sum + count, 0);
  const narrowed = params.carriers?.length || params.alliances?.length || depart;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a legend and a box of its own
    <div className={styles.chips} role="group" aria-label="Filters">
      {[0, 1, 2].map((most) => (
        <Chip key={most} pressed={stops === most} onPress={() => set({ stops: most === 1 ? undefined : most })}>
          {stopNames[most]}
          <Count n={facets.stops.filter(({ value }) => value <= most).reduce((sum, { count }) => sum + count, 0)} />
        </Chip>
      ))}
      <Many
        name="Airlines"
        facets={facets.carriers}
        chosen={params.carriers ?? []}
        onChange={(carriers) => set({ carriers: carriers.length > 0 ? carriers : undefined })}
      />
      {facets.alliances.length > 0 && (
        <Many
          name="Alliances"
          names={allianceNames}
          facets={facets.alliances}
          chosen={params.alliances ?? []}
          onChange={(alliances) => set({ alliances: alliances.length > 0 ? alliances : undefined })}
        />
      )}
      {partsOfDay.map((part) => (
        <Chip key={part} pressed={depart === part} onPress={() => set({ depart: depart === part ? undefined : part })}>
          {windows[part].name}
          <Count n={hours(part)} />
        </Chip>
      ))}
      <Chip pressed={flex === 3} onPress={() => set({ flex: flex === 3 ? undefined : 3 })}>
        ± 3 days
      </Chip>
      <Chip pressed={nearby === 100} onPress={() => set({ nearby: nearby === 100 ? undefined : 100 })}>
        Airports nearby
      </Chip>
      {narrowed && (
        <Chip pressed={false} onPress={() => set({ carriers: undefined, alliances: undefined, depart: undefined })}>
          <X size={12} aria-hidden /> Clear
        </Chip>
      )}
    </div>
  );
}

function Chip({ pressed, onPress, children }: { pressed: boolean; onPress: () => void; children: React.ReactNode }) {
  return (
    <UnstyledButton className={styles.chip} aria-pressed={pressed} onClick={onPress}>
      {children}
    </UnstyledButton>
  );
}

const Count = ({ n }: { n: number }) => (n > 0 ? <span className={styles.count}>{n.toLocaleString()}</span> : null);

function Many({
  name,
  names = {},
  facets,
  chosen,
  onChange,
}: {
  name: string;
  names?: Record<string, string>;
  facets: Facet<string>[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus returnFocus shadow="md">
      <Popover.Target>
        <UnstyledButton
          className={styles.chip}
          aria-pressed={chosen.length > 0}
          aria-expanded={opened}
          onClick={() => setOpened(!opened)}
        >
          {chosen.length > 0 ? chosen.map((each) => names[each] ?? each).join(', ') : name}
          <ChevronDown size={13} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={styles.dropdown}>
        <Checkbox.Group aria-label={name} value={chosen} onChange={onChange}>
          <div className={styles.options}>
            {facets.map(({ value, count, from }) => (
              <Checkbox
                key={value}
                value={value}
                label={
                  <span>
                    {names[value] ?? value}{' '}
                    <span className="dim">
                      {count.toLocaleString()}, from {formatMoney(from)}
                    </span>
                  </span>
                }
              />
            ))}
          </div>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}
