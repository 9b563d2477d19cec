import { ActionIcon, Button, NativeSelect, Tooltip } from '@mantine/core';
import { ArrowLeftRight, Search } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { type CabinClass, cabinClasses } from '../../../../shared/flight.ts';
import { cabinNames } from '../flight/cabin-names.ts';
import { addDays, today } from '../flight/flight-times.ts';
import { SeatStepper } from '../flight/seat-stepper.tsx';
import { PlaceInput } from '../places/place-input.tsx';
import { searchFieldId } from '../shell/focus-search.ts';
import { DateField } from './date-field.tsx';
import styles from './search-form.module.css';
import type { SearchParams } from './search-params.ts';

/** One row of fields. What is complete goes into the address at once; the button is for those who like buttons. */
export function SearchForm({ params, onSearch }: { params: SearchParams; onSearch: (next: SearchParams) => void }) {
  const [from, setFrom] = useState(params.from ?? '');
  const [to, setTo] = useState(params.to ?? '');
  const [tried, setTried] = useState(false);
  // Back, forward and the recent searches change the address under us.
  useEffect(() => {
    setFrom(params.from ?? '');
    setTo(params.to ?? '');
  }, [params.from, params.to]);

  const tomorrow = addDays(today(), 1);
  const search = (change: Partial<SearchParams>) => onSearch({ ...params, date: params.date ?? tomorrow, ...change });
  const place = (nextFrom: string, nextTo: string) => {
    setFrom(nextFrom);
    setTo(nextTo);
    if (nextFrom && nextTo) search({ from: nextFrom, to: nextTo });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (from && to) search({ from, to });
  };
  return (
    <search>
      <form className={styles.form} onSubmit={submit} noValidate aria-label="Search flights">
        <div className={styles.places}>
          <PlaceInput
            id={searchFieldId}
            label="From"
            value={from}
            onChange={(code) => place(code, to)}
            error={tried && !from ? 'Where from?' : undefined}
            required
          />
          <Tooltip label="Swap">
            <ActionIcon
              variant="default"
              size={36}
              className={styles.swap}
              onClick={() => place(to, from)}
              aria-label="Swap from and to"
            >
              <ArrowLeftRight size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <PlaceInput
            label="To"
            value={to}
            onChange={(code) => place(from, code)}
            error={tried && !to ? 'Where to?' : undefined}
            required
          />
        </div>
        <DateField
          label="Date"
          value={params.date ?? tomorrow}
          onChange={(date) => search({ date, ...(from && to && { from, to }) })}
          className={styles.date}
        />
        <div className={styles.seats}>
          <span className={styles.label} aria-hidden>
            Travellers
          </span>
          <SeatStepper
            value={params.seats ?? 1}
            onChange={(seats) => search({ seats: seats > 1 ? seats : undefined })}
            label="Travellers"
          />
        </div>
        <NativeSelect
          label="Cabin"
          className={styles.cabin}
          value={params.cabin ?? ''}
          onChange={(event) => search({ cabin: (event.currentTarget.value || undefined) as CabinClass | undefined })}
          data={[
            { value: '', label: 'Any cabin' },
            ...cabinClasses.map((cabin) => ({ value: cabin, label: cabinNames[cabin] })),
          ]}
        />
        <Button type="submit" className={styles.go} leftSection={<Search size={16} aria-hidden />}>
          Search
        </Button>
      </form>
    </search>
  );
}
