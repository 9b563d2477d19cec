import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Credentials } from '../../server/domain/identity/actor.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { watchCredentials } from '../../server/transport/watch-credentials.ts';
import { askHttp } from '../support/ask-http.ts';
import { connect } from '../support/connect.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

let scene: Scene | undefined;
afterEach(async () => {
  await scene?.close();
  scene = undefined;
});

/** A raw socket, so that no client opens it again. */
async function rawSocket(url: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc?connectionParams=1`);
  await once(socket, 'open');
  socket.send(JSON.stringify({ method: 'connectionParams', data: { token } }));
  socket.send('{"id":1,"method":"query","params":{"path":"auth.me"}}');
  const [answer] = await once(socket, 'message');
  expect(JSON.parse(String(answer))).toMatchObject({ id: 1, result: { data: { json: { role: 'traveller' } } } });
  return socket;
}

describe('sockets that outlive what opened them', () => {
  it('[WHO-6] an expired token calls nothing more on a socket that it opened, and the socket is closed', async () => {
    const clock = new ManualClock();
    const credentials: Credentials = {
      actor: { role: 'traveller', id: 'b', email: null, name: null },
      issuedAtMs: clock.now(),
      expiresAtMs: clock.now() + 60_000,
    };
    const closed: number[] = [];
    const socket = { readyState: 1, OPEN: 1, once: () => undefined, close: (code: number) => closed.push(code) };
    const ended = async (among: Credentials[]) =>
      new Set(among.filter(({ expiresAtMs }) => (expiresAtMs as number) <= clock.now()));
    const watch = watchCredentials({ clock, sessions: { ended, open: async () => undefined } }, createLogger('silent'));
    watch.add(socket as unknown as WebSocket, credentials);
    await clock.untilAsleep();
    clock.advance(59_000);
    await clock.untilAsleep();
    expect(closed).toEqual([]);
    clock.advance(5_000);
    await clock.untilAsleep();
    expect(closed).toEqual([4401]);
    watch.stop();
  });

  it('[WHO-7] signing out everywhere ends every token of before, closes their sockets on every node, and leaves the next one good', async () => {
    scene = await openScene({ ...silentGateway });
    const { server, guest } = scene;
    const other = await server.startAnother();
    const here = await rawSocket(server.url, guest.token);
    const there = await rawSocket(other.url, guest.token);
    const given = { email: 'many@example.org', password: 'many devices' };
    const { token } = await guest.trpc.auth.signUp.mutate(given);
    const closing = Promise.all([once(here, 'close'), once(there, 'close')]);
    await guest.trpc.auth.signOutEverywhere.mutate();
    for (const [code] of await closing) expect(code).toBe(4401);
    for (const old of [guest.token, token]) {
      // Every call over HTTP shows its token anew, as every new socket does.
      const answer = await askHttp(server.url, 'booking.list', { token: old });
      expect(answer).toMatchObject({ failure: { code: 'UNAUTHENTICATED' } });
    }
    const stranger = connect(server.url);
    const again = await stranger.trpc.auth.signIn.mutate(given);
    const back = connect(other.url, { token: again.token });
    expect(await back.trpc.booking.list.query()).toMatchObject({ bookings: [] });
    await Promise.all([stranger.close(), back.close()]);
  });
});
