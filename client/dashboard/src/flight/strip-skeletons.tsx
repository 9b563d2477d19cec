import { Skeleton } from '@mantine/core';
import styles from './flight-strip.module.css';

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Strips that are on their way, in the shape that they will have. */
export function StripSkeletons({ count = 6, cabins = 3 }: { count?: number; cabins?: number }) {
  return (
    <div role="status" aria-label="Loading flights">
      {keys.slice(0, count).map((key) => (
        <div key={key} className={styles.strip} aria-hidden>
          <div className={styles.who}>
            <Skeleton width={34} height={24} radius={4} />
            <Skeleton width={52} height={14} />
          </div>
          <div className={styles.route}>
            <Skeleton width={54} height={36} />
            <Skeleton height={2} />
            <Skeleton width={54} height={36} />
          </div>
          <div className={styles.cabins}>
            {keys.slice(0, cabins).map((cabin) => (
              <Skeleton key={cabin} height={46} />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}
