import { UnstyledButton } from '@mantine/core';
import styles from './filter-chips.module.css';

export function Chip({
  pressed,
  onPress,
  children,
}: {
  pressed: boolean;
  onPress: () => void;
  children: React.ReactNode;
}) {
  return (
    <UnstyledButton className={styles.chip} aria-pressed={pressed} onClick={onPress}>
      {children}
    </UnstyledButton>
  );
}

/** Nothing is said of what the answer does not know. */
export const Count = ({ n }: { n: number | undefined }) =>
  n ? <span className={styles.count}>{n.toLocaleString()}</span> : null;
