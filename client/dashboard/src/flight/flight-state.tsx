import { Ban, CircleSlash, Lock, PlaneTakeoff } from 'lucide-react';
import type { FlightView } from '../../../../shared/flight.ts';
import { StateTag } from './state-tag.tsx';

/** Why a flight cannot be bought, or nothing. Sold out means: not enough seats for this party in any cabin. */
export function FlightState({ flight, seats = 1 }: { flight: FlightView; seats?: number }) {
  switch (flight.state) {
    case 'cancelled':
      return (
        <StateTag tone="bad" icon={Ban}>
          Cancelled
        </StateTag>
      );
    case 'closed':
      return (
        <StateTag tone="neutral" icon={Lock}>
          Closed
        </StateTag>
      );
    case 'departed':
      return (
        <StateTag tone="neutral" icon={PlaneTakeoff}>
          Departed
        </StateTag>
      );
    case 'open':
      if (flight.cabins.some((cabin) => cabin.available >= seats)) return null;
      return (
        <StateTag tone="bad" icon={CircleSlash}>
          Sold out
        </StateTag>
      );
  }
}
