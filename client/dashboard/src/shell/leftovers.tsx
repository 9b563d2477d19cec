import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { client } from '../wire/traveller.ts';

/** Holds that were sent by an earlier run of this page and never answered: found out about once, at start. */
export function Leftovers() {
  const navigate = useNavigate();
  useEffect(() => {
    const stopping = new AbortController();
    const settle = async () => {
      if (!(await client.auth.token())) return;
      for (const { booking, outcome } of await client.bookings.settlePending({ signal: stopping.signal })) {
        if (outcome !== 'found' || booking?.status !== 'held') continue;
        notifications.show({
          id: booking.id,
          title: 'Your seats are held',
          autoClose: false,
          message: (
            <Button
              size="compact-sm"
              mt={6}
              onClick={() => {
                notifications.hide(booking.id);
                void navigate({ to: '/book/$bookingId', params: { bookingId: booking.id } });
              }}
            >
              Continue with the booking
            </Button>
          ),
        });
      }
    };
    // Whatever could not be settled stays stored, and is tried again with the next start.
    settle().catch(() => undefined);
    return () => stopping.abort();
  }, [navigate]);
  return null;
}
