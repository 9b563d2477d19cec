import styles from './load-bar.module.css';

/**
 * How full something is: sold, then held, of capacity. The words beside it carry the figures; the
 * bar is for the eye, so it is hidden from those who listen.
 */
export function LoadBar({ sold, held = 0, capacity }: { sold: number; held?: number; capacity: number }) {
  const share = (part: number) => (capacity > 0 ? Math.min(100, (part / capacity) * 100) : part > 0 ? 100 : 0);
  const soldShare = share(sold);
  return (
    <span className={styles.track} aria-hidden>
      <span className={styles.sold} style={{ width: `${soldShare}%` }} />
      <span className={styles.held} style={{ width: `${Math.min(100 - soldShare, share(held))}%` }} />
    </span>
  );
}
