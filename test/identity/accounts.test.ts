import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword, verifyPassword } from '../../server/domain/identity/passwords.ts';
import { connect, failureOf } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('accounts', () => {
  let scene: Scene;
  let strangers: ReturnType<typeof connect>;
  beforeAll(async () => {
    scene = await openScene({ ...silentGateway });
    strangers = connect(scene.server.url);
  });
  afterAll(async () => {
    await strangers.close();
    await scene.close();
  });

  it('[WHO-1] signing up makes an account, and signing in finds it however the address is written', async () => {
    const { trpc } = strangers;
    const up = await trpc.auth.signUp.mutate({ email: 'Ada@Example.org', password: 'analytical engine', name: 'Ada' });
    expect(up.user).toEqual({ id: expect.any(String), role: 'traveller', email: 'ada@example.org', name: 'Ada' });
    const signedIn = await trpc.auth.signIn.mutate({ email: ' ada@example.ORG', password: 'analytical engine' });
    expect(signedIn.user).toEqual(up.user);
    const ada = connect(scene.server.url, { token: signedIn.token });
    expect(await ada.trpc.auth.me.query()).toEqual({
      id: up.user.id,
      role: 'traveller',
      email: 'ada@example.org',
      name: 'Ada',
    });
    await ada.close();
  });

  it('[WHO-1] an address has one account: again with the same password is signing in, with another it is refused', async () => {
    const { trpc } = strangers;
    const given = { email: 'bob@example.org', password: 'builder builder' };
    const { user } = await trpc.auth.signUp.mutate(given);
    expect((await trpc.auth.signUp.mutate(given)).user.id).toBe(user.id);
    const refused = await failureOf(trpc.auth.signUp.mutate({ ...given, password: 'another password' }));
    expect(refused.code).toBe('NOT_ALLOWED');
    // Two at once: the table's uniqueness decides, and both are told the same user.
    const both = { email: 'twice@example.org', password: 'at the same time' };
    const [one, two] = await Promise.all([trpc.auth.signUp.mutate(both), trpc.auth.signUp.mutate(both)]);
    expect(one.user.id).toBe(two.user.id);
  });

  it('[WHO-2] a guest who signs up stays the same user and keeps the bookings', async () => {
    const flight = await scene.flight({});
    const booking = await scene.hold(flight.id);
    const { user, token } = await scene.guest.trpc.auth.signUp.mutate({
      email: 'guest@example.org',
      password: 'was a guest',
    });
    expect(user.id).toBe(scene.guest.userId);
    const account = connect(scene.server.url, { token });
    expect((await account.trpc.booking.get.query({ id: booking.id })).id).toBe(booking.id);
    await account.close();
  });

  it('[WHO-3] a wrong password and an unknown address have the same answer', async () => {
    await strangers.trpc.auth.signUp.mutate({ email: 'carol@example.org', password: 'carols password' });
    const wrong = await failureOf(strangers.trpc.auth.signIn.mutate({ email: 'carol@example.org', password: 'guess' }));
    const nobody = await failureOf(
      strangers.trpc.auth.signIn.mutate({ email: 'nobody@example.org', password: 'guess' }),
    );
    expect(wrong).toEqual(nobody);
    expect(wrong.code).toBe('UNAUTHENTICATED');
  });

  it('[WHO-4] what is kept of a password is an argon2id hash with a salt of its own', async () => {
    await strangers.trpc.auth.signUp.mutate({ email: 'dave@example.org', password: 'a plain password' });
    const { rows } = await scene.db.query(`select password from app_user where email = 'dave@example.org'`);
    expect(rows[0].password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const [one, two] = await Promise.all([hashPassword('the same'), hashPassword('the same')]);
    expect(one).not.toBe(two);
    expect(await verifyPassword('the same', one)).toBe(true);
    expect(await verifyPassword('The same', one)).toBe(false);
    // Somebody without an account is compared with nothing, and nothing is never right.
    expect(await verifyPassword('', null)).toBe(false);
  });

  it('[WHO-4] more sign-ins at once than can be computed are told to come back, and nobody waits without bound', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 80 }, () => verifyPassword('x', null)));
    const busy = answers.filter((each) => each.status === 'rejected');
    expect(busy).toHaveLength(80 - 2 - 64);
    for (const each of busy) expect((each as PromiseRejectedResult).reason).toMatchObject({ code: 'BUSY' });
  });

  it('[WIRE-1] addresses and passwords are checked by field', async () => {
    const refused = await failureOf(strangers.trpc.auth.signUp.mutate({ email: 'no address', password: 'short' }));
    expect(refused).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: ['email'] }, { path: ['password'] }] },
    });
  });
});

describe('guessing', () => {
  it('[WHO-5] without the limit every guess is looked at; with it, ten wrong passwords close the account for a while', async () => {
    const password = 'the right password';
    const guessTwelveTimes = async (env: Record<string, string>) => {
      const scene = await openScene({ ...silentGateway, ...env });
      const stranger = connect(scene.server.url);
      try {
        await stranger.trpc.auth.signUp.mutate({ email: 'eve@example.org', password });
        const codes: string[] = [];
        for (let guess = 0; guess < 12; guess++) {
          const refused = await failureOf(
            stranger.trpc.auth.signIn.mutate({ email: 'eve@example.org', password: `guess ${guess}` }),
          );
          codes.push(refused.code);
        }
        // Not even with the right one, or the limit would tell which guess was right.
        const right = await stranger.trpc.auth.signIn.mutate({ email: 'eve@example.org', password }).then(
          () => 'signed in',
          () => 'refused',
        );
        return { codes, right };
      } finally {
        await stranger.close();
        await scene.close();
      }
    };
    const unguarded = await guessTwelveTimes({ RATE_LIMITS: '0' });
    expect(new Set(unguarded.codes)).toEqual(new Set(['UNAUTHENTICATED']));
    expect(unguarded.right).toBe('signed in');
    const guarded = await guessTwelveTimes({ RATE_LIMITS: '1' });
    expect(guarded.codes.slice(0, 10)).toEqual(Array(10).fill('UNAUTHENTICATED'));
    expect(guarded.codes.slice(10)).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
    expect(guarded.right).toBe('refused');
  });
});
