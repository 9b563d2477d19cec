import { Button, Modal, NumberInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { JobView } from '../../../../shared/jobs.ts';
import { limits } from '../../../../shared/limits.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { addDays } from '../flight/flight-times.ts';
import { DateField } from '../search/date-field.tsx';
import { client } from '../wire/traveller.ts';
import { daysFrom } from './job-names.ts';
import { PlaceListInput } from './place-list-input.tsx';
import { keepNewestJob } from './use-job.ts';

/** What a job goes on to ask. Nothing that was asked is asked again, and what was found stays. */
export function EditDialog({ job, onClose }: { job: JobView; onClose: () => void }) {
  const { ask } = job;
  const dates = ask.departDates.toSorted();
  const first = dates[0] as CalendarDate;
  const last = dates.at(-1) as CalendarDate;
  const [origins, setOrigins] = useState(ask.origins);
  const [destinations, setDestinations] = useState(ask.destinations);
  const [until, setUntil] = useState(last);
  const [priority, setPriority] = useState(job.priority);
  const saving = useMutation({
    mutationFn: () => {
      const added = (now: string[], before: string[]) => now.filter((each) => !before.includes(each));
      const later = until > last ? daysFrom(addDays(last, 1), until, limits.datesPerJobAxis) : [];
      const over = until < last ? dates.filter((date) => date > until) : [];
      return client.trpc.jobs.edit.mutate({
        id: job.id,
        add: {
          origins: added(origins, ask.origins),
          destinations: added(destinations, ask.destinations),
          departDates: later,
        },
        drop: {
          origins: added(ask.origins, origins),
          destinations: added(ask.destinations, destinations),
          departDates: over,
        },
        priority,
      });
    },
    onSuccess: (next) => {
      keepNewestJob(next);
      onClose();
    },
  });
  const isEmpty = origins.length === 0 || destinations.length === 0 || until < first;
  return (
    <Modal opened onClose={onClose} title="Edit the job" closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="stack">
        <PlaceListInput label="From" values={origins} onChange={setOrigins} />
        <PlaceListInput label="To" values={destinations} onChange={setDestinations} />
        <DateField label="Last day out" value={until} onChange={setUntil} />
        <NumberInput
          label="Priority"
          description="Greater goes first among your jobs."
          min={-10}
          max={10}
          value={priority}
          onChange={(value) => setPriority(Number(value) || 0)}
        />
        {saving.isError && <FailureNotice error={saving.error} onRetry={() => saving.mutate()} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button loading={saving.isPending} disabled={isEmpty} onClick={() => saving.mutate()}>
            Save
          </Button>
        </div>
      </div>
    </Modal>
  );
}
