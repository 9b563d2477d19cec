import { ActionIcon } from '@mantine/core';
import { Minus, Plus } from 'lucide-react';
import { limits } from '../../../../shared/limits.ts';
import styles from './seat-stepper.module.css';

/** One to nine seats. */
export function SeatStepper({
  value,
  onChange,
  max = limits.seatsPerBooking,
  label = 'Seats',
}: {
  value: number;
  onChange: (seats: number) => void;
  max?: number;
  label?: string;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a legend and a box of its own
    <div className={styles.stepper} role="group" aria-label={label}>
      <ActionIcon
        variant="subtle"
        size={34}
        disabled={value <= 1}
        onClick={() => onChange(value - 1)}
        aria-label="One seat fewer"
      >
        <Minus size={16} aria-hidden />
      </ActionIcon>
      <output aria-live="polite">
        {value} <span className="dim">{value === 1 ? 'seat' : 'seats'}</span>
      </output>
      <ActionIcon
        variant="subtle"
        size={34}
        disabled={value >= max}
        onClick={() => onChange(value + 1)}
        aria-label="One seat more"
      >
        <Plus size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}
