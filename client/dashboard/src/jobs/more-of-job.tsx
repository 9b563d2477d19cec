import { NumberInput, Switch } from '@mantine/core';
import { useState } from 'react';
import { formatMoney } from '../../../../shared/money.ts';
import { MoneyInput } from '../money/money-input.tsx';
import { amountWanted } from '../money/parse-money.ts';
import { numberIn, type PartProps, priceIn, type Typed } from './job-draft.ts';
import styles from './new-job-page.module.css';

/** Said below its field, so that fields in a row stay in line. */
const inOrder: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error'];

/** What few need. Closed it says what of it is set, and it does not close over something that is wrong. */
export function MoreOfJob({ draft, change, problems }: PartProps) {
  const [opened, setOpened] = useState(false);
  const isWrong = fields.some((field) => field in problems);
  const number = (
    label: string,
    key: 'infantsOnLap' | 'infantsInSeat' | 'shortlist' | 'everyHours' | 'times' | 'priority',
    field: Field,
    description?: string,
    placeholder?: string,
  ) => (
    <NumberInput
      label={label}
      description={description}
      placeholder={placeholder}
      inputWrapperOrder={inOrder}
      // What is out of bounds is said, not put right unseen.
      clampBehavior="none"
      value={draft[key]}
      error={problems[field]}
      onChange={(value) => change({ [key]: value })}
    />
  );
  return (
    <details
      className={`surface ${styles.more}`}
      open={opened || isWrong}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is a button by itself */}
      <summary onClick={(event) => isWrong && event.preventDefault()}>
        <h2>More</h2>
        <span className="dim">{said(draft)}</span>
      </summary>
      <div className="body stack">
        <div className={styles.pair}>
          {number('Infants on a lap', 'infantsOnLap', 'passengers.infantsOnLap', 'Under two; one an adult')}
          {number(
            'Infants in a seat',
            'infantsInSeat',
            'passengers.infantsInSeat',
            'Under two, on a seat of their own',
          )}
        </div>
        {number(
          'Exact prices for the cheapest dates of each route',
          'shortlist',
          'shortlist',
          'Which these are tells the provider’s calendar, or its one-ways; the others keep that price',
          'For all dates',
        )}
        <div className={styles.pair}>
          <MoneyInput
            label="Stop at price"
            description="The job ends as soon as it has found this price or a lower one"
            placeholder="Go on to the end"
            value={draft.stopAt}
            error={problems['stopAtPrice.amount'] && amountWanted}
            onChange={(stopAt) => change({ stopAt })}
          />
          {number('Priority', 'priority', 'priority', 'Greater goes first among your jobs')}
        </div>
        <Switch
          label="Begin again after it has ended"
          checked={draft.repeats}
          onChange={(event) => change({ repeats: event.currentTarget.checked })}
        />
        {draft.repeats && (
          <div className={styles.pair}>
            {number(
              'Hours in between',
              'everyHours',
              'repeat.everyHours',
              'From the end of one to the start of the next',
            )}
            {number('How many times', 'times', 'repeat.times', 'Each is a job of its own')}
          </div>
        )}
      </div>
    </details>
  );
}

const fields = [
  'passengers.infantsOnLap',
  'passengers.infantsInSeat',
  'shortlist',
  'stopAtPrice.amount',
  'priority',
  'repeat.everyHours',
  'repeat.times',
] as const;
type Field = (typeof fields)[number];

function said(draft: PartProps['draft']) {
  const { infantsOnLap, infantsInSeat, shortlist, stopAt, repeats, everyHours, times, priority } = draft;
  const infants = [infantsOnLap, infantsInSeat].reduce<number>((sum, typed: Typed) => sum + numberIn(typed), 0);
  const stop = priceIn(stopAt);
  const set = [
    infants > 0 && `${infants} ${infants === 1 ? 'infant' : 'infants'}`,
    shortlist !== '' && `exact for the cheapest ${shortlist}`,
    stop && stop.amount >= 0 && `stops at ${formatMoney(stop)}`,
    repeats && `again every ${everyHours} h, ${times} ${numberIn(times) === 1 ? 'time' : 'times'}`,
    numberIn(priority) !== 0 && `priority ${priority}`,
  ].filter(Boolean);
  return set.join(' · ') || 'infants, a short list, a price to stop at, repetition, priority';
}
