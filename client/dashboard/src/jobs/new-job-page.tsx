import { Button, Checkbox, NativeSelect, NumberInput, Switch } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { type CabinClass, cabinClasses } from '../../../../shared/flight.ts';
import { newId } from '../../../../shared/ids.ts';
import type { JobQuote } from '../../../../shared/jobs.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { cabinNames } from '../flight/cabin-names.ts';
import { addDays } from '../flight/flight-times.ts';
import { LiveNumber } from '../flight/live-number.tsx';
import { SeatStepper } from '../flight/seat-stepper.tsx';
import { DateField } from '../search/date-field.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { client, ensureGuest, trpc } from '../wire/traveller.ts';
import { askOf, firstDraft, isAskable, type JobDraft, type ProviderChoice } from './job-draft.ts';
import { formatSeconds, providerTitles, pruneNames, whole } from './job-names.ts';
import { followJob } from './job-notices.tsx';
import styles from './new-job-page.module.css';
import { PlaceListInput } from './place-list-input.tsx';
import { keepNewestJob } from './use-job.ts';

const route = getRouteApi('/jobs/new');
/** Fast typing asks once. */
const settleMs = 250;

export function NewJobPage() {
  usePageTitle('New fare-search job');
  const params = route.useSearch();
  const navigate = useNavigate();
  const [draft, setDraft] = useState<JobDraft>(() => fromParams(params));
  const [tried, setTried] = useState(false);
  // Minted once: pressing the button again after a lost answer is the same job, not a second one.
  const [id] = useState(newId);
  const change = useCallback((part: Partial<JobDraft>) => setDraft((before) => ({ ...before, ...part })), []);
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
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isAskable(draft)) creating.mutate();
  };
  return (
    <div className="stack">
      <h1>New fare-search job</h1>
      <form className={styles.columns} onSubmit={submit} noValidate aria-label="New fare-search job">
        <div className="stack">
          <Where draft={draft} change={change} tried={tried} />
          <When draft={draft} change={change} />
          <Who draft={draft} change={change} />
          <Asked draft={draft} change={change} />
        </div>
        <Quote draft={draft}>
          {creating.isError && <FailureNotice error={creating.error} />}
          <Button type="submit" fullWidth loading={creating.isPending} disabled={tried && !isAskable(draft)}>
            Start the job
          </Button>
        </Quote>
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

interface PartProps {
  draft: JobDraft;
  change: (part: Partial<JobDraft>) => void;
}

function Where({ draft, change, tried }: PartProps & { tried: boolean }) {
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
          error={tried && draft.origins.length === 0 ? 'Where from?' : undefined}
        />
        <PlaceListInput
          label="To"
          values={draft.destinations}
          onChange={(destinations) => change({ destinations })}
          error={tried && draft.destinations.length === 0 ? 'Where to?' : undefined}
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

function Who({ draft, change }: PartProps) {
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
          min={0}
          max={8}
          value={draft.children}
          onChange={(value) => change({ children: Number(value) || 0 })}
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

function Asked({ draft, change }: PartProps) {
  const { providers, simulator } = draft;
  const on = useQuery(trpc.jobs.providers.queryOptions(undefined, { staleTime: 60_000 }));
  const names = on.data?.providers;
  useEffect(() => {
    // The first that is on is asked, unless the reader chooses.
    if (names && providers.length > 0 && !providers.some((name) => names.includes(name)))
      change({ providers: names.slice(0, 1) as ProviderChoice[] });
  }, [names, providers, change]);
  const set = (part: Partial<JobDraft['simulator']>) => change({ simulator: { ...simulator, ...part } });
  const percent = (label: string, key: 'failRate' | 'blockRate' | 'emptyRate') => (
    <NumberInput
      label={label}
      min={0}
      max={100}
      suffix=" %"
      value={Math.round(simulator[key] * 100)}
      onChange={(value) => set({ [key]: Math.min(100, Math.max(0, Number(value) || 0)) / 100 })}
    />
  );
  return (
    <section className="surface" aria-labelledby="asked">
      <div className="head">
        <h2 id="asked">Who is asked</h2>
      </div>
      <div className="body stack">
        <Checkbox.Group
          aria-label="Providers"
          value={providers}
          onChange={(next) => change({ providers: next as ProviderChoice[] })}
        >
          <div className="row">
            {(names ?? ['inventory', 'simulator']).map((name) => (
              <Checkbox key={name} value={name} label={providerTitles[name] ?? name} />
            ))}
          </div>
        </Checkbox.Group>
        {providers.length === 0 && <p role="alert">Somebody must be asked.</p>}
        {providers.includes('simulator') && (
          <div className={styles.five}>
            <NumberInput label="Seed" min={0} value={simulator.seed} onChange={(v) => set({ seed: Number(v) || 0 })} />
            <NumberInput
              label="Latency"
              min={0}
              max={60_000}
              suffix=" ms"
              value={simulator.latencyMs}
              onChange={(value) => set({ latencyMs: Number(value) || 0 })}
            />
            {percent('Fails', 'failRate')}
            {percent('Blocks', 'blockRate')}
            {percent('Is empty', 'emptyRate')}
          </div>
        )}
      </div>
    </section>
  );
}

/** What it would cost, while it is being put together. */
function Quote({ draft, children }: { draft: JobDraft; children: React.ReactNode }) {
  const [settled, setSettled] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(draft), settleMs);
    return () => clearTimeout(timer);
  }, [draft]);
  const quote = useQuery(
    trpc.jobs.quote.queryOptions(askOf(settled), {
      enabled: isAskable(settled),
      placeholderData: keepPreviousData,
      staleTime: 10_000,
    }),
  );
  return (
    <section className={`surface ${styles.quote}`} aria-labelledby="quote">
      <div className="head">
        <h2 id="quote">What it takes</h2>
        <span className="dim">live</span>
      </div>
      <div className="body stack">
        {!isAskable(settled) ? (
          <p className="dim">Say from where to where, and the figures stand here.</p>
        ) : quote.isError ? (
          <FailureNotice error={quote.error} onRetry={() => void quote.refetch()} />
        ) : quote.data ? (
          <Figures quote={quote.data} />
        ) : (
          <p className="dim">Counting…</p>
        )}
        {children}
      </div>
    </section>
  );
}

function Figures({ quote }: { quote: JobQuote }) {
  const pruned = Object.entries(quote.prunedBecause).filter(([, count]) => count > 0);
  return (
    <div aria-live="polite">
      <p className={styles.big}>
        <LiveNumber value={quote.combinations}>{whole(quote.combinations)}</LiveNumber>
      </p>
      <p className="dim">combinations</p>
      <table className="figures">
        <tbody>
          <tr>
            <th scope="row">Requests</th>
            <td className="n">{whole(quote.requests)}</td>
          </tr>
          <tr>
            <th scope="row">Takes about</th>
            <td className="n">{formatSeconds(quote.secondsP50)}</td>
          </tr>
          <tr>
            <th scope="row">With bad luck</th>
            <td className="n">{formatSeconds(quote.secondsP95)}</td>
          </tr>
          {pruned.map(([reason, count]) => (
            <tr key={reason}>
              <th scope="row">Left out, {pruneNames[reason as keyof typeof pruneNames]}</th>
              <td className="n">{whole(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {quote.providers.some(({ measuredOn }) => measuredOn === 0) && (
        <p className={styles.note}>Times are assumed where nothing has been measured yet.</p>
      )}
    </div>
  );
}
