import { Button, Checkbox, CopyButton, Modal, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import {
  type NewOperatorKeyView,
  type OperatorKeyView,
  type OperatorScope,
  operatorScopes,
} from '../../../../shared/identity.ts';
import { newId } from '../../../../shared/ids.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatMoment } from '../flight/flight-times.ts';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import styles from './keys-page.module.css';
import { useOperator } from './operator.tsx';

/** What each area is, for those who choose. */
const scopeNames: Record<OperatorScope, string> = {
  read: 'Look at everything',
  flights: 'Flights',
  seats: 'Seats and audits',
  bookings: 'Bookings',
  imports: 'Imports',
  payments: 'Payments',
  providers: 'Fare providers',
  queues: 'Queues',
  waitingRoom: 'Waiting rooms',
  keys: 'Operator keys',
};

/** Operators' keys: what each opens, from where and until when. A key's text is shown once, when it is made. */
export function KeysPage() {
  usePageTitle('Operate: keys');
  const { trpc } = useOperator();
  const list = useQuery(trpc.admin.keys.list.queryOptions());
  const [ending, setEnding] = useState<OperatorKeyView | null>(null);
  const keys = list.data?.keys ?? [];
  return (
    <div className="stack">
      <h1>Operator keys</h1>
      {list.isError && (
        <FailureNotice error={list.error} onRetry={() => void list.refetch()} retrying={list.isRefetching} />
      )}
      {list.isSuccess && keys.length === 0 && (
        <section className="surface">
          <EmptyState>No key yet but the one of the settings, which opens everything from anywhere.</EmptyState>
        </section>
      )}
      {keys.map((key) => (
        <article key={key.id} className="surface" aria-label={key.name}>
          <div className="head row between">
            <h2>{key.name}</h2>
            {isOver(key) ? (
              <span className="dim">{key.revokedAt ? `Revoked ${formatMoment(key.revokedAt)}` : 'Over'}</span>
            ) : (
              <Button size="xs" variant="default" onClick={() => setEnding(key)}>
                Revoke
              </Button>
            )}
          </div>
          <p className={styles.facts}>
            {key.scopes.map((scope) => scopeNames[scope]).join(', ')}
            <span className="dim">
              {' · '}
              {key.addresses ? `from ${key.addresses.join(', ')}` : 'from anywhere'}
              {' · '}
              {key.expiresAt ? `until ${formatMoment(key.expiresAt)}` : 'without an end'}
              {' · '}made {formatMoment(key.createdAt)}
            </span>
          </p>
        </article>
      ))}
      <NewKey onMade={() => void list.refetch()} />
      {ending && (
        <RevokeDialog
          operatorKey={ending}
          onClose={() => {
            setEnding(null);
            void list.refetch();
          }}
        />
      )}
    </div>
  );
}

const isOver = ({ revokedAt, expiresAt }: OperatorKeyView): boolean =>
  revokedAt !== null || (expiresAt !== null && Date.parse(expiresAt) <= Date.now());

function NewKey({ onMade }: { onMade: () => void }) {
  const { trpc } = useOperator();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<OperatorScope[]>(['read']);
  const [addresses, setAddresses] = useState('');
  const [until, setUntil] = useState('');
  const making = useMutation(
    trpc.admin.keys.create.mutationOptions({
      onSuccess: () => {
        setName('');
        onMade();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const networks = addresses.split(/[\s,]+/).filter(Boolean);
    making.mutate({
      ...{ id: newId(), name, scopes },
      ...(networks.length > 0 && { addresses: networks }),
      ...(until && { expiresAt: new Date(until).toISOString() }),
    });
  };
  return (
    <section className="surface" aria-labelledby="new-key">
      <div className="head">
        <h2 id="new-key">Make a key</h2>
      </div>
      <form className={`body ${styles.form}`} onSubmit={submit}>
        <TextInput
          label="Name"
          description="Who uses it, and for what."
          value={name}
          maxLength={80}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Checkbox.Group
          label="Opens"
          value={scopes}
          onChange={(chosen) => setScopes(operatorScopes.filter((scope) => chosen.includes(scope)))}
        >
          <div className={styles.scopes}>
            {operatorScopes.map((scope) => (
              <Checkbox key={scope} value={scope} label={scopeNames[scope]} />
            ))}
          </div>
        </Checkbox.Group>
        <TextInput
          label="From"
          description="Addresses or networks, with commas between; empty: from anywhere."
          placeholder="10.0.0.0/8, 192.0.2.7"
          value={addresses}
          onChange={(event) => setAddresses(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label="Until"
          description="Empty: without an end."
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
        {making.isError && <FailureNotice error={making.error} />}
        <div>
          <Button type="submit" loading={making.isPending} disabled={!name.trim() || scopes.length === 0}>
            Make it
          </Button>
        </div>
      </form>
      {making.data && <Made made={making.data} onHide={() => making.reset()} />}
    </section>
  );
}

function Made({ made, onHide }: { made: NewOperatorKeyView; onHide: () => void }) {
  return (
    <div className={`body ${styles.made}`} role="status">
      <p>
        <strong>{made.name}</strong> is made. Its text is shown now and never again.
      </p>
      <code className={styles.text}>{made.key}</code>
      <div className="row">
        <CopyButton value={made.key}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
        </CopyButton>
        <Button variant="default" onClick={onHide}>
          I have kept it
        </Button>
      </div>
    </div>
  );
}

function RevokeDialog({ operatorKey, onClose }: { operatorKey: OperatorKeyView; onClose: () => void }) {
  const { trpc } = useOperator();
  const revoking = useMutation(trpc.admin.keys.revoke.mutationOptions({ onSuccess: onClose }));
  return (
    <Modal opened onClose={onClose} title={`Revoke ${operatorKey.name}?`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="stack">
        <p>Whatever uses it is cut off within seconds, and it cannot be brought back.</p>
        {revoking.isError && <FailureNotice error={revoking.error} />}
        <div className="row">
          <Button color="red" loading={revoking.isPending} onClick={() => revoking.mutate({ keyId: operatorKey.id })}>
            Revoke it
          </Button>
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
        </div>
      </div>
    </Modal>
  );
}
