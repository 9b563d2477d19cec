import { Button, NativeSelect, NumberInput, Switch } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useCallback, useState } from 'react';
import { flushSync } from 'react-dom';
import { type CabinClass, cabinClasses } from '../../../../shared/flight.ts';
import { newId } from '../../../../shared/ids.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { cabinNames } from '../flight/cabin-names.ts';
import { addDays } from '../flight/flight-times.ts';
import { SeatStepper } from '../flight/seat-stepper.tsx';
import { DateField } from '../search/date-field.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { client, ensureGuest } from '../wire/traveller.ts';
import { AskedProviders } from './asked-providers.tsx';
import { askOf, firstDraft, type JobDraft, type PartProps, problemsOf } from './job-draft.ts';
import { followJob } from './job-notices.tsx';
import { MoreOfJob } from './more-of-job.tsx';
import styles from './new-job-page.module.css';
import { PlaceListInput } from './place-list-input.tsx';
import { QuotePanel } from './quote-panel.tsx';
import { keepNewestJob } from './use-job.ts';

const route = getRouteApi('/jobs/new');

export function NewJobPage() {
  usePageTitle('New fare-search job');
  const params = route.useSearch();
  const navigate = useNavigate();
  const [draft, setDraft] = useState<JobDraft>(() => fromParams(params));
  const [tried, setTried] = useState(false);
  // Minted once: pressing the button again after a lost answer is the same job, not a second one.
  const [id] = useState(newId);
  const change = useCallback((part: Partial<JobDraft>) => setDraft((before) => ({ ...before, ...part })), []);
  const problems = problemsOf(draft);
  const isAskable = Object.keys(problems).length === 0;
  const part = { draft, change, problems };
  const creating = useMutation({
    mutationFn: async () => {
      await ensureGuest();
      return client.trpc.jobs.create.mutate({ id, ...askOf(draft) });
    },
    onSuccess: (job) => {
      keepNewestJob(job);
      followJob(job.id);
      void navigate({ to: '/jobs/$jobId', params: { jobId: job.id } });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isAskable) return creating.mutate();
    // What is wrong is marked by now, and leads there.
    flushSync(() => setTried(true));
    event.currentTarget.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  };
  return (
    <div className="stack">
      <h1>New fare-search job</h1>
      <form className={styles.columns} onSubmit={submit} noValidate aria-label="New fare-search job">
        <div className="stack">
          <Where {...part} tried={tried} />
          <When {...part} />
          <Who {...part} />
          <AskedProviders {...part} />
          <MoreOfJob {...part} />
        </div>
        <QuotePanel draft={draft}>
          {creating.isError && <FailureNotice error={creating.error} />}
          <Button type="submit" fullWidth loading={creating.isPending}>
            Start the job
          </Button>
        </QuotePanel>
      </form>
    </div>
  );
}

function fromParams(params: ReturnType<typeof route.useSearch>): JobDraft {
  const draft = firstDraft();
  const codes = (text: string | undefined) => text?.split(',').filter((code) => /^[A-Z]{3}$/.test(code)) ?? [];
  return {
    ...draft,
    origins: codes(params.from),
    destinations: codes(params.to),
    depart: params.depart ?? draft.depart,
    until: params.until ?? params.depart ?? draft.until,
    back: params.back ?? null,
    backUntil: params.backUntil ?? params.back ?? draft.backUntil,
  };
}

function Where({ draft, change, problems, tried }: PartProps & { tried: boolean }) {
  return (
    <section className="surface" aria-labelledby="where">
      <div className="head">
        <h2 id="where">Where</h2>
      </div>
      <div className={`body ${styles.pair}`}>
        <PlaceListInput
          label="From"
          values={draft.origins}
          onChange={(origins) => change({ origins })}
          error={tried && problems.origins ? 'Where from?' : undefined}
        />
        <PlaceListInput
          label="To"
          values={draft.destinations}
          onChange={(destinations) => change({ destinations })}
          error={tried && problems.destinations ? 'Where to?' : undefined}
        />
      </div>
    </section>
  );
}

const later = (first: CalendarDate, last: CalendarDate): CalendarDate => (last < first ? first : last);

function When({ draft, change }: PartProps) {
  const { depart, until, back, backUntil } = draft;
  return (
    <section className="surface" aria-labelledby="when">
      <div className="head">
        <h2 id="when">When</h2>
        <Switch
          label="And back"
          checked={back !== null}
          onChange={(event) =>
            change(
              event.currentTarget.checked ? { back: addDays(depart, 7), backUntil: addDays(until, 7) } : { back: null },
            )
          }
        />
      </div>
      <div className={`body ${styles.pair}`}>
        <DateField
          label="First day out"
          value={depart}
          onChange={(next) => change({ depart: next, until: later(next, until) })}
        />
        <DateField label="Last day out" value={until} onChange={(next) => change({ until: later(depart, next) })} />
        {back !== null && (
          <>
            <DateField
              label="First day back"
              value={back}
              onChange={(next) => change({ back: next, backUntil: later(next, backUntil) })}
            />
            <DateField
              label="Last day back"
              value={backUntil}
              onChange={(next) => change({ backUntil: later(back, next) })}
            />
          </>
        )}
      </div>
    </section>
  );
}

function Who({ draft, change, problems }: PartProps) {
  return (
    <section className="surface" aria-labelledby="who">
      <div className="head">
        <h2 id="who">Who</h2>
      </div>
      <div className={`body ${styles.three}`}>
        <div>
          <span className={styles.label} aria-hidden>
            Adults
          </span>
          <SeatStepper value={draft.adults} onChange={(adults) => change({ adults })} label="Adults" />
        </div>
        <NumberInput
          label="Children"
          clampBehavior="none"
          value={draft.children}
          error={problems['passengers.children'] ?? problems.passengers}
          onChange={(children) => change({ children })}
        />
        <NativeSelect
          label="Cabin"
          value={draft.cabin}
          onChange={(event) => change({ cabin: event.currentTarget.value as CabinClass })}
          data={cabinClasses.map((cabin) => ({ value: cabin, label: cabinNames[cabin] }))}
        />
      </div>
    </section>
  );
}
