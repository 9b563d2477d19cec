import { NativeSelect } from '@mantine/core';
import styles from './filter-chips.module.css';

/** One of a few bounds, or `any`. What the address asks for is among them, whatever the answer has. */
export function ChooseOne<Value>({
  name,
  any,
  values,
  sayOf,
  chosen,
  onChange,
}: {
  name: string;
  any: string;
  values: readonly Value[];
  sayOf: (value: Value) => string;
  chosen: Value | undefined;
  onChange: (chosen: Value | undefined) => void;
}) {
  const options = new Map(values.map((value) => [sayOf(value), value]));
  if (chosen !== undefined) options.set(sayOf(chosen), chosen);
  if (options.size === 0) return null;
  return (
    <NativeSelect
      size="xs"
      radius="xl"
      aria-label={name}
      classNames={{ input: styles.select ?? '' }}
      data-chosen={chosen !== undefined}
      value={chosen === undefined ? any : sayOf(chosen)}
      onChange={(event) => onChange(options.get(event.currentTarget.value))}
      data={[any, ...options.keys()]}
    />
  );
}
