import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { limits } from '../../../../shared/limits.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { addDays } from '../flight/flight-times.ts';
import { inOrder, type JourneyParams } from '../journey/journey-question.ts';
import { PlaceInput } from '../places/place-input.tsx';
import { DateField } from './date-field.tsx';
import styles from './next-flights.module.css';
import type { NextFlight, SearchParams } from './search-params.ts';

/** Between two flights of a trip, until somebody says otherwise. */
const stayDays = 3;

/** One more flight, from where the trip has come to. */
export function addFlight(params: SearchParams, date: CalendarDate): SearchParams {
  const flights = inOrder(date, params.more ?? []);
  const last = flights.at(-1) ?? { from: params.from, to: params.to, date };
  const next = { from: last.to, to: undefined, date: addDays(last.date, stayDays) };
  return { ...params, view: 'journeys', back: undefined, more: [...flights, next] };
}

/** The flights of a trip behind the first, a row each. They live in the address, as everything that is searched. */
export function NextFlights({ params, onSearch }: { params: JourneyParams; onSearch: (next: SearchParams) => void }) {
  const flights = inOrder(params.date, params.more ?? []);
  const put = (next: NextFlight[]) =>
    onSearch({ ...params, more: next.length > 0 ? inOrder(params.date, next) : undefined });
  const change = (place: number, part: Partial<NextFlight>) =>
    put(flights.map((flight, at) => (at === place ? { ...flight, ...part } : flight)));
  return (
    <section className={`surface ${styles.flights}`} aria-label="Next flights">
      <ol>
        {flights.map((flight, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a flight of a trip is its place, and nothing else
          <li key={at} className={styles.flight}>
            <span className={styles.place} aria-hidden>
              {at + 2}
            </span>
            <PlaceInput
              label={`Flight ${at + 2} from`}
              value={flight.from ?? ''}
              onChange={(code) => change(at, { from: code || undefined })}
            />
            <PlaceInput
              label={`Flight ${at + 2} to`}
              value={flight.to ?? ''}
              onChange={(code) => change(at, { to: code || undefined })}
              placeholder="Where to next?"
            />
            <DateField
              label={`Flight ${at + 2} on`}
              value={flight.date}
              onChange={(date) => change(at, { date })}
              className={styles.date}
            />
            <Tooltip label="Take out">
              <ActionIcon
                variant="subtle"
                color="gray"
                size={36}
                className={styles.out}
                onClick={() => put(flights.filter((_, place) => place !== at))}
                aria-label={`Take flight ${at + 2} out`}
              >
                <X size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          </li>
        ))}
      </ol>
      <div className={styles.foot}>
        {flights.length + 1 < limits.slicesPerSearch ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() => onSearch(addFlight(params, params.date))}
          >
            Add a flight
          </Button>
        ) : (
          <span className="dim">A trip has at most {limits.slicesPerSearch} flights.</span>
        )}
        <Button size="xs" variant="subtle" onClick={() => onSearch({ ...params, more: undefined })}>
          One way
        </Button>
      </div>
    </section>
  );
}
