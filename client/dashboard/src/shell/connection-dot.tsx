import { Tooltip } from '@mantine/core';
import { formatClock } from '../flight/flight-times.ts';
import { client } from '../wire/traveller.ts';
import { useConnection } from '../wire/use-connection.ts';
import styles from './connection-dot.module.css';

/** Live, stale or offline: a dot and a word. */
export function ConnectionDot() {
  const state = useConnection(client.connection);
  const [tone, word, detail] = (() => {
    switch (state.kind) {
      case 'open':
        return ['ok', 'Live', `Connected since ${formatClock(new Date(state.since).toISOString())}`] as const;
      case 'connecting':
        return ['warn', 'Connecting', 'Connecting to the server'] as const;
      case 'waiting':
        return [
          'bad',
          'Offline',
          state.lastOpenAt
            ? `Numbers are from ${formatClock(new Date(state.lastOpenAt).toISOString())} or later`
            : 'No connection yet',
        ] as const;
      case 'closed':
        return ['bad', 'Closed', 'Load the page again'] as const;
    }
  })();
  return (
    <Tooltip label={detail}>
      <span className={styles.dot} data-tone={tone} data-testid="connection">
        <span className={styles.word}>{word}</span>
      </span>
    </Tooltip>
  );
}
