import { type Load, LoadGenerator } from '../load-generator.ts';
import type { FromLoad, ToLoad } from '../load-plan.ts';
import { StoreLoad } from '../store-load.ts';

// A process of its own, so that its CPU time is nobody else's. It ends with the process that started it.

let generator: Load | undefined;

async function obey(order: ToLoad): Promise<FromLoad> {
  if ('open' in order) {
    generator = order.open.work.store ? new StoreLoad(order.open) : new LoadGenerator(order.open);
    await generator.open();
    return { opened: true };
  }
  if (!generator) throw new Error('nothing is open');
  return 'run' in order ? { ran: await generator.run(order.run) } : { total: generator.total() };
}

const tell = (message: FromLoad): void => void process.send?.(message);

process.on('message', (order: ToLoad) => {
  obey(order).then(tell, (error: unknown) => tell({ failed: (error as Error).stack ?? String(error) }));
});
process.on('uncaughtException', (error) => tell({ failed: error.stack ?? error.message }));
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
tell({ ready: 'load' });
