import type { ItineraryFacets } from '../../../../shared/itinerary.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { formatDuration } from '../flight/flight-times.ts';
import { layovers, type SearchParams } from '../search/search-params.ts';
import { Chip } from './chip.tsx';
import { ChooseOne } from './choose-one.tsx';
import { ChooseSome } from './choose-some.tsx';
import { DayPartChips } from './day-part-chips.tsx';
import styles from './filter-chips.module.css';
import { layoverBounds } from './journey-filters.ts';
import { durationChoices, priceChoices } from './range-choices.ts';

/** What is asked for less often. Nothing is offered that the answer has none of. */
export function MoreFilters({
  id,
  facets,
  params,
  hasSlices,
  set,
}: {
  id: string;
  facets: ItineraryFacets;
  params: SearchParams;
  /** More than one. */
  hasSlices: boolean;
  set: (part: Partial<SearchParams>) => void;
}) {
  const { carriers, carriersOut, arrive, price, duration, via, viaOut, layover, overnight, airportChange } = params;
  return (
    <section id={id} className={styles.more} aria-label="More filters">
      <span className="dim">Arrival</span>
      <DayPartChips name="Arrival" chosen={arrive} onChange={(next) => set({ arrive: next })} />
      <span className="dim">Limits</span>
      <div className={styles.together}>
        <ChooseOne
          name="Highest price"
          any="Any price"
          values={priceChoices(facets.price)}
          sayOf={(value) => `Up to ${formatMoney(value)}`}
          chosen={price}
          onChange={(next) => set({ price: next })}
        />
        <ChooseOne
          name="Longest duration"
          any="Any duration"
          values={durationChoices(facets.durationMinutes)}
          sayOf={(value) => `Up to ${formatDuration(value)}${hasSlices ? ' each way' : ''}`}
          chosen={duration}
          onChange={(next) => set({ duration: next })}
        />
        <ChooseSome
          name="Without airlines"
          before="Without "
          facets={facets.carriers}
          taken={carriers}
          chosen={carriersOut}
          onChange={(next) => set({ carriersOut: next })}
        />
      </div>
      <span className="dim">Connections</span>
      <div className={styles.together}>
        <ChooseSome
          name="Connecting in"
          before="Connecting in "
          facets={facets.via}
          taken={viaOut}
          chosen={via}
          onChange={(next) => set({ via: next })}
        />
        <ChooseSome
          name="Not connecting in"
          before="Not connecting in "
          facets={facets.via}
          taken={via}
          chosen={viaOut}
          onChange={(next) => set({ viaOut: next })}
        />
        <ChooseOne
          name="Length of connections"
          any="Of any length"
          values={layovers}
          sayOf={(value) => layoverBounds[value].name}
          chosen={layover}
          onChange={(next) => set({ layover: next })}
        />
        <Chip pressed={overnight === false} onPress={() => set({ overnight: overnight === false ? undefined : false })}>
          None overnight
        </Chip>
        <Chip pressed={airportChange === true} onPress={() => set({ airportChange: airportChange ? undefined : true })}>
          Also between airports
        </Chip>
      </div>
    </section>
  );
}
