import { type FromCalls, TimedCalls, type ToCalls } from '../timed-calls.ts';

// A process of its own, so that what it measures does not wait for what another one sends. It ends with its parent.

let calls: TimedCalls | undefined;

async function obey(order: ToCalls): Promise<FromCalls> {
  if ('open' in order) {
    calls = new TimedCalls(order.open);
    await calls.open();
    return { opened: true };
  }
  if (!calls) throw new Error('nothing is open');
  return { ran: await calls.run(order.run) };
}

const tell = (message: FromCalls): void => void process.send?.(message);

process.on('message', (order: ToCalls) => {
  obey(order).then(tell, (error: unknown) => tell({ failed: (error as Error).stack ?? String(error) }));
});
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
tell({ ready: 'calls' });
