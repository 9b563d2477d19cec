import { Button, Progress } from '@mantine/core';
import { Hourglass } from 'lucide-react';
import { useRef } from 'react';
import type { PlaceView } from '../../../../shared/waiting.ts';
import { cabinNames } from '../flight/cabin-names.ts';
import { formatMoment } from '../flight/flight-times.ts';
import { LiveNumber } from '../flight/live-number.tsx';
import styles from './waiting-panel.module.css';

/** A place in line, calmly: where one stands, for about how long, and that nothing needs to be done. */
export function WaitingPanel({ place, onLeave }: { place: PlaceView; onLeave: () => void }) {
  const { ticket, position, nowServing, soldOut, startsAt } = place;
  // What has passed of one's own wait, not of the whole line.
  const first = useRef<{ ticket: number | null; position: number }>({ ticket, position });
  if (first.current.ticket !== ticket) first.current = { ticket, position };
  const passed = first.current.position > 0 ? 1 - position / first.current.position : 1;
  return (
    <section className={styles.panel} aria-label="Waiting room">
      <Hourglass size={18} aria-hidden />
      <div className={styles.words}>
        <p role="status">
          <strong>{titleOf(place)}</strong>
        </p>
        <p className={styles.numbers}>
          {ticket === null ? (
            <span>
              <LiveNumber value={position} /> will be in the draw
            </span>
          ) : (
            <>
              <span>
                Place <LiveNumber value={position} />
              </span>
              <span className="dim">
                ticket {ticket} · now serving {nowServing}
              </span>
            </>
          )}
        </p>
        {ticket !== null && <Progress value={passed * 100} aria-label="How much of the wait has passed" size="sm" />}
        <p className="dim">
          {startsAt !== null && `The sale begins ${formatMoment(startsAt)}; then the places are drawn by lot. `}
          {soldOut
            ? 'Should seats come back, they are offered in the order of the tickets.'
            : `${cabinNames[place.cabin as keyof typeof cabinNames]} of this flight is in demand. The seats are held as soon as it is your turn; keep this page open.`}
        </p>
        <Button size="xs" variant="default" onClick={onLeave}>
          Leave the line
        </Button>
      </div>
    </section>
  );
}

function titleOf({ soldOut, startsAt, estimateSeconds, position }: PlaceView): string {
  if (soldOut) return 'Nothing is free at the moment';
  if (startsAt !== null) return 'You are in time for the sale';
  if (position === 0) return 'It is your turn';
  if (estimateSeconds === null) return 'You are in line';
  if (estimateSeconds < 60) return `Your turn in about ${Math.max(1, estimateSeconds)} s`;
  return `Your turn in about ${Math.ceil(estimateSeconds / 60)} min`;
}
