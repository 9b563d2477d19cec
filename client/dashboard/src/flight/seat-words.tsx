import { TriangleAlert } from 'lucide-react';

/** From here on a number of seats is worth an amber word. */
export const fewSeats = 9;

/** What so many seats mean for a party. */
export function SeatWords({ available, seats }: { available: number; seats: number }) {
  if (available <= 0) return 'sold out';
  if (available < seats) return `only ${available} left`;
  if (available > fewSeats) return `${available.toLocaleString()} seats`;
  return (
    <>
      <TriangleAlert size={11} strokeWidth={2.4} aria-hidden /> {available} left
    </>
  );
}
