import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { dateIn } from '../support/flights.ts';
import { startServer, type TestServer } from '../support/start-server.ts';
import { Bindings, type Step, stepsOf } from './wire-document.ts';

const markdown = readFileSync(new URL('../../docs/wire.md', import.meta.url), 'utf8');

let server: TestServer;
let stopping: Promise<void> | undefined;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await (stopping ?? server?.stop());
});

/** A socket, and what came over it: frames of each call by themselves, as calls are answered in any order. */
class Line {
  readonly socket: WebSocket;
  readonly #frames = new Map<string, string[]>();
  readonly #closed: Promise<void>;
  #wake = () => {};

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.#closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('message', (bytes) => {
      const text = String(bytes);
      const key = keyOf(text);
      this.#frames.set(key, [...(this.#frames.get(key) ?? []), text]);
      this.#wake();
    });
  }

  opened = () => new Promise<void>((resolve) => this.socket.once('open', () => resolve()));
  closed = () => this.#closed;

  /** The next frame of the same call as the shown one. */
  async next(shown: string): Promise<string> {
    for (;;) {
      const waiting = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const text = this.#frames.get(keyOf(shown))?.shift();
      if (text !== undefined) return text;
      await waiting;
    }
  }
}

const keyOf = (text: string): string =>
  text.startsWith('{') ? JSON.stringify((JSON.parse(text) as { id: unknown }).id) : text;

/** superjson's notes on what JSON cannot carry; only errors without a path have any, and no client needs them. */
function withoutMeta(frame: unknown): unknown {
  const { error } = frame as { error?: { meta?: unknown } };
  if (error) delete error.meta;
  return frame;
}

describe('the wire', () => {
  test('[WIRE-9] the documented conversation is what the server says, to the letter', async () => {
    const bindings = new Bindings();
    bindings.bind('the-operator-key', server.apiKey);
    bindings.bind('2026-12-24', dateIn(30));
    const lines: Line[] = [];
    const current = () => lines.at(-1) as Line;

    const play = async (step: Step): Promise<void> => {
      switch (step.kind) {
        case 'connect':
          lines.push(new Line(server.url.replace('http', 'ws') + step.path));
          return current().opened();
        case 'send':
          current().socket.send(step.json === undefined ? step.text : JSON.stringify(bindings.resolve(step.json)));
          return;
        case 'closed':
          return current().closed();
        case 'do':
          expect(step.what).toBe('the server stops');
          stopping = server.stop();
          return;
        case 'expect': {
          const text = await current().next(step.text);
          if (step.json === undefined) return expect(text).toBe(step.text);
          const actual = withoutMeta(JSON.parse(text));
          bindings.learn(step.json, actual);
          // As text, so that the order of keys is the documented one as well.
          expect(JSON.stringify(actual, null, 2)).toBe(JSON.stringify(bindings.resolve(step.json), null, 2));
        }
      }
    };
    try {
      for (const step of stepsOf(markdown)) {
        await Promise.race([
          play(step).catch((error: Error) => {
            error.message = `docs/wire.md, line ${step.line}: ${error.message}`;
            throw error;
          }),
          new Promise((_, reject) =>
            setTimeout(() => reject(new Error(`docs/wire.md, line ${step.line}: nothing came`)), 5_000).unref(),
          ),
        ]);
      }
    } finally {
      for (const line of lines) line.socket.terminate();
    }
  });

  test('[WIRE-9] the document shows every kind of frame', () => {
    const steps = stepsOf(markdown);
    const frames = steps.flatMap((step) => ('text' in step ? [step.text] : []));
    for (const sign of [
      'connectionParams',
      '"method": "query"',
      '"method": "mutation"',
      '"method": "subscription"',
      '"method": "subscription.stop"',
      '"started"',
      '"stopped"',
      '"lastEventId"',
      '"error"',
      '{ "json": null }',
      'PING',
      'PONG',
      '"reconnect"',
    ]) {
      expect(frames.some((frame) => frame.includes(sign))).toBe(true);
    }
    expect(steps.some((step) => step.kind === 'send' && Array.isArray(step.json))).toBe(true);
  });
});
