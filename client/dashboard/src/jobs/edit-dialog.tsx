import { Button, Modal, NumberInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { editJobInput, type JobView } from '../../../../shared/jobs.ts';
import { limits } from '../../../../shared/limits.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { addDays } from '../flight/flight-times.ts';
import { MoneyInput } from '../money/money-input.tsx';
import { amountWanted, moneyText } from '../money/parse-money.ts';
import { DateField } from '../search/date-field.tsx';
import { client } from '../wire/traveller.ts';
import { numberIn, priceIn, problemsIn, type Typed } from './job-draft.ts';
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
  const [priority, setPriority] = useState<Typed>(job.priority);
  const [stopAt, setStopAt] = useState({
    text: job.stopAtPrice ? moneyText(job.stopAtPrice) : '',
    currency: job.stopAtPrice?.currency ?? 'USD',
  });
  const added = (now: string[], before: string[]) => now.filter((each) => !before.includes(each));
  const edit = {
    id: job.id,
    add: {
      origins: added(origins, ask.origins),
      destinations: added(destinations, ask.destinations),
      departDates: until > last ? daysFrom(addDays(last, 1), until, limits.datesPerJobAxis) : [],
    },
    drop: {
      origins: added(ask.origins, origins),
      destinations: added(ask.destinations, destinations),
      departDates: until < last ? dates.filter((date) => date > until) : [],
    },
    priority: numberIn(priority),
    stopAtPrice: priceIn(stopAt) ?? null,
  };
  const problems = problemsIn(editJobInput, edit);
  const saving = useMutation({
    mutationFn: () => client.trpc.jobs.edit.mutate(edit),
    onSuccess: (next) => {
      keepNewestJob(next);
      onClose();
    },
  });
  const isEmpty = origins.length === 0 || destinations.length === 0 || until < first;
  const isWrong = isEmpty || Object.keys(problems).length > 0;
  return (
    <Modal opened onClose={onClose} title="Edit the job" closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="stack">
        <PlaceListInput label="From" values={origins} onChange={setOrigins} />
        <PlaceListInput label="To" values={destinations} onChange={setDestinations} />
        <DateField label="Last day out" value={until} onChange={setUntil} />
        <NumberInput
          label="Priority"
          description="Greater goes first among your jobs."
          clampBehavior="none"
          value={priority}
          error={problems.priority}
          onChange={setPriority}
        />
        <MoneyInput
          label="Stop at price"
          placeholder="Go on to the end"
          value={stopAt}
          error={problems['stopAtPrice.amount'] && amountWanted}
          onChange={setStopAt}
        />
        {saving.isError && <FailureNotice error={saving.error} onRetry={() => saving.mutate()} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button loading={saving.isPending} disabled={isWrong} onClick={() => saving.mutate()}>
            Save
          </Button>
        </div>
      </div>
    </Modal>
  );
}
