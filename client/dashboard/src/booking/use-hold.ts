import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { HoldInput } from '../../../../shared/booking.ts';
import { newId } from '../../../../shared/ids.ts';
import type { Money } from '../../../../shared/money.ts';
import type { PlaceView } from '../../../../shared/waiting.ts';
import { failureOf } from '../../../sdk/airside-error.ts';
import { queryClient } from '../wire/query-client.ts';
import { client, ensureGuest, trpc } from '../wire/traveller.ts';

/** New seats, or those of a booking that is over. */
export type HoldRequest = Omit<HoldInput, 'id'> | { again: string; expected: Money };

/**
 * Holds seats and goes to the booking. The id is minted and stored before anything is sent, so a
 * reload or a lost answer finds the same hold again; a repeat after "busy" keeps the id, a request
 * with another price is another request.
 */
export function useHold() {
  const navigate = useNavigate();
  const [sent, setSent] = useState<{ id: string; request: HoldRequest } | null>(null);
  const [place, setPlace] = useState<PlaceView | null>(null);
  const leaving = useRef<AbortController>(null);
  const mutation = useMutation({
    mutationFn: async ({ id, request }: { id: string; request: HoldRequest }) => {
      await ensureGuest();
      const left = new AbortController();
      leaving.current = left;
      // Whoever waits for a seat waits for one that comes back, too.
      const options = { signal: left.signal, waiting: { onPlace: setPlace, stays: true } };
      return 'again' in request
        ? client.bookings.rehold(request.again, { ...options, newId: id, expected: request.expected })
        : client.bookings.hold({ id, ...request }, options);
    },
    onSettled: () => setPlace(null),
    onSuccess: (booking) => {
      queryClient.setQueryData(trpc.booking.get.queryKey({ id: booking.id }), booking);
      void queryClient.invalidateQueries(trpc.booking.list.pathFilter());
      return navigate({ to: '/book/$bookingId', params: { bookingId: booking.id } });
    },
  });
  const send = (id: string, request: HoldRequest) => {
    setSent({ id, request });
    mutation.mutate({ id, request });
  };
  return {
    /** The cabin of the first leg that was asked for. */
    cabin: sent && 'legs' in sent.request ? sent.request.legs?.[0]?.cabin : undefined,
    error: mutation.error,
    pending: mutation.isPending,
    /** Where one stands, while buyers wait in line. */
    place,
    /** Gives the place up. */
    leave: () => {
      leaving.current?.abort();
      setSent(null);
      mutation.reset();
      setPlace(null);
    },
    hold: (request: HoldRequest) => send(newId(), request),
    /** Again after a failure: with the same id where the first may still count. */
    repeat: () => {
      if (!sent || !mutation.error) return;
      send(failureOf(mutation.error).retryable ? sent.id : newId(), sent.request);
    },
    /** Yes to the new price that the server named. */
    acceptPrice: () => {
      const failure = mutation.error && failureOf(mutation.error);
      if (!sent || failure?.code !== 'PRICE_CHANGED') return;
      send(newId(), { ...sent.request, expected: failure.details.now });
    },
    dismiss: () => {
      setSent(null);
      mutation.reset();
    },
  };
}
