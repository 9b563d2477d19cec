import { NativeSelect, TextInput } from '@mantine/core';
import styles from './money-input.module.css';

/** Money as it is typed: `parseMoney` makes an amount of it. */
export interface AmountDraft {
  text: string;
  currency: string;
}

const currencies = ['USD', 'EUR', 'GBP', 'CHF', 'JPY'];

/** An amount and its currency, side by side. */
export function MoneyInput({
  label,
  description,
  placeholder,
  value,
  error,
  onChange,
}: {
  label: string;
  description?: string | undefined;
  placeholder?: string | undefined;
  value: AmountDraft;
  error?: string | undefined;
  onChange: (next: AmountDraft) => void;
}) {
  const { text, currency } = value;
  return (
    <div className={styles.pair}>
      <TextInput
        label={label}
        description={description}
        placeholder={placeholder}
        inputMode="decimal"
        value={text}
        error={error}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        onChange={(event) => onChange({ ...value, text: event.currentTarget.value })}
      />
      <NativeSelect
        label="Currency"
        value={currency}
        onChange={(event) => onChange({ ...value, currency: event.currentTarget.value })}
        data={currencies.includes(currency) ? currencies : [currency, ...currencies]}
      />
    </div>
  );
}
