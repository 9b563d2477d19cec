import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FailureView } from '../../shared/failure.ts';

export interface Frame {
  id: number;
  method: string;
  params: { path: string; input?: { json: unknown }; lastEventId?: string };
  data?: Record<string, string>;
}

export interface Call extends Frame {
  /** Sockets are numbered from 1 in the order of their connecting. */
  socket: number;
  answer(value: unknown): void;
  fail(failure: FailureView): void;
  /** For a subscription: one tracked event. */
  event(eventId: string, value: unknown): void;
  send(message: unknown): void;
  cut(): void;
}

export interface ScriptedServer {
  url: string;
  /** Everything that clients sent, in order: paths, `connectionParams {…}`, `subscription.stop`. */
  received: string[];
  sockets(): WebSocket[];
  /** Frames that held more than one call: how many each. */
  batches: number[];
  stop(): Promise<void>;
}

/** Speaks the protocol, but says what a test wants: for answers that a healthy server gives too seldom. */
export async function startScriptedServer(
  onCall: (call: Call) => void,
  options: { onConnect?: (socket: WebSocket, number: number) => void } = {},
): Promise<ScriptedServer> {
  const received: string[] = [];
  const batches: number[] = [];
  const http = createServer();
  const wss = new WebSocketServer({ server: http, path: '/trpc' });
  let count = 0;
  wss.on('connection', (socket) => {
    const number = ++count;
    options.onConnect?.(socket, number);
    socket.on('message', (bytes) => {
      const text = String(bytes);
      if (text === 'PING') {
        received.push('PING');
        socket.send('PONG');
        return;
      }
      const parsed = JSON.parse(text) as Frame | Frame[];
      if (Array.isArray(parsed)) batches.push(parsed.length);
      for (const frame of Array.isArray(parsed) ? parsed : [parsed]) {
        if (frame.method === 'connectionParams') {
          received.push(`connectionParams ${JSON.stringify(frame.data)}`);
          continue;
        }
        if (frame.method === 'subscription.stop') {
          received.push('subscription.stop');
          socket.send(JSON.stringify({ id: frame.id, result: { type: 'stopped' } }));
          continue;
        }
        received.push(frame.params.path);
        const send = (message: unknown) => socket.send(JSON.stringify(message));
        const { id } = frame;
        if (frame.method === 'subscription') send({ id, result: { type: 'started' } });
        onCall({
          ...frame,
          socket: number,
          send,
          answer: (value) => send({ id, result: { type: 'data', data: { json: value } } }),
          event: (eventId, value) =>
            send({ id, result: { type: 'data', id: eventId, data: { json: { id: eventId, data: value } } } }),
          fail: (failure) =>
            send({
              id,
              error: { json: { message: failure.code, code: -32009, data: { code: 'CONFLICT', failure } } },
            }),
          cut: () => socket.terminate(),
        });
      }
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    batches,
    sockets: () => [...wss.clients],
    stop: async () => {
      for (const socket of wss.clients) socket.terminate();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** The refusal of a socket's credentials, as the server sends it before it closes. */
export const refusalFrame = (reason: string): string =>
  JSON.stringify({
    id: null,
    error: {
      json: {
        message: 'Sign in first.',
        code: -32001,
        data: {
          code: 'UNAUTHORIZED',
          failure: { code: 'UNAUTHENTICATED', retryable: false, details: { reason } },
        },
      },
    },
  });
