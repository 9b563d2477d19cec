import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fuzzWire } from '../../scripts/fuzz/fuzz-wire.ts';
import { judgeFrame } from '../../scripts/fuzz/judge-frame.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('noise on the wire', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(() => scene.close());

  // The short form of `npm run fuzz -- wire`.
  test('[FUZZ-1] is answered by the catalogue, tells nothing, and keeps nobody from being served', async () => {
    const flight = await scene.flight({ seats: 100_000 });
    await scene.guest.close();
    await scene.operator.close();
    const report = await fuzzWire({
      url: scene.server.url,
      messages: 3_000,
      seed: 4,
      sockets: 16,
      flightIds: [flight.id],
    });
    expect(report.faults).toEqual([]);
    expect(Object.keys(report.sent).length).toBeGreaterThan(12);
    expect(report.healthy.calls).toBeGreaterThan(8);
    expect(report.answers).toBeGreaterThan(100);
    expect(report.failures.INVALID_INPUT).toBeGreaterThan(300);
    expect(await scene.drift()).toBe(0);
  }, 120_000);

  test('[FUZZ-1] whoever is gone while an upgrade is refused is nobody’s end', async () => {
    const { hostname, port } = new URL(scene.server.url);
    for (let n = 0; n < 40; n++) {
      const wire = connect(Number(port), hostname);
      wire.on('error', () => undefined);
      await once(wire, 'connect');
      wire.write('GET /elsewhere HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nand more');
      if (n % 2 === 0) await new Promise(setImmediate);
      wire.resetAndDestroy();
    }
    // A reset that nobody listens for is an uncaught exception, which fails this run.
    expect((await fetch(`${scene.server.url}/livez`)).status).toBe(200);
  });

  const failure = (message: string, details: unknown = {}) =>
    JSON.stringify({
      id: 1,
      error: { json: { message, data: { failure: { code: 'INVALID_INPUT', retryable: false, details } } } },
    });
  test.each([
    ['no JSON', '{"id":1'],
    ['a frame of another protocol', '{"id":1,"ok":true}'],
    ['a failure outside the catalogue', '{"id":1,"error":{"json":{"message":"x","data":{"code":"BAD_REQUEST"}}}}'],
    ['a stack', failure('oops', { reason: 'at hold (/app/server/domain/booking/hold-seats.ts:12:3)' })],
    ['a statement', failure('select id from booking where id = $1')],
    ['a table', failure('relation "cabin" does not exist')],
    ['a name of the runtime', failure("TypeError: Cannot read properties of undefined (reading 'x')")],
    ['what nobody expected', failure('x').replace('INVALID_INPUT', 'INTERNAL')],
  ])('[FUZZ-1] the judge finds %s', (_, text) => {
    expect(judgeFrame(text).kind).toBe('fault');
  });

  test('[FUZZ-1] the judge lets proper frames pass', () => {
    const kinds = [
      failure('The input is not valid.', { issues: [{ path: ['seats'], message: 'Too big' }] }),
      '{"id":1,"result":{"type":"data","data":{"json":1}}}',
      '{"id":1,"result":{"type":"started"}}',
      '{"id":null,"method":"reconnect"}',
      'PONG',
    ].map((text) => judgeFrame(text).kind);
    expect(kinds).toEqual(['failure', 'answer', 'event', 'notice', 'notice']);
  });
});
