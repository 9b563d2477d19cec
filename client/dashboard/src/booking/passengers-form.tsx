import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { Baby, Check, Plus, X } from 'lucide-react';
import { type BookingView, type Passenger, setPassengersInput } from '../../../../shared/booking.ts';
import { newId } from '../../../../shared/ids.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { client } from '../wire/traveller.ts';
import styles from './passengers-form.module.css';
import { keepNewest } from './use-booking.ts';

type Row = { key: string; type: Passenger['type']; givenName: string; familyName: string; bornOn: string };
interface Values {
  passengers: Row[];
  email: string;
  phone: string;
}

const seated = [
  { value: 'adult', label: 'Adult' },
  { value: 'child', label: 'Child' },
  { value: 'infant_in_seat', label: 'Infant in a seat' },
];

const blank = (type: Passenger['type']): Row => ({ key: newId(), type, givenName: '', familyName: '', bornOn: '' });

function valuesOf(booking: BookingView): Values {
  const rows = booking.passengers.map(
    ({ type, givenName, familyName, bornOn = '' }): Row => ({ key: newId(), type, givenName, familyName, bornOn }),
  );
  return {
    passengers: rows.length > 0 ? rows : Array.from({ length: booking.seats }, () => blank('adult')),
    email: booking.contact?.email ?? '',
    phone: booking.contact?.phone ?? '',
  };
}

const inputOf = (id: string, { passengers, email, phone }: Values) => ({
  id,
  passengers: passengers.map(({ type, givenName, familyName, bornOn }) => ({
    type,
    givenName,
    familyName,
    ...(bornOn && { bornOn }),
  })),
  ...((email || phone) && { contact: { email, ...(phone && { phone }) } }),
});

/** Names in errors are paths of the schema; the contact's fields are named without it here. */
function faultsOf(id: string, values: Values): Record<string, string> {
  const parsed = setPassengersInput.safeParse(inputOf(id, values));
  if (parsed.success) return {};
  return Object.fromEntries(
    // An empty name breaks two rules; the first one is the one to say, and the last entry wins.
    parsed.error.issues.toReversed().map(({ path, message, code }) => {
      const name = path.join('.').replace('contact.', '');
      return [name, code === 'too_small' && /Name$/.test(name) ? 'As in the passport' : message];
    }),
  );
}

/** Who flies: one row a seat, and infants on laps. Saving it takes and frees no seat. */
export function PassengersForm({ booking, onSaved }: { booking: BookingView; onSaved?: () => void }) {
  const form = useForm<Values>({
    mode: 'controlled',
    initialValues: valuesOf(booking),
    validate: (values) => faultsOf(booking.id, values),
    validateInputOnBlur: false,
  });
  const saving = useMutation({
    mutationFn: (values: Values) => client.bookings.setPassengers(inputOf(booking.id, values)),
    onSuccess: (saved) => {
      keepNewest(saved);
      form.resetDirty();
      onSaved?.();
    },
  });
  const rows = form.values.passengers;
  const adults = rows.filter((row) => row.type === 'adult').length;
  const laps = rows.filter((row) => row.type === 'infant_on_lap').length;
  const partyFault = form.errors.passengers;
  let seat = 0;
  return (
    <form
      onSubmit={form.onSubmit(
        (values) => saving.mutate(values),
        (faults) => {
          const first = Object.keys(faults).find((name) => name.includes('.') || name === 'email' || name === 'phone');
          if (first) form.getInputNode(first)?.focus();
        },
      )}
      noValidate
      className={styles.form}
    >
      {rows.map((row, index) => {
        const onLap = row.type === 'infant_on_lap';
        const title = onLap ? 'Infant on a lap' : `Seat ${++seat}`;
        return (
          <fieldset key={row.key} className={styles.person}>
            <legend>
              {onLap && <Baby size={14} aria-hidden />} {title}
            </legend>
            {onLap ? (
              <Button
                variant="default"
                className={styles.type}
                leftSection={<X size={14} aria-hidden />}
                onClick={() => form.removeListItem('passengers', index)}
              >
                Remove
              </Button>
            ) : (
              <NativeSelect
                label="Type"
                data={seated}
                className={styles.type}
                {...form.getInputProps(`passengers.${index}.type`)}
              />
            )}
            <TextInput
              label="Given name"
              autoComplete={index === 0 ? 'given-name' : 'off'}
              {...form.getInputProps(`passengers.${index}.givenName`)}
            />
            <TextInput
              label="Family name"
              autoComplete={index === 0 ? 'family-name' : 'off'}
              {...form.getInputProps(`passengers.${index}.familyName`)}
            />
            <TextInput
              label="Born on"
              type="date"
              description={undefined}
              {...form.getInputProps(`passengers.${index}.bornOn`)}
            />
          </fieldset>
        );
      })}
      <div className="row">
        <Button
          variant="subtle"
          size="xs"
          leftSection={<Plus size={14} aria-hidden />}
          disabled={laps >= adults}
          onClick={() => form.insertListItem('passengers', blank('infant_on_lap'))}
        >
          Add an infant on a lap
        </Button>
        <span className="dim" style={{ fontSize: 12.5 }}>
          Free, takes no seat; one for each adult.
        </span>
      </div>
      {partyFault && (
        <p role="alert" className={styles.fault}>
          {partyFault}
        </p>
      )}
      <fieldset className={styles.contact}>
        <legend>Contact (optional)</legend>
        <TextInput label="E-mail" type="email" autoComplete="email" {...form.getInputProps('email')} />
        <TextInput
          label="Phone"
          type="tel"
          placeholder="+4930123456"
          autoComplete="tel"
          {...form.getInputProps('phone')}
        />
      </fieldset>
      {saving.isError && <FailureNotice error={saving.error} onRetry={() => saving.mutate(form.values)} />}
      <div className="row">
        <Button type="submit" loading={saving.isPending} variant={booking.passengers.length > 0 ? 'default' : 'filled'}>
          Save passengers
        </Button>
        {saving.isSuccess && !form.isDirty() && (
          <span role="status" className={styles.saved}>
            <Check size={15} aria-hidden /> Saved
          </span>
        )}
      </div>
    </form>
  );
}
