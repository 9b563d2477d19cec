import { Combobox, Loader, TextInput, useCombobox } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState } from 'react';
import type { PlaceView } from '../../../../shared/place.ts';
import { trpc } from '../wire/traveller.ts';
import styles from './place-input.module.css';
import { usePlace } from './use-place.ts';

const optionsMax = 8;

/** Fast typing asks once; a pause shorter than a blink is not felt. */
const debounceMs = 70;

const nameOf = (place: PlaceView): string => (place.kind === 'city' ? `${place.city}, all airports` : place.city);

/** An airport or a city by code, name or a part of it. The value is the IATA code, or '' for none. */
export function PlaceInput({
  label,
  value,
  onChange,
  id,
  error,
  required = false,
  placeholder = 'City or airport',
}: {
  label: string;
  value: string;
  onChange: (code: string) => void;
  id?: string;
  error?: string | undefined;
  required?: boolean;
  placeholder?: string;
}) {
  const ownId = useId();
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const [typed, setTyped] = useState<string | null>(null);
  const [asked, setAsked] = useState('');
  const chosen = usePlace(value);

  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed?.trim() ?? ''), debounceMs);
    return () => clearTimeout(timer);
  }, [typed]);
  const { data, isFetching } = useQuery(
    trpc.search.places.queryOptions(
      { q: asked || '-', limit: optionsMax },
      { enabled: asked !== '', placeholderData: keepPreviousData, staleTime: Number.POSITIVE_INFINITY },
    ),
  );
  const places = asked && typed ? (data?.places ?? []) : [];
  const best = places[0]?.code;
  const { selectFirstOption } = combobox;
  useEffect(() => {
    // The best hit is chosen already, so that Enter takes it.
    if (best) selectFirstOption();
  }, [best, selectFirstOption]);

  const choose = (code: string) => {
    onChange(code);
    setTyped(null);
    combobox.closeDropdown();
  };
  const leave = () => {
    combobox.closeDropdown();
    if (typed === null) return;
    // Leaving the field takes the best hit, as long as it answers what is typed.
    const text = typed.trim();
    if (text === '') onChange('');
    else if (places[0] && asked === text) onChange(places[0].code);
    else if (/^[a-z]{3}$/i.test(text)) onChange(text.toUpperCase());
    setTyped(null);
  };

  return (
    <Combobox
      store={combobox}
      onOptionSubmit={choose}
      withinPortal
      transitionProps={{ duration: 0 }}
      width="max-content"
      position="bottom-start"
    >
      <Combobox.Target withExpandedAttribute>
        <TextInput
          id={id ?? ownId}
          label={label}
          placeholder={placeholder}
          required={required}
          withAsterisk={false}
          error={error}
          role="combobox"
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          leftSection={value && typed === null ? <code className={styles.code}>{value}</code> : undefined}
          leftSectionWidth={46}
          rightSection={isFetching && typed ? <Loader size={14} /> : null}
          value={typed ?? (value ? (chosen ? nameOf(chosen) : '') : '')}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            combobox.openDropdown();
          }}
          onKeyDown={(event) => {
            // Half a name is no search: Enter belongs to the list as long as something is typed.
            if (event.key === 'Enter' && typed?.trim()) event.preventDefault();
          }}
          onBlur={leave}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={!typed?.trim()} miw={280} maw="calc(100vw - 24px)">
        <Combobox.Options aria-label={`Places for “${label}”`}>
          {places.map((place, index) => (
            <Combobox.Option key={`${place.kind}-${place.code}`} value={place.code} active={index === 0}>
              <span className={styles.option}>
                <code className={styles.code}>{place.code}</code>
                <span>
                  <span className={styles.city}>{nameOf(place)}</span>
                  <span className={styles.detail}>
                    {place.kind === 'city' ? place.related.join(' ') : place.name} · {place.country}
                  </span>
                </span>
              </span>
            </Combobox.Option>
          ))}
          {places.length === 0 && typed && asked && !isFetching && (
            <Combobox.Empty>No place matches “{asked}”.</Combobox.Empty>
          )}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
