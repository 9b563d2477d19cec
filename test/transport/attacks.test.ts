import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { connectGuest, failureOf } from '../support/connect.ts';
import { openScene, type Scene } from '../support/scene.ts';

/** Whatever might be taken for more than text: SQL, a Redis command, markup, a format, a path. */
const hostile = [
  `'; drop table booking; --`,
  `" or "1"="1`,
  `\\'; delete from cabin where true; --`,
  `$1::uuid); select pg_sleep(60); --`,
  `\r\nFLUSHALL\r\n`,
  `<script>fetch('//evil.example')</script>`,
  `{"$gt":""}`,
  `\${process.exit()} %s %n ../../etc/passwd`,
];

describe('attacks', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.close());

  it('[WIRE-11] values are never statements: what is kept comes back as it was, and nothing else happens', async () => {
    const flight = await scene.flight({ seats: 50 });
    const countOf = async () =>
      (
        await scene.db.query(
          'select (select count(*) from booking) bookings, (select sum(version) from cabin) versions',
        )
      ).rows[0];
    for (const text of hostile) {
      const id = newId();
      const asked = {
        ...{ id, legs: [{ flightId: flight.id, cabin: 'economy' as const }] },
        passengers: [{ type: 'adult' as const, givenName: text, familyName: text }],
      };
      const before = await countOf();
      const held = await scene.guest.trpc.booking.hold.mutate(asked).catch(() => undefined);
      if (held) {
        const { passengers } = await scene.guest.trpc.booking.get.query({ id });
        expect(passengers[0]).toMatchObject({ givenName: text.trim(), familyName: text.trim() });
      } else expect(await countOf()).toEqual(before);
      // Where a name of a known form is asked for, it is none.
      for (const refused of [
        scene.guest.trpc.booking.get.query({ id: text }),
        scene.guest.trpc.flights.get.query({ flightId: text }),
        scene.guest.trpc.search.flights.query({ origin: text, destination: 'LHR', date: '2027-01-01' }),
        scene.operator.trpc.admin.flights.list.query({ date: text }),
      ]) {
        expect(['INVALID_INPUT', 'NOT_FOUND']).toContain((await failureOf(refused)).code);
      }
      // Where any text may be searched for, it finds what has it.
      await scene.guest.trpc.search.places.query({ q: text }).catch(() => undefined);
    }
    expect(await scene.cabin(flight.id)).toMatchObject({ capacity: 50 });
    expect(await scene.drift()).toBe(0);
  });

  it('[WIRE-12] whoever sends half a request is closed within seconds, and keeps nobody out meanwhile', async () => {
    const { hostname, port } = new URL(scene.server.url);
    const slow = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const socket = connectTcp(Number(port), hostname);
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.write('GET /trpc/auth.me HTTP/1.1\r\nHost: airside\r\nX-Slow: ');
        return socket;
      }),
    );
    const dripping = setInterval(() => {
      for (const socket of slow) if (socket.writable) socket.write('a');
    }, 500);
    const guest = await connectGuest(scene.server.url);
    const flight = await scene.flight({ seats: 2 });
    expect(await scene.hold(flight.id, 1, guest)).toMatchObject({ status: 'held' });
    await guest.close();
    const ended = (socket: Socket) =>
      new Promise<void>((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));
    await Promise.all(slow.map(ended));
    clearInterval(dripping);
  });
});
