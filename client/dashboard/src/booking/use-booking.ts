import { useQuery } from '@tanstack/react-query';
import { useSubscription } from '@trpc/tanstack-react-query';
import type { BookingView } from '../../../../shared/booking.ts';
import { queryClient } from '../wire/query-client.ts';
import { recordUpdate } from '../wire/replayed.ts';
import { trpc, useIdentity } from '../wire/traveller.ts';

/** Keeps the newest version of a booking, whichever way it came. */
export function keepNewest(booking: BookingView): void {
  queryClient.setQueryData(trpc.booking.get.queryKey({ id: booking.id }), (before: BookingView | undefined) =>
    before && before.version > booking.version ? before : booking,
  );
}

/** A booking of ours, read once and then followed state by state. */
export function useBooking(id: string) {
  const identity = useIdentity();
  const query = useQuery(trpc.booking.get.queryOptions({ id }, { enabled: identity === 'guest', staleTime: 60_000 }));
  useSubscription(
    trpc.booking.onStatus.subscriptionOptions(
      { bookingId: id },
      {
        enabled: query.isSuccess,
        onData: ({ data }) => {
          recordUpdate();
          keepNewest(data);
          void queryClient.invalidateQueries(trpc.booking.list.pathFilter());
          void queryClient.invalidateQueries(trpc.booking.timeline.queryFilter({ id }));
        },
      },
    ),
  );
  return { query, identity };
}
