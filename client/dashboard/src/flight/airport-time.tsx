import { Tooltip } from '@mantine/core';
import { useState } from 'react';
import type { Instant, WallTime } from '../../../../shared/times.ts';
import { usePlace } from '../places/use-place.ts';
import styles from './airport-time.module.css';
import { clockOf, dateOf, describeZone, formatDate } from './flight-times.ts';

/**
 * A time on the wall of its airport, with the airport's code under it and a mark where its date is
 * not the departure's. The zone and UTC come on hover or focus.
 */
export function AirportTime({
  code,
  wall,
  at,
  dayShift = 0,
  align = 'start',
  reading,
}: {
  code: string;
  wall: WallTime;
  at: Instant;
  dayShift?: number;
  align?: 'start' | 'end';
  /** "Departs" or "Arrives". */
  reading: string;
}) {
  const [asked, setAsked] = useState(false);
  const place = usePlace(code, asked);
  const utc = `${at.slice(11, 16)} UTC`;
  const label = place
    ? `${place.city}, ${place.name}. ${formatDate(dateOf(wall))}, ${describeZone(place.zone, at)} · ${utc}`
    : `${formatDate(dateOf(wall))} · ${utc}`;
  const mark = dayShift === 0 ? '' : dayShift > 0 ? `+${dayShift}` : `−${-dayShift}`;
  return (
    <Tooltip label={label} maw={280} events={{ hover: true, focus: true, touch: true }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the zone is for those without a mouse, too */}
      <span
        className={styles.stop}
        data-align={align}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
        tabIndex={0}
        onPointerEnter={() => setAsked(true)}
        onFocus={() => setAsked(true)}
      >
        <time dateTime={at} className={styles.clock}>
          <span className={styles.said}>{reading} </span>
          {clockOf(wall)}
          {mark && (
            <sup className={styles.shift}>
              {mark}
              <span className={styles.said}> day</span>
            </sup>
          )}
        </time>
        <code className={styles.code}>{code}</code>
      </span>
    </Tooltip>
  );
}
