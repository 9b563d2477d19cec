import { Button } from '@mantine/core';
import { Check, CloudOff, LoaderCircle } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { ConnectionState } from '../../../sdk/connection.ts';
import { formatClock } from '../flight/flight-times.ts';
import { updatesSoFar } from '../wire/replayed.ts';
import { client } from '../wire/traveller.ts';
import { useConnection } from '../wire/use-connection.ts';
import styles from './reconnect-banner.module.css';

/** A connection that comes back sooner than this was never away, as far as a reader is concerned. */
const patienceMs = 1_200;
/** Long enough for what was missed to arrive, and to be read. */
const welcomeMs = 3_500;

/** Floats above the page while the server is away, and tells on return how much has come in since. */
export function ReconnectBanner() {
  const state = useConnection(client.connection);
  const away = useAway(state);
  if (away === 'no') return null;
  return (
    <div className={styles.place}>
      <div className={styles.banner} role="status" data-away={away} data-testid="reconnect-banner">
        {away === 'back' ? (
          <Back />
        ) : state.kind === 'waiting' ? (
          <>
            <CloudOff size={16} aria-hidden />
            <span>
              <strong>Offline.</strong> <RetryIn at={state.retryAt} />
              {state.lastOpenAt && (
                <span className="dim"> Numbers are from {formatClock(new Date(state.lastOpenAt).toISOString())}.</span>
              )}
            </span>
            <Button size="compact-xs" variant="default" onClick={() => client.connection.reconnect()}>
              Try now
            </Button>
          </>
        ) : (
          <>
            <LoaderCircle size={16} aria-hidden className={styles.turning} />
            <span>Connecting to the server…</span>
          </>
        )}
      </div>
    </div>
  );
}

function useAway(state: ConnectionState): 'no' | 'away' | 'back' {
  const [away, setAway] = useState<'no' | 'away' | 'back'>('no');
  const open = state.kind === 'open';
  useEffect(() => {
    if (open) {
      setAway((before) => (before === 'no' ? 'no' : 'back'));
      const timer = setTimeout(() => setAway('no'), welcomeMs);
      return () => clearTimeout(timer);
    }
    const timer = setTimeout(() => setAway('away'), patienceMs);
    return () => clearTimeout(timer);
  }, [open]);
  return away;
}

function Back() {
  const before = useRef(updatesSoFar());
  const [replayed, setReplayed] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setReplayed(updatesSoFar() - before.current), 250);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <Check size={16} aria-hidden />
      <span>
        <strong>Back.</strong>{' '}
        {replayed === 0 ? 'Everything is current.' : `${replayed} ${replayed === 1 ? 'update' : 'updates'} replayed.`}
      </span>
    </>
  );
}

function RetryIn({ at }: { at: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((at - now) / 1000));
  // The figure changes each second; those who listen hear the sentence once.
  return (
    <>
      Trying again <span aria-hidden>{seconds > 0 ? `in ${seconds} s.` : 'now.'}</span>
    </>
  );
}
