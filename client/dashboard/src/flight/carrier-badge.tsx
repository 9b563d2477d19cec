import styles from './carrier-badge.module.css';

/** The same code has the same hue everywhere. Steps of the golden angle keep neighbours apart. */
const hueOf = (code: string): number => ((code.charCodeAt(0) * 31 + code.charCodeAt(1) * 17) * 137.508) % 360;

/** An airline's code on its own colour: one lightness for all, so that white on it is always readable. */
export function CarrierBadge({ code }: { code: string }) {
  return (
    <span className={styles.badge} style={{ background: `oklch(0.45 0.1 ${hueOf(code).toFixed(0)})` }}>
      {code}
    </span>
  );
}
