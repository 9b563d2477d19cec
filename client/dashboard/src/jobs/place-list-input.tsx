import { X } from 'lucide-react';
import { PlaceInput } from '../places/place-input.tsx';
import styles from './place-list-input.module.css';

/** Several airports or cities: each that is chosen joins the row of chips below the field. */
export function PlaceListInput({
  label,
  values,
  onChange,
  error,
}: {
  label: string;
  values: string[];
  onChange: (codes: string[]) => void;
  error?: string | undefined;
}) {
  return (
    <div className={styles.field}>
      <PlaceInput
        label={label}
        value=""
        error={error}
        placeholder={values.length === 0 ? 'City or airport' : 'Add another'}
        onChange={(code) => code && !values.includes(code) && onChange([...values, code])}
      />
      {values.length > 0 && (
        <ul className={styles.chips} aria-label={`${label}: chosen`}>
          {values.map((code) => (
            <li key={code}>
              <code>{code}</code>
              <button
                type="button"
                aria-label={`Remove ${code}`}
                onClick={() => onChange(values.filter((each) => each !== code))}
              >
                <X size={12} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
