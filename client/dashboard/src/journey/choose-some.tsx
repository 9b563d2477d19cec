import { Checkbox, Popover, UnstyledButton } from '@mantine/core';
import { ChevronDown } from 'lucide-react';
import { useState } from 'react';
import type { Facet } from '../../../../shared/itinerary.ts';
import { formatMoney } from '../../../../shared/money.ts';
import styles from './filter-chips.module.css';

/** Some of what the answer has, or was asked for. None chosen is `undefined`. */
export function ChooseSome({
  name,
  before,
  names = {},
  facets,
  chosen = [],
  taken = [],
  onChange,
}: {
  name: string;
  /** Goes before what is chosen. */
  before?: string;
  names?: Record<string, string>;
  facets: Facet<string>[];
  chosen: string[] | undefined;
  /** By the opposite list, and not offered here. */
  taken?: string[] | undefined;
  onChange: (chosen: string[] | undefined) => void;
}) {
  const [opened, setOpened] = useState(false);
  const known = new Map(facets.map((facet) => [facet.value, facet]));
  const offered = [...known.keys()].filter((value) => !taken.includes(value));
  const values = [...new Set([...offered, ...chosen])];
  if (values.length === 0) return null;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus returnFocus shadow="md">
      <Popover.Target>
        <UnstyledButton
          className={styles.chip}
          aria-pressed={chosen.length > 0}
          aria-expanded={opened}
          onClick={() => setOpened(!opened)}
        >
          {chosen.length > 0 ? `${before ?? ''}${chosen.map((each) => names[each] ?? each).join(', ')}` : name}
          <ChevronDown size={13} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={styles.dropdown}>
        <Checkbox.Group
          aria-label={name}
          value={chosen}
          onChange={(next) => onChange(next.length > 0 ? next : undefined)}
        >
          <div className={styles.options}>
            {values.map((value) => (
              <Checkbox
                key={value}
                value={value}
                label={
                  <span>
                    {names[value] ?? value} <HowMany facet={known.get(value)} />
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

const HowMany = ({ facet }: { facet: Facet<string> | undefined }) =>
  facet ? (
    <span className="dim">
      {facet.count.toLocaleString()}, from {formatMoney(facet.from)}
    </span>
  ) : null;
