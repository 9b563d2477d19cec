import { useQuery } from '@tanstack/react-query';
import type { BookingView } from '../../../../shared/booking.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { FlightStrip } from '../flight/flight-strip.tsx';
import { StripSkeletons } from '../flight/strip-skeletons.tsx';
import { trpc } from '../wire/traveller.ts';

/** A flight of a booking, as the strip that it was bought from. */
export function LegStrip({
  leg,
  seats,
  fare,
  action,
}: {
  leg: BookingView['legs'][number];
  seats: number;
  /** The brand that it was bought in. */
  fare?: string | undefined;
  action?: React.ReactNode;
}) {
  const flight = useQuery(trpc.flights.get.queryOptions({ flightId: leg.flightId }, { staleTime: 60_000 }));
  if (flight.isPending) return <StripSkeletons count={1} cabins={1} />;
  if (flight.isError) return <FailureNotice error={flight.error} onRetry={() => void flight.refetch()} />;
  return (
    <FlightStrip
      kind="booked"
      flight={flight.data}
      cabin={leg.cabin}
      fare={fare}
      seats={seats}
      showDate
      action={action}
    />
  );
}
