import { Button } from '@mantine/core';
import { RotateCw } from 'lucide-react';
import type { BookingView } from '../../../../shared/booking.ts';
import { HoldProblem } from './hold-problem.tsx';
import { useHold } from './use-hold.ts';

/** The same legs and people under a new id, at the price that was agreed, or at whatever it is now if that is accepted. */
export function HoldAgain({ booking }: { booking: BookingView }) {
  const holding = useHold();
  const again = () => holding.hold({ again: booking.id, expected: booking.price });
  return (
    <div className="stack">
      <HoldProblem holding={holding} />
      <div>
        <Button onClick={again} loading={holding.pending} leftSection={<RotateCw size={15} aria-hidden />}>
          Hold again
        </Button>
      </div>
    </div>
  );
}
