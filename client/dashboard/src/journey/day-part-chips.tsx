import { type PartOfDay, partsOfDay } from '../search/search-params.ts';
import { Chip, Count } from './chip.tsx';
import styles from './filter-chips.module.css';
import { windows } from './journey-filters.ts';

/** One part of the day, or the whole of it. */
export function DayPartChips({
  name,
  chosen,
  countOf,
  onChange,
}: {
  name: string;
  chosen: PartOfDay | undefined;
  countOf?: (part: PartOfDay) => number | undefined;
  onChange: (chosen: PartOfDay | undefined) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a legend and a box of its own
    <div className={styles.together} role="group" aria-label={name}>
      {partsOfDay.map((part) => (
        <Chip key={part} pressed={chosen === part} onPress={() => onChange(chosen === part ? undefined : part)}>
          {windows[part].name}
          <Count n={countOf?.(part)} />
        </Chip>
      ))}
    </div>
  );
}
