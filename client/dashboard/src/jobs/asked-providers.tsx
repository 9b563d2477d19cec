import { Checkbox, NumberInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { trpc } from '../wire/traveller.ts';
import type { JobDraft, PartProps, ProviderChoice } from './job-draft.ts';
import { providerTitles } from './job-names.ts';
import styles from './new-job-page.module.css';

/** Which providers a job asks, and how the simulator behaves. */
export function AskedProviders({ draft, change }: PartProps) {
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
