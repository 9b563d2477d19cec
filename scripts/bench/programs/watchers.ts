import type { FromWatchers, ToWatchers } from '../watch-plan.ts';
import { Watchers } from '../watchers.ts';

// A process of its own, so that its CPU time is nobody else's. It ends with the process that started it.

const watchers = new Watchers();
const tell = (message: FromWatchers): void => void process.send?.(message);

process.on('message', (order: ToWatchers) => {
  watchers.obey(order).then(tell, (error: unknown) => tell({ failed: (error as Error).stack ?? String(error) }));
});
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
tell({ ready: 'watchers' });
