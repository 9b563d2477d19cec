import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { framesOf } from '../seat-frames.ts';

// The least that a server can do: what Redis tells of is put into one text a flight, and that is sent to every socket.
// No subscriptions, no conflation, no healing, nobody who does not read.

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
const redis = new Redis(process.env.REDIS_URL as string);
await redis.subscribe(process.env.CHANNEL as string);
redis.on('message', (_channel, text) => {
  for (const frame of framesOf(text)) for (const socket of sockets.clients) socket.send(frame);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
process.on('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());
process.send?.({ ready: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
