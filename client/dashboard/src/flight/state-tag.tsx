import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './state-tag.module.css';

export type Tone = 'ok' | 'warn' | 'bad' | 'neutral' | 'accent';

/** A state: colour, icon and word, always all three. */
export function StateTag({ tone, icon: Icon, children }: { tone: Tone; icon: LucideIcon; children: ReactNode }) {
  return (
    <span className={styles.tag} data-tone={tone}>
      <Icon size={13} strokeWidth={2.2} aria-hidden />
      {children}
    </span>
  );
}
