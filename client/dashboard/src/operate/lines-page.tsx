import { Button, Select, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { type CabinClass, cabinClasses } from '../../../../shared/flight.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { cabinNames } from '../flight/cabin-names.ts';
import { dateOf, formatDate, formatMoment } from '../flight/flight-times.ts';
import { LiveNumber } from '../flight/live-number.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import styles from './lines-page.module.css';
import { useOperator } from './operator.tsx';

const refreshMs = 1_000;

/** Lines of buyers for hot cabins: those that pressure has opened, and those opened ahead of a sale. */
export function LinesPage() {
  usePageTitle('Operate: waiting rooms');
  const { trpc } = useOperator();
  const list = useQuery(trpc.admin.waitingRoom.list.queryOptions(undefined, { refetchInterval: refreshMs }));
  const close = useMutation(trpc.admin.waitingRoom.close.mutationOptions({ onSuccess: () => void list.refetch() }));
  const lines = list.data?.lines ?? [];
  return (
    <div className="stack">
      <h1>Waiting rooms</h1>
      {list.isError && (
        <FailureNotice error={list.error} onRetry={() => void list.refetch()} retrying={list.isRefetching} />
      )}
      {close.isError && <FailureNotice error={close.error} />}
      {list.isSuccess && lines.length === 0 && (
        <section className="surface">
          <EmptyState>No line is open. One opens by itself where more want to buy than can be served.</EmptyState>
        </section>
      )}
      {lines.map((line) => (
        <section key={`${line.flightId} ${line.cabin}`} className="surface" aria-label="Line">
          <div className="head row between">
            <h2>
              {cabinNames[line.cabin]} of <FlightName flightId={line.flightId} />
            </h2>
            <Button
              size="xs"
              variant="default"
              loading={close.isPending}
              onClick={() => close.mutate({ flightId: line.flightId, cabin: line.cabin })}
            >
              Close
            </Button>
          </div>
          <dl className={styles.figures}>
            <Figure name="waiting" value={line.waiting} />
            <Figure name="now serving" value={line.nowServing} />
            <Figure name="a second" value={line.ratePerSecond} />
            <Figure name="let in, without seats" value={line.shopping} />
            <Figure name="held" value={line.held} />
            <Figure name="inversions ‰" value={Math.round(line.inversionsPerThousand * 10) / 10} />
          </dl>
          <p className={`dim ${styles.note}`}>
            {line.soldOut ? 'Nothing is free. ' : ''}
            {line.by === 'operator' ? 'Opened by an operator' : 'Opened by pressure'} {formatMoment(line.openedAt)}
            {line.startsAt ? `; the sale begins ${formatMoment(line.startsAt)}` : ''}.
          </p>
        </section>
      ))}
      <OpenForm onOpened={() => void list.refetch()} />
    </div>
  );
}

/** As people call it; its id until it is known. */
function FlightName({ flightId }: { flightId: string }) {
  const { trpc } = useOperator();
  const { data } = useQuery(trpc.flights.get.queryOptions({ flightId }, { staleTime: Number.POSITIVE_INFINITY }));
  if (!data) return <code>{flightId}</code>;
  const { carrier, number, origin, destination, departsAt } = data;
  return (
    <Link to="/flights/$flightId" params={{ flightId }}>
      {carrier} {number}, {origin} → {destination}, {formatDate(dateOf(departsAt))}
    </Link>
  );
}

const Figure = ({ name, value }: { name: string; value: number }) => (
  <div>
    <dt className="dim">{name}</dt>
    <dd>
      <LiveNumber value={value} />
    </dd>
  </div>
);

function OpenForm({ onOpened }: { onOpened: () => void }) {
  const { trpc } = useOperator();
  const [flightId, setFlightId] = useState('');
  const [cabin, setCabin] = useState<CabinClass>('economy');
  const [startsAt, setStartsAt] = useState('');
  const open = useMutation(trpc.admin.waitingRoom.open.mutationOptions({ onSuccess: onOpened }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const starts = startsAt ? { startsAt: new Date(startsAt).toISOString() } : {};
    open.mutate({ flightId: flightId.trim(), cabin, ...starts });
  };
  return (
    <section className="surface" aria-labelledby="open-line">
      <div className="head">
        <h2 id="open-line">Open one ahead of a sale</h2>
      </div>
      <form className={`body ${styles.form}`} onSubmit={submit}>
        <TextInput label="Flight id" value={flightId} onChange={(event) => setFlightId(event.currentTarget.value)} />
        <Select
          label="Cabin"
          value={cabin}
          allowDeselect={false}
          data={cabinClasses.map((each) => ({ value: each, label: cabinNames[each] }))}
          onChange={(value) => setCabin(value as CabinClass)}
        />
        <TextInput
          type="datetime-local"
          label="The sale begins (empty: now)"
          value={startsAt}
          onChange={(event) => setStartsAt(event.currentTarget.value)}
        />
        <Button type="submit" loading={open.isPending} disabled={!flightId.trim()}>
          Open
        </Button>
      </form>
      {open.isError && <FailureNotice error={open.error} />}
    </section>
  );
}
