import { Tooltip } from '@mantine/core';
import type { Instant, WallTime } from '../../../../shared/times.ts';
import { usePlace } from '../places/use-place.ts';
import styles from './airport-time.module.css';
import { clockOf, dateOf, describeZone, formatDate } from './flight-times.ts';

interface Shown {
  code: string;
  wall: WallTime;
  at: Instant;
}

/**
 * A time on the wall of its airport, with the airport's code under it and a mark where its date is
 * not the departure's. The zone and UTC come on hover; the flight's own page spells them out.
 */
export function AirportTime({
  dayShift = 0,
  align = 'start',
  reading,
  ...shown
}: Shown & {
  dayShift?: number;
  align?: 'start' | 'end';
  /** "Departs" or "Arrives". */
  reading: string;
}) {
  const mark = dayShift === 0 ? '' : dayShift > 0 ? `+${dayShift}` : `−${-dayShift}`;
  return (
    <Tooltip label={<Zone {...shown} />} maw={280} events={{ hover: true, focus: false, touch: true }}>
      <span className={styles.stop} data-align={align}>
        <time dateTime={shown.at} className={styles.clock}>
          <span className={styles.said}>{reading} </span>
          {clockOf(shown.wall)}
          {mark && (
            <sup className={styles.shift}>
              {mark}
              <span className={styles.said}> day</span>
            </sup>
          )}
        </time>
        <code className={styles.code}>{shown.code}</code>
      </span>
    </Tooltip>
  );
}

/** Mounted with the tooltip, so that a place is asked for only when somebody points at it. */
function Zone({ code, wall, at }: Shown) {
  const place = usePlace(code);
  return (
    <>
      {place && `${place.city}, ${place.name}. `}
      {formatDate(dateOf(wall))}
      {place && `, ${describeZone(place.zone, at)}`} · {at.slice(11, 16)} UTC
    </>
  );
}
