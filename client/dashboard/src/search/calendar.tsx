import '@mantine/dates/styles.layer.css';
import { DatePicker } from '@mantine/dates';
import type { CalendarDate } from '../../../../shared/times.ts';

export function Calendar({
  value,
  earliest,
  onChange,
}: {
  value: CalendarDate;
  earliest: CalendarDate;
  onChange: (date: CalendarDate) => void;
}) {
  return (
    <DatePicker
      value={value}
      defaultDate={value}
      minDate={earliest}
      highlightToday
      onChange={(date) => date && onChange(date)}
      ariaLabels={{ nextMonth: 'Next month', previousMonth: 'Previous month' }}
    />
  );
}
