import { Button, NativeSelect } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { CreditCard, FlaskConical } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { BookingView } from '../../../../shared/booking.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { client } from '../wire/traveller.ts';
import styles from './pay-form.module.css';
import { keepNewest } from './use-booking.ts';

/** What the mock gateway knows. The empty one leaves the outcome to chance, as a real card would. */
const methods = [
  { value: 'approve', label: 'Test card: always approved' },
  { value: 'decline', label: 'Test card: always declined' },
  { value: '', label: 'Any card: approved most of the time' },
];

export function PayForm({ booking, disabled }: { booking: BookingView; disabled: boolean }) {
  const [method, setMethod] = useState('approve');
  const paying = useMutation({
    mutationFn: () => client.bookings.pay(booking.id, method ? { method } : {}),
    onSuccess: keepNewest,
  });
  const pay = (event: FormEvent) => {
    event.preventDefault();
    paying.mutate();
  };
  return (
    <form onSubmit={pay} className="stack">
      <div className={styles.test}>
        <FlaskConical size={16} aria-hidden />
        <p>
          <strong>Test mode.</strong> No money moves. <code>approve</code> always goes through and <code>decline</code>{' '}
          never does, so both ends can be tried.
        </p>
      </div>
      <NativeSelect
        label="Pay with"
        data={methods}
        value={method}
        onChange={(event) => setMethod(event.currentTarget.value)}
      />
      {paying.isError && <FailureNotice error={paying.error} onRetry={() => paying.mutate()} />}
      <Button
        type="submit"
        size="md"
        fullWidth
        loading={paying.isPending}
        disabled={disabled}
        leftSection={<CreditCard size={17} aria-hidden />}
      >
        Pay {formatMoney(booking.price)}
      </Button>
    </form>
  );
}
