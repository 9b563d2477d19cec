import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

/** Nothing here: one sentence, one action. */
export function EmptyState({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <span className={styles.mark} aria-hidden />
      <p>{children}</p>
      {action}
    </div>
  );
}
