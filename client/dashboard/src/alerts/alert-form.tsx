import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { newId } from '../../../../shared/ids.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { MoneyInput } from '../money/money-input.tsx';
import { PlaceInput } from '../places/place-input.tsx';
import { DateField } from '../search/date-field.tsx';
import { client, ensureGuest, trpc } from '../wire/traveller.ts';
import { type AlertDraft, faultsOf, firstDraft, inputOf, type RestUnit, restUnits } from './alert-draft.ts';
import styles from './alerts-page.module.css';

export function AlertForm({ onMade }: { onMade: () => void }) {
  const [draft, setDraft] = useState<AlertDraft>(firstDraft);
  const [tried, setTried] = useState(false);
  const change = (part: Partial<AlertDraft>) => setDraft((before) => ({ ...before, ...part }));
  const me = useQuery(trpc.auth.me.queryOptions());
  const hasAddress = me.data?.role === 'traveller' && Boolean(me.data.email);
  const faults = tried ? faultsOf(draft) : {};
  const making = useMutation({
    mutationFn: async () => {
      await ensureGuest();
      return client.trpc.alerts.create.mutate(inputOf(draft));
    },
    onSuccess: () => {
      setTried(false);
      change({ id: newId(), amount: '' });
      onMade();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faultsOf(draft)).length === 0) making.mutate();
  };
  return (
    <section className="surface" aria-labelledby="new-alert">
      <div className="head">
        <h2 id="new-alert">Watch a price</h2>
      </div>
      <form className="body stack" onSubmit={submit} noValidate aria-label="Watch a price">
        <div className={styles.pair}>
          <PlaceInput
            label="From"
            value={draft.from}
            error={faults.origin}
            onChange={(from) => change({ from: from ?? '' })}
          />
          <PlaceInput
            label="To"
            value={draft.to}
            error={faults.destination}
            onChange={(to) => change({ to: to ?? '' })}
          />
          <DateField
            label="First day"
            value={draft.depart}
            onChange={(depart) => change({ depart, until: draft.until < depart ? depart : draft.until })}
          />
          <DateField
            label="Last day"
            value={draft.until}
            error={faults.departTo}
            onChange={(until) => change({ until: until < draft.depart ? draft.depart : until })}
          />
        </div>
        <NativeSelect
          label="Tell me when"
          value={draft.kind}
          onChange={(event) => change({ kind: event.currentTarget.value as AlertDraft['kind'] })}
          data={[
            { value: 'target', label: 'it costs at most' },
            { value: 'dropBy', label: 'it has fallen by' },
          ]}
        />
        <MoneyInput
          label="Amount, one adult"
          value={{ text: draft.amount, currency: draft.currency }}
          error={faults.target}
          onChange={({ text, currency }) => change({ amount: text, currency })}
        />
        <Checkbox
          label="Also by mail"
          description={hasAddress ? undefined : 'Needs an account with an address'}
          disabled={!hasAddress}
          checked={draft.mail && hasAddress}
          onChange={(event) => change({ mail: event.currentTarget.checked })}
        />
        <div className={styles.pair}>
          <TextInput
            label="Rest after telling"
            placeholder="not at all"
            inputMode="numeric"
            value={draft.rest}
            error={faults.coolDownMinutes}
            onChange={(event) => change({ rest: event.currentTarget.value })}
          />
          <NativeSelect
            label="Unit of the rest"
            value={draft.restUnit}
            onChange={(event) => change({ restUnit: event.currentTarget.value as RestUnit })}
            data={Object.keys(restUnits)}
          />
        </div>
        <TextInput
          label="Tell my server"
          description="Each time is posted to this address, signed with a secret that stands in the list"
          placeholder="https://"
          type="url"
          autoComplete="off"
          spellCheck={false}
          value={draft.webhookUrl}
          error={faults.webhookUrl}
          onChange={(event) => change({ webhookUrl: event.currentTarget.value })}
        />
        <Checkbox
          label="Quiet hours"
          description="Mail and your server wait until they are over; this page does not"
          checked={draft.isQuiet}
          onChange={(event) => change({ isQuiet: event.currentTarget.checked })}
        />
        {draft.isQuiet && (
          <fieldset className={styles.quiet}>
            <legend className={styles.said}>Quiet hours</legend>
            <div className={styles.pair}>
              <TextInput
                label="Quiet from"
                type="time"
                value={draft.quietFrom}
                error={faults['quietHours.from']}
                onChange={(event) => change({ quietFrom: event.currentTarget.value })}
              />
              <TextInput
                label="Quiet until"
                type="time"
                value={draft.quietTo}
                error={faults['quietHours.to']}
                onChange={(event) => change({ quietTo: event.currentTarget.value })}
              />
            </div>
            <NativeSelect
              label="By the clock of"
              value={draft.zone}
              error={faults['quietHours.zone']}
              onChange={(event) => change({ zone: event.currentTarget.value })}
              data={zones(draft.zone)}
            />
          </fieldset>
        )}
        {making.isError && <FailureNotice error={making.error} />}
        <Button type="submit" loading={making.isPending}>
          Watch it
        </Button>
      </form>
    </section>
  );
}

/** Every zone that this browser knows, its own among them under whatever name. */
const zones = (own: string) =>
  [...new Set([own, 'UTC', ...Intl.supportedValuesOf('timeZone')])]
    .sort()
    .map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }));
