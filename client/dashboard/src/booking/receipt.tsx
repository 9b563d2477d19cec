import { Button } from '@mantine/core';
import { CircleCheck, Pencil, Printer } from 'lucide-react';
import { useState } from 'react';
import type { BookingView } from '../../../../shared/booking.ts';
import { CopyText } from '../shell/copy-text.tsx';
import { FareTerms } from './fare-terms.tsx';
import { PassengerList } from './passenger-list.tsx';
import { PassengersForm } from './passengers-form.tsx';
import { PriceBreakdown } from './price-breakdown.tsx';
import styles from './receipt.module.css';

/** Paid and confirmed: the locator first, then who, then how much. */
export function Receipt({ booking, onCancel }: { booking: BookingView; onCancel: () => void }) {
  const [editing, setEditing] = useState(false);
  return (
    <section className="surface" aria-labelledby="receipt">
      <div className={styles.top}>
        <CircleCheck size={26} aria-hidden />
        <div>
          <h2 id="receipt">Confirmed</h2>
          <p className="dim">Show this locator at the desk.</p>
        </div>
        {booking.locator && (
          <p className={styles.locator} data-testid="locator">
            {booking.locator}
          </p>
        )}
      </div>
      <div className={`body ${styles.columns}`}>
        <div>
          <h3>Passengers</h3>
          {editing ? (
            <div style={{ marginTop: 10 }}>
              <PassengersForm booking={booking} onSaved={() => setEditing(false)} />
            </div>
          ) : (
            <>
              <PassengerList passengers={booking.passengers} />
              {booking.availableActions.includes('set_passengers') && (
                <Button
                  size="xs"
                  variant="default"
                  mt={8}
                  leftSection={<Pencil size={13} aria-hidden />}
                  onClick={() => setEditing(true)}
                >
                  {booking.passengers.length > 0 ? 'Correct names' : 'Add names'}
                </Button>
              )}
            </>
          )}
        </div>
        <div>
          <h3>Paid</h3>
          <PriceBreakdown booking={booking} />
          {booking.fare && <FareTerms conditions={booking.fare.conditions} />}
          {booking.payment && (
            <p className={styles.reference}>
              Payment <CopyText text={booking.payment.id} label="Copy the payment id" />
            </p>
          )}
        </div>
      </div>
      <div className={styles.foot}>
        <Button
          size="xs"
          variant="default"
          leftSection={<Printer size={14} aria-hidden />}
          onClick={() => window.print()}
        >
          Print
        </Button>
        {booking.availableActions.includes('cancel') && (
          <Button size="xs" variant="subtle" color="red.9" onClick={onCancel} className={styles.cancel}>
            Cancel booking
          </Button>
        )}
      </div>
    </section>
  );
}
