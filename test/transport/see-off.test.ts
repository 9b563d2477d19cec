import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { seeOff } from '../../server/transport/see-off.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const hello =
  'GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

async function open(count: number) {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  const codes: number[] = [];
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (opened) => {
      seeOff(socket);
      opened.on('close', (code) => codes.push(code));
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const clients = await Promise.all(
    Array.from({ length: count }, async (): Promise<Socket> => {
      const client = connect(port, '127.0.0.1');
      client.write(hello);
      await once(client, 'data');
      return client;
    }),
  );
  return { sockets, codes, clients };
}

describe('a crowd that hangs up in one moment', () => {
  it('[CROWD-7] is seen off to the last, as abnormally closed', async () => {
    const { sockets, codes, clients } = await open(200);
    expect(sockets.clients.size).toBe(200);
    for (const client of clients) client.destroy();
    while (sockets.clients.size > 0) await new Promise(setImmediate);
    expect(codes).toEqual(Array.from({ length: 200 }, () => 1006));
  });

  it('[CROWD-7] one that was ended before its turn is left alone', async () => {
    const { sockets, codes, clients } = await open(1);
    const [socket] = sockets.clients;
    clients[0]?.end();
    socket?.terminate();
    while (codes.length === 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(socket?.readyState).toBe(socket?.CLOSED);
  });
});
