import { type ReactNode, useEffect, useRef } from 'react';
import styles from './live-number.module.css';

const flashMs = 600;

/** A value that flashes once when it changes, and then rests. Whoever asked for less motion sees only the value. */
export function LiveNumber({ value, children }: { value: number | string; children?: ReactNode }) {
  const element = useRef<HTMLSpanElement>(null);
  const shown = useRef(value);
  useEffect(() => {
    if (shown.current === value) return;
    shown.current = value;
    if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    element.current?.animate(
      [{ backgroundColor: 'var(--a-flash)' }, { backgroundColor: 'var(--a-flash)', offset: 0.25 }, {}],
      { duration: flashMs, easing: 'ease-out' },
    );
  }, [value]);
  return (
    <span ref={element} className={styles.live}>
      {children ?? value}
    </span>
  );
}
