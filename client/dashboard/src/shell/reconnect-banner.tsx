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

/** So long without an event, and what had been missed is there; what comes later is news. */
const replayPauseMs = 500;

/** Floats above the page while the server is away, and tells on return how many events were replayed. */
export function ReconnectBanner() {
  const state = useConnection(client.connection);
  const { away, updatesBefore } = useAway(state);
  if (away === 'no') return null;
  return (
    <div className={styles.place}>
      <div className={styles.banner} role="status" data-away={away} data-testid="reconnect-banner">
        {away === 'back' ? (
          <Back updatesBefore={updatesBefore} />
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

/** `updatesBefore`: how many updates there had been when the connection was lost. */
function useAway(state: ConnectionState): { away: 'no' | 'away' | 'back'; updatesBefore: number } {
  const [away, setAway] = useState<'no' | 'away' | 'back'>('no');
  const updatesBefore = useRef(0);
  const open = state.kind === 'open';
  // While it is away nothing comes; once it is open the first of them may be there before this is drawn.
  if (!open) updatesBefore.current = updatesSoFar();
  useEffect(() => {
    if (open) {
      setAway((before) => (before === 'no' ? 'no' : 'back'));
      const timer = setTimeout(() => setAway('no'), welcomeMs);
      return () => clearTimeout(timer);
    }
    const timer = setTimeout(() => setAway('away'), patienceMs);
    return () => clearTimeout(timer);
  }, [open]);
  return { away, updatesBefore: updatesBefore.current };
}

function Back({ updatesBefore }: { updatesBefore: number }) {
  const [replayed, setReplayed] = useState(() => updatesSoFar() - updatesBefore);
  useEffect(() => {
    let before = -1;
    const timer = setInterval(() => {
      const now = updatesSoFar() - updatesBefore;
      if (now === before) clearInterval(timer);
      else setReplayed(now);
      before = now;
    }, replayPauseMs);
    return () => clearInterval(timer);
  }, [updatesBefore]);
  return (
    <>
      <Check size={16} aria-hidden />
      <span>
        <strong>Back.</strong>{' '}
        {replayed === 0 ? 'Everything is current.' : `${replayed} ${replayed === 1 ? 'event' : 'events'} replayed.`}
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
