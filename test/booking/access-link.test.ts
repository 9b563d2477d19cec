import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BookingView } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connect, connectGuest, failureOf } from '../support/connect.ts';
import { type MailSink, openMailSink } from '../support/mail-sink.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

const traveller = { type: 'adult', givenName: 'Zoë', familyName: "O'Müller-Strauß" } as const;

describe('a booking whose owner has lost the token', () => {
  let sink: MailSink;
  let scene: Scene;
  let stranger: Connected;
  beforeAll(async () => {
    sink = await openMailSink();
    scene = await openScene({ ...silentGateway, SMTP_URL: sink.url, PUBLIC_URL: 'https://fly.example/' });
    stranger = connect(scene.server.url);
  });
  afterAll(async () => {
    await stranger.close();
    await scene.close();
    await sink.close();
  });

  let count = 0;
  /** Being paid for, so that it has a locator, with an address of its own. */
  async function booking(): Promise<{ view: BookingView; email: string; locator: string }> {
    const flight = await scene.flight({ seats: 5 });
    const email = `zoe-${++count}@example.org`;
    const { id } = await scene.guest.trpc.booking.hold.mutate({
      id: newId(),
      legs: [{ flightId: flight.id, cabin: 'economy' }],
      passengers: [traveller],
      contact: { email },
    });
    const view = await scene.guest.trpc.booking.pay.mutate({ id });
    return { view, email, locator: view.locator as string };
  }

  const request = (locator: string, familyName = "O'Müller-Strauß") =>
    stranger.trpc.booking.requestLink.mutate({ locator, familyName });

  async function codeMailedTo(email: string): Promise<string> {
    const mail = await sink.nextTo(email);
    return /https:\/\/fly\.example\/open#([\w-]{43})\n/.exec(mail)?.[1] as string;
  }

  it('[WHO-12] without the link a locator and a name open nothing, and nobody is told whether they are right', async () => {
    const { view, locator, email } = await booking();
    expect(await failureOf(stranger.trpc.booking.get.query({ id: view.id }))).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    const right = await request(locator);
    const answers = [await request(locator, 'Smith'), await request('ZZZZZZ'), await request('ZZZZZ9', 'Smith')];
    for (const answer of answers) expect(answer).toEqual(right);
    await sink.nextTo(email);
    // The last request for this booking is over, so whatever it would have mailed has been mailed.
    const { email: other, locator: another } = await booking();
    await request(another);
    await sink.nextTo(other);
    expect(sink.messages.filter(({ to }) => to.includes(email))).toHaveLength(1);
  });

  it('[WHO-12] the mailed link opens that booking, as its owner, and the name may be written as on a ticket', async () => {
    const { view, locator, email } = await booking();
    await request(locator.toLowerCase(), 'omuller strauss');
    const opened = await stranger.trpc.booking.openLink.mutate({ code: await codeMailedTo(email) });
    expect(opened.bookingId).toBe(view.id);
    const holder = connect(scene.server.url, { token: opened.token });
    const { trpc } = holder;
    expect(await trpc.booking.get.query({ id: view.id })).toMatchObject({ locator, status: 'paying' });
    expect(await scene.deliver({ bookingId: view.id })).toBe(200);
    const { quoteId } = await trpc.booking.cancelQuote.query({ id: view.id });
    expect(await trpc.booking.cancel.mutate({ id: view.id, quoteId })).toMatchObject({ id: view.id });
    expect((await trpc.booking.timeline.query({ id: view.id })).entries).not.toEqual([]);
    await holder.close();
  });

  it('[WHO-12] and nothing else: no other booking of the same owner, no list, no account', async () => {
    const [{ view, locator, email }, { view: other }] = [await booking(), await booking()];
    await request(locator);
    const { token } = await stranger.trpc.booking.openLink.mutate({ code: await codeMailedTo(email) });
    const holder = connect(scene.server.url, { token });
    const { trpc } = holder;
    const { id } = other;
    for (const refused of [
      trpc.booking.get.query({ id }),
      trpc.booking.timeline.query({ id }),
      trpc.booking.pay.mutate({ id }),
      trpc.booking.cancelQuote.query({ id }),
      trpc.booking.cancel.mutate({ id }),
      trpc.booking.setPassengers.mutate({ id, passengers: [traveller] }),
    ]) {
      expect(await failureOf(refused)).toMatchObject({ code: 'NOT_FOUND' });
    }
    for (const refused of [
      trpc.booking.list.query({}),
      trpc.booking.rehold.mutate({ id: view.id, newId: newId() }),
      trpc.auth.signOutEverywhere.mutate(),
      trpc.jobs.list.query({}),
    ]) {
      expect(await failureOf(refused)).toMatchObject({ code: 'FORBIDDEN' });
    }
    // Signing up from there makes an account of its own, not the owner's guest one.
    const { user } = await trpc.auth.signUp.mutate({ email: 'thief@example.org', password: 'not the owner' });
    expect(user.id).not.toBe(scene.guest.userId);
    await holder.close();
  });

  it('[WHO-13] a code is good once, for a quarter of an hour, and only its hash is kept', async () => {
    const { locator, email } = await booking();
    await request(locator);
    const code = await codeMailedTo(email);
    const { rows } = await scene.db.query<{ digest: Buffer }>(
      'select digest from access_link order by expires_at desc limit 1',
    );
    expect(rows[0]?.digest).toHaveLength(32);
    expect(rows[0]?.digest.toString('base64url')).not.toBe(code);
    // Two at once: one of them.
    const both = await Promise.allSettled([
      stranger.trpc.booking.openLink.mutate({ code }),
      stranger.trpc.booking.openLink.mutate({ code }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await failureOf(stranger.trpc.booking.openLink.mutate({ code }))).toMatchObject({ code: 'NOT_ALLOWED' });
    await request(locator);
    const late = await codeMailedTo(email);
    await scene.db.query("update access_link set expires_at = now() - interval '1 second' where used_at is null");
    expect(await failureOf(stranger.trpc.booking.openLink.mutate({ code: late }))).toMatchObject({
      code: 'NOT_ALLOWED',
    });
  });

  it('[WHO-13] signing out everywhere ends what a link has opened', async () => {
    const owner = await connectGuest(scene.server.url);
    const flight = await scene.flight({ seats: 2 });
    const email = 'leaving@example.org';
    const { id } = await owner.trpc.booking.hold.mutate({
      id: newId(),
      legs: [{ flightId: flight.id, cabin: 'economy' }],
      passengers: [traveller],
      contact: { email },
    });
    const { locator } = await owner.trpc.booking.pay.mutate({ id });
    await request(locator as string);
    const { token } = await stranger.trpc.booking.openLink.mutate({ code: await codeMailedTo(email) });
    await owner.trpc.auth.signOutEverywhere.mutate();
    const holder = connect(scene.server.url, { token });
    expect(await failureOf(holder.trpc.booking.get.query({ id }))).toMatchObject({ code: 'UNAUTHENTICATED' });
    await holder.close();
    await owner.close();
  });
});

describe('guessing names', () => {
  it('[WHO-13] five tries a locator, then it waits, right or wrong', async () => {
    const scene = await openScene({ ...silentGateway, RATE_LIMITS: '1' });
    const guesser = connect(scene.server.url);
    const guess = (familyName: string) => guesser.trpc.booking.requestLink.mutate({ locator: 'ABCDEF', familyName });
    for (let n = 0; n < 5; n++) await guess('Smith');
    expect(await failureOf(guess('Smith'))).toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterMs: expect.any(Number) },
    });
    await guesser.close();
    await scene.close();
  });
});
