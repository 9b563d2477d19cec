import { Luggage, RotateCcw, Undo2 } from 'lucide-react';
import type { FareConditions, FareRule } from '../../../../shared/fare.ts';
import styles from './fare-terms.module.css';

/** What a fare allows, in a line each. */
export function FareTerms({ conditions }: { conditions: FareConditions }) {
  const { refund, change, bags } = conditions;
  return (
    <ul className={styles.terms} aria-label="Conditions">
      <li data-tone={toneOf(refund)}>
        <Undo2 size={14} aria-hidden />
        {refundWords(refund)}
      </li>
      <li data-tone={toneOf(change)}>
        <RotateCcw size={14} aria-hidden />
        {changeWords(change)}
      </li>
      {bags && (
        <li data-tone={bags.checked > 0 ? 'ok' : undefined}>
          <Luggage size={14} aria-hidden />
          {bags.cabin} in the cabin, {bags.checked === 0 ? 'none checked' : `${bags.checked} checked`}
        </li>
      )}
    </ul>
  );
}

function refundWords(rule: FareRule): string {
  switch (rule.rule) {
    case 'free':
      return 'Refund in full until departure';
    case 'fee':
      return `Refund less ${rule.percent} % until departure`;
    case 'no':
      return 'No refund';
    case 'house':
    case 'unknown':
      return 'Refund in full until 24 hours before, then half';
  }
}

function changeWords(rule: FareRule): string {
  switch (rule.rule) {
    case 'free':
      return 'Changes free';
    case 'fee':
      return `Changes for ${rule.percent} % of the price`;
    case 'no':
      return 'No changes';
    case 'house':
    case 'unknown':
      return 'Changes on request';
  }
}

const toneOf = ({ rule }: FareRule): string | undefined =>
  rule === 'free' ? 'ok' : rule === 'no' ? 'bad' : rule === 'fee' ? 'warn' : undefined;
