import { Button, Checkbox, NativeSelect } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { newId } from '../../../../shared/ids.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { addDays, today } from '../flight/flight-times.ts';
import { MoneyInput } from '../money/money-input.tsx';
import { parseMoney } from '../money/parse-money.ts';
import { PlaceInput } from '../places/place-input.tsx';
import { DateField } from '../search/date-field.tsx';
import { client, ensureGuest, trpc } from '../wire/traveller.ts';
import styles from './alerts-page.module.css';

type Kind = 'target' | 'dropBy';

const firstDraft = () => ({
  id: newId(),
  from: '',
  to: '',
  depart: addDays(today(), 30),
  until: addDays(today(), 37),
  kind: 'target' as Kind,
  amount: { text: '', currency: 'USD' },
  mail: false,
});

export function AlertForm({ onMade }: { onMade: () => void }) {
  const [draft, setDraft] = useState(firstDraft);
  const [tried, setTried] = useState(false);
  const change = (part: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...part }));
  const me = useQuery(trpc.auth.me.queryOptions());
  const hasAddress = me.data?.role === 'traveller' && Boolean(me.data.email);
  const amount = parseMoney(draft.amount.text, draft.amount.currency);
  const isReady = draft.from !== '' && draft.to !== '' && amount !== null;
  const making = useMutation({
    mutationFn: async () => {
      await ensureGuest();
      const { id, from, to, depart, until, kind, mail } = draft;
      const wish = amount ? { [kind]: amount } : {};
      return client.trpc.alerts.create.mutate({
        ...{ id, origin: from, destination: to, departFrom: depart, departTo: until, mail },
        ...wish,
      });
    },
    onSuccess: () => {
      setTried(false);
      change({ id: newId(), amount: { ...draft.amount, text: '' } });
      onMade();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isReady) making.mutate();
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
            error={tried && !draft.from ? 'Where from?' : undefined}
            onChange={(from) => change({ from: from ?? '' })}
          />
          <PlaceInput
            label="To"
            value={draft.to}
            error={tried && !draft.to ? 'Where to?' : undefined}
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
            onChange={(until) => change({ until: until < draft.depart ? draft.depart : until })}
          />
        </div>
        <NativeSelect
          label="Tell me when"
          value={draft.kind}
          onChange={(event) => change({ kind: event.currentTarget.value as Kind })}
          data={[
            { value: 'target', label: 'it costs at most' },
            { value: 'dropBy', label: 'it has fallen by' },
          ]}
        />
        <MoneyInput
          label="Amount, one adult"
          value={draft.amount}
          error={tried && amount === null ? 'How much?' : undefined}
          onChange={(next) => change({ amount: next })}
        />
        <Checkbox
          label="Also by mail"
          description={hasAddress ? undefined : 'Needs an account with an address'}
          disabled={!hasAddress}
          checked={draft.mail && hasAddress}
          onChange={(event) => change({ mail: event.currentTarget.checked })}
        />
        {making.isError && <FailureNotice error={making.error} />}
        <Button type="submit" loading={making.isPending}>
          Watch it
        </Button>
      </form>
    </section>
  );
}
