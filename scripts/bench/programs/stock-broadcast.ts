import { EventEmitter, on } from 'node:events';
import { initTRPC, tracked } from '@trpc/server';
import { Redis } from 'ioredis';
import superjson from 'superjson';
import { seatsOf } from '../seat-frames.ts';
import { type StockContext, startStockServer } from '../stock-server.ts';

// Subscriptions as tRPC's documentation shows them: an emitter, an async generator a socket, `tracked` values.

const t = initTRPC.context<StockContext>().create({ transformer: superjson });
const changes = new EventEmitter().setMaxListeners(0);
const redis = new Redis(process.env.REDIS_URL as string);
await redis.subscribe(process.env.CHANNEL as string);
redis.on('message', (_channel, text) => {
  for (const { eventId, seats } of seatsOf(text)) changes.emit('seats', eventId, seats);
});

await startStockServer(
  t.router({
    seats: t.procedure.subscription(async function* ({ signal }) {
      for await (const [eventId, seats] of on(changes, 'seats', { signal })) {
        yield tracked(eventId as string, seats);
      }
    }),
  }),
);
