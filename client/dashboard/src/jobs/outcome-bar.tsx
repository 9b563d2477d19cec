import styles from './outcome-bar.module.css';

/**
 * How far a job is, and what came of it: found, proved empty, unknown. The words beside it carry the
 * figures; the bar is for the eye, so it is hidden from those who listen.
 */
export function OutcomeBar({
  found,
  empty,
  unknown,
  total,
}: {
  found: number;
  empty: number;
  unknown: number;
  total: number;
}) {
  const share = (part: number) => `${total > 0 ? (part / total) * 100 : 0}%`;
  return (
    <span className={styles.track} aria-hidden>
      <span data-outcome="found" style={{ width: share(found) }} />
      <span data-outcome="empty" style={{ width: share(empty) }} />
      <span data-outcome="unknown" style={{ width: share(unknown) }} />
    </span>
  );
}
