import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** BullMQ by the book: jobs that do nothing, put in beforehand, and the time until the last one is done. */
interface Order {
  jobs: number;
  concurrency: number;
}

const url = process.env.REDIS_URL as string;
const connection = new Redis(url, { maxRetriesPerRequest: null });

async function run({ jobs, concurrency }: Order): Promise<{ seconds: number }> {
  const name = `noop-${process.hrtime.bigint()}`;
  const queue = new Queue(name, { connection });
  const options = { removeOnComplete: true, removeOnFail: true };
  for (let from = 0; from < jobs; from += 1_000) {
    const count = Math.min(1_000, jobs - from);
    await queue.addBulk(Array.from({ length: count }, () => ({ name: 'noop', data: null, opts: options })));
  }
  let done = 0;
  const all = Promise.withResolvers<void>();
  const worker = new Worker(name, async () => undefined, { connection, concurrency, autorun: false });
  worker.on('completed', () => {
    if (++done === jobs) all.resolve();
  });
  worker.on('error', all.reject);
  const startedAt = performance.now();
  void worker.run();
  await all.promise;
  const seconds = (performance.now() - startedAt) / 1_000;
  await worker.close();
  await queue.obliterate({ force: true });
  await queue.close();
  return { seconds };
}

process.on('message', (order: Order) => {
  run(order).then(
    (answer) => process.send?.(answer),
    (error: Error) => process.send?.({ failed: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: 'queue' });
