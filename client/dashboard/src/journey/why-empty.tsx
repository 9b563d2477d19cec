import { Button, UnstyledButton } from '@mantine/core';
import { ArrowRight } from 'lucide-react';
import type { SearchExplanation } from '../../../../shared/itinerary.ts';
import type { SearchParams } from '../search/search-params.ts';
import type { JourneyParams } from './journey-question.ts';
import { type Suggestion, sayRemoved, suggestionOf } from './suggestion.ts';
import styles from './why-empty.module.css';

const reasons: Record<SearchExplanation['reason'], string> = {
  no_flights: 'Nothing flies that way on that day.',
  no_seats: 'Every journey of that day is sold out for so many.',
  filters: 'The filters leave nothing over.',
};

const isOfFilter = (change: string, filter: string): boolean =>
  change === filter || `${change}.`.startsWith(`filters.${filter}.`);

/** Why there is nothing, and each change that would give something: one press, and the search is changed. */
export function WhyEmpty({
  explanation,
  params,
  onSearch,
}: {
  explanation: SearchExplanation | undefined;
  params: JourneyParams;
  onSearch: (next: SearchParams) => void;
}) {
  const { removed = [], suggestions = [] } = explanation ?? {};
  const said = suggestions.map((each) => suggestionOf(each, params)).filter((each) => each !== undefined);
  // A filter that alone is in the way is among the suggestions already.
  const others = removed.filter(
    ({ filter }) => !suggestions.some(({ change }) => change.split('+').some((each) => isOfFilter(each, filter))),
  );
  const widest = params.stops === 2 && params.flex === 3;
  return (
    <div className={`stack ${styles.why}`}>
      <p>
        <strong>{explanation ? reasons[explanation.reason] : 'There is nothing.'}</strong>
      </p>
      {others.length > 0 && <p className="dim">{others.map(sayRemoved).join(' ')}</p>}
      {said.length > 0 ? (
        <ul className={styles.suggestions} aria-label="What would give something">
          {said.map((suggestion) => (
            <li key={suggestion.how}>
              <Suggested suggestion={suggestion} onApply={(change) => onSearch({ ...params, ...change })} />
            </li>
          ))}
        </ul>
      ) : (
        !widest && (
          <div>
            <Button variant="default" size="xs" onClick={() => onSearch({ ...params, stops: 2, flex: 3 })}>
              Two stops, three days around
            </Button>
          </div>
        )
      )}
    </div>
  );
}

/** `With up to 2 stops there are 3 journeys, from $90.00.` A button where the address has a word for the change. */
function Suggested({
  suggestion: { how, what, change },
  onApply,
}: {
  suggestion: Suggestion;
  onApply: (change: Partial<SearchParams>) => void;
}) {
  const sentence = (
    <span>
      <strong>{how[0]?.toUpperCase() + how.slice(1)}</strong> {what}.
    </span>
  );
  if (!change) return <span className={styles.suggestion}>{sentence}</span>;
  return (
    <UnstyledButton className={styles.suggestion} onClick={() => onApply(change)}>
      {sentence}
      <ArrowRight size={15} aria-hidden />
    </UnstyledButton>
  );
}
