import { InputBase, Popover, Skeleton } from '@mantine/core';
import { CalendarDays } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { CalendarDate } from '../../../../shared/times.ts';
import { formatDate, today } from '../flight/flight-times.ts';

const loadCalendar = () => import('./calendar.tsx');
const Calendar = lazy(() => loadCalendar().then((module) => ({ default: module.Calendar })));

/** A date with its weekday. The calendar is loaded when somebody reaches for it, not with the page. */
export function DateField({
  label,
  value,
  onChange,
  className,
  error,
}: {
  label: string;
  value: CalendarDate;
  onChange: (date: CalendarDate) => void;
  className?: string | undefined;
  error?: string | undefined;
}) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus returnFocus shadow="md">
      <Popover.Target>
        <InputBase
          component="button"
          type="button"
          pointer
          label={label}
          aria-label={`${label}: ${formatDate(value)}`}
          className={className}
          error={error}
          rightSection={<CalendarDays size={16} aria-hidden />}
          rightSectionPointerEvents="none"
          onPointerEnter={() => void loadCalendar()}
          onFocus={() => void loadCalendar()}
          onClick={() => setOpened((before) => !before)}
        >
          {formatDate(value)}
        </InputBase>
      </Popover.Target>
      <Popover.Dropdown>
        <Suspense fallback={<Skeleton width={252} height={268} />}>
          <Calendar
            value={value}
            earliest={today()}
            onChange={(date) => {
              setOpened(false);
              onChange(date);
            }}
          />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
