import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './narrow-card.module.css';

/** A page that asks for little: one card in the middle, headed by what it is about. `id` names the heading. */
export function NarrowCard(props: { id: string; icon: LucideIcon; title: string; children: ReactNode }) {
  const { id, icon: Icon, title, children } = props;
  return (
    <section className={`surface ${styles.card}`} aria-labelledby={id}>
      <div className="body stack">
        <div className="row">
          <Icon size={22} aria-hidden color="var(--a-accent)" />
          <h1 id={id}>{title}</h1>
        </div>
        {children}
      </div>
    </section>
  );
}
