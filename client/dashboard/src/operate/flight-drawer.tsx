import { ActionIcon, Button, Drawer, NativeSelect, Skeleton, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { type CabinClass, cabinClasses, type FlightView } from '../../../../shared/flight.ts';
import { newId } from '../../../../shared/ids.ts';
import { failureOf } from '../../../sdk/airside-error.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { cabinNames } from '../flight/cabin-names.ts';
import { FlightStrip } from '../flight/flight-strip.tsx';
import { PlaceInput } from '../places/place-input.tsx';
import { ConflictView } from './conflict-view.tsx';
import {
  blankDraft,
  changeOf,
  draftOf,
  type FlightDraft,
  faultsOfCabins,
  faultsOfNew,
  inputOfNew,
} from './flight-draft.ts';
import styles from './flight-drawer.module.css';
import { useOperator } from './operator.tsx';

const currencies = ['USD', 'EUR', 'GBP', 'CHF', 'JPY', 'AUD', 'CAD', 'SGD', 'INR', 'AED'];

/** Creates a flight (`flightId` null) or edits one. */
export function FlightDrawer({
  flightId,
  loaded,
  onClose,
}: {
  flightId: string | null;
  /** As the board has it; a linked flight that is not on the board is read. */
  loaded: FlightView | undefined;
  onClose: () => void;
}) {
  const { trpc } = useOperator();
  // What the operator saw when the drawer opened: the board's own rereads must not move the ground.
  const [start] = useState(loaded);
  const flight = useQuery(
    trpc.flights.get.queryOptions({ flightId: flightId ?? '' }, { enabled: flightId !== null && !start, staleTime: 0 }),
  );
  const known = start ?? flight.data;
  return (
    <Drawer
      opened
      onClose={onClose}
      size={520}
      title={flightId === null ? 'Create a flight' : known ? `Edit ${known.carrier} ${known.number}` : 'Edit'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {flightId === null ? (
        <CreateForm onDone={onClose} />
      ) : known ? (
        <EditForm key={known.id} flight={known} onDone={onClose} />
      ) : flight.isError ? (
        <FailureNotice error={flight.error} onRetry={() => void flight.refetch()} />
      ) : (
        <Skeleton height={360} />
      )}
    </Drawer>
  );
}

function useSaved(onDone: () => void) {
  const { trpc } = useOperator();
  const cache = useQueryClient();
  return (message: string) => {
    notifications.show({ message });
    void cache.invalidateQueries(trpc.admin.flights.list.pathFilter());
    void cache.invalidateQueries(trpc.flights.get.pathFilter());
    onDone();
  };
}

function CreateForm({ onDone }: { onDone: () => void }) {
  const { trpc } = useOperator();
  const saved = useSaved(onDone);
  // Minted once for this form: pressing twice, or again after a lost answer, makes one flight.
  const [id, setId] = useState(newId);
  const form = useForm<FlightDraft>({ mode: 'controlled', initialValues: blankDraft, validate: faultsOfNew });
  const creating = useMutation(
    trpc.admin.flights.create.mutationOptions({
      onSuccess: (flight) => saved(`${flight.carrier} ${flight.number} is on sale.`),
      onError: (error) => {
        if (!failureOf(error).retryable) setId(newId());
      },
    }),
  );
  return (
    <form
      noValidate
      className="stack"
      onSubmit={form.onSubmit((draft) => creating.mutate({ id, ...inputOfNew(draft) }))}
    >
      <div className={styles.two}>
        <TextInput label="Carrier" placeholder="QX" maxLength={2} {...form.getInputProps('carrier')} />
        <TextInput label="Number" placeholder="204" maxLength={5} {...form.getInputProps('number')} />
        <PlaceInput
          label="From"
          value={form.values.origin}
          onChange={(code) => form.setFieldValue('origin', code)}
          error={form.errors.origin as string | undefined}
        />
        <PlaceInput
          label="To"
          value={form.values.destination}
          onChange={(code) => form.setFieldValue('destination', code)}
          error={form.errors.destination as string | undefined}
        />
      </div>
      <Times form={form} />
      <Cabins form={form} fixed={[]} />
      {creating.isError && <FailureNotice error={creating.error} />}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button variant="default" onClick={onDone}>
          Close
        </Button>
        <Button type="submit" loading={creating.isPending}>
          Create flight
        </Button>
      </div>
    </form>
  );
}

function EditForm({ flight, onDone }: { flight: FlightView; onDone: () => void }) {
  const { client, trpc } = useOperator();
  const saved = useSaved(onDone);
  const [base, setBase] = useState(flight);
  const [theirs, setTheirs] = useState<FlightView | null>(null);
  const start = draftOf(base);
  const form = useForm<FlightDraft>({ mode: 'controlled', initialValues: start, validate: faultsOfCabins });
  const saving = useMutation(
    trpc.admin.flights.update.mutationOptions({
      onSuccess: (updated) => saved(`${updated.carrier} ${updated.number} is saved as version ${updated.version}.`),
      onError: async (error) => {
        if (failureOf(error).code === 'VERSION_CONFLICT') setTheirs(await client.flights.get(flight.id));
      },
    }),
  );
  const save = (expectedVersion: number) =>
    saving.mutate({ flightId: flight.id, expectedVersion, ...changeOf(start, form.values) });
  const change = changeOf(start, form.values);
  const takeTheirs = () => {
    if (!theirs) return;
    setBase(theirs);
    form.setValues(draftOf(theirs));
    setTheirs(null);
    saving.reset();
  };
  const taken = flight.cabins.reduce((sum, cabin) => sum + Math.max(0, cabin.capacity - cabin.available), 0);
  return (
    <form noValidate className="stack" onSubmit={form.onSubmit(() => save(theirs?.version ?? base.version))}>
      <div className={styles.strip}>
        <FlightStrip kind="plain" flight={flight} showDate />
      </div>
      {theirs ? (
        <ConflictView
          base={start}
          theirs={draftOf(theirs)}
          yours={form.values}
          expected={base.version}
          actual={theirs.version}
          applying={saving.isPending}
          onTakeTheirs={takeTheirs}
          onApplyYours={() => save(theirs.version)}
        />
      ) : (
        <>
          <Times form={form} />
          <NativeSelect
            label="Sale"
            data={[
              { value: 'open', label: 'Open: seats are sold' },
              { value: 'closed', label: 'Closed: nothing new is sold' },
            ]}
            {...form.getInputProps('state')}
          />
          <Cabins form={form} fixed={start.cabins.map((cabin) => cabin.cabin)} />
          {taken > 0 && (
            <p className="dim">
              {taken} {taken === 1 ? 'seat is' : 'seats are'} taken. Fewer seats than that keep every promise: freed
              ones are not sold again until the new number is met.
            </p>
          )}
          {saving.isError && failureOf(saving.error).code !== 'VERSION_CONFLICT' && (
            <FailureNotice error={saving.error} />
          )}
          <div className="row between">
            <span className="dim">Version {base.version}</span>
            <span className="row">
              <Button variant="default" onClick={onDone}>
                Close
              </Button>
              <Button type="submit" loading={saving.isPending} disabled={Object.keys(change).length === 0}>
                Save changes
              </Button>
            </span>
          </div>
        </>
      )}
    </form>
  );
}

type Form = Pick<
  ReturnType<typeof useForm<FlightDraft>>,
  'values' | 'getInputProps' | 'insertListItem' | 'removeListItem'
>;

/** Wall times, as the airport's clock shows them: what the browser's own field speaks, too. */
function Times({ form }: { form: Form }) {
  return (
    <div className={styles.two}>
      <TextInput label="Departs, local time" type="datetime-local" {...form.getInputProps('departsAt')} />
      <TextInput label="Arrives, local time" type="datetime-local" {...form.getInputProps('arrivesAt')} />
    </div>
  );
}

function Cabins({ form, fixed }: { form: Form; fixed: CabinClass[] }) {
  const { cabins } = form.values;
  const free = cabinClasses.filter((name) => !cabins.some((cabin) => cabin.cabin === name));
  return (
    <fieldset className={styles.cabins}>
      <legend>Cabins</legend>
      <NativeSelect
        label="Currency"
        className={styles.currency}
        data={currencies}
        {...form.getInputProps('currency')}
      />
      {cabins.map((cabin, index) => (
        <div key={cabin.cabin} className={styles.cabin}>
          <span className={styles.name}>{cabinNames[cabin.cabin]}</span>
          <TextInput
            label="Seats"
            inputMode="numeric"
            aria-label={`${cabinNames[cabin.cabin]} seats`}
            {...form.getInputProps(`cabins.${index}.capacity`)}
          />
          <TextInput
            label="Price"
            inputMode="decimal"
            aria-label={`${cabinNames[cabin.cabin]} price`}
            {...form.getInputProps(`cabins.${index}.price`)}
          />
          {!fixed.includes(cabin.cabin) && cabins.length > 1 && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              className={styles.drop}
              onClick={() => form.removeListItem('cabins', index)}
              aria-label={`Drop ${cabinNames[cabin.cabin]}`}
            >
              <X size={15} aria-hidden />
            </ActionIcon>
          )}
        </div>
      ))}
      {free[0] && (
        <div>
          {free.map((name) => (
            <Button
              key={name}
              size="compact-sm"
              variant="subtle"
              leftSection={<Plus size={13} aria-hidden />}
              onClick={() => form.insertListItem('cabins', { cabin: name, capacity: '', price: '' })}
            >
              {cabinNames[name]}
            </Button>
          ))}
        </div>
      )}
    </fieldset>
  );
}
