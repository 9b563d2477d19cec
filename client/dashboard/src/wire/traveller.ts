import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { useSyncExternalStore } from 'react';
import type { AppRouter } from '../../../../server/transport/app.router.ts';
import { createClient } from '../../../sdk/create-client.ts';
import { beginVisit, endVisit, linkedBooking, storageOfTab, tokenKey } from './link-visit.ts';
import { queryClient } from './query-client.ts';

type Identity = 'unknown' | 'nobody' | 'guest';
let identity: Identity = 'unknown';
const listeners = new Set<() => void>();

function become(next: Identity): void {
  identity = next;
  for (const listener of listeners) listener();
}

/** The traveller's socket. It opens without an identity and gets one with the first thing that needs an owner. */
export const client = createClient({
  url: window.location.origin,
  storage: storageOfTab,
  onUnauthenticated: () => become('nobody'),
});

export const trpc = createTRPCOptionsProxy<AppRouter>({ client: client.trpc, queryClient });

void client.auth.token().then((token) => become(token ? 'guest' : 'nobody'));

// Another tab signed in: the same person sits at both.
window.addEventListener('storage', ({ key, newValue }) => {
  if (key !== tokenKey || linkedBooking() !== null) return;
  void client.auth.setToken(newValue).then(() => become(newValue ? 'guest' : 'nobody'));
});

let signingIn: Promise<void> | undefined;

/** Makes this browser a guest if it is nobody yet. Whoever holds seats calls this first. */
export async function ensureGuest(): Promise<void> {
  if (await client.auth.token()) return;
  signingIn ??= client.auth
    .guest()
    .then(() => become('guest'))
    .finally(() => {
      signingIn = undefined;
    });
  await signingIn;
}

/** Signs in or up; other tabs follow by the token that is kept. */
export async function signInAs(enter: () => Promise<unknown>): Promise<void> {
  await enter();
  become('guest');
}

/** Ends every token of this user, and goes on as nobody. */
export async function signOut(): Promise<void> {
  await client.auth.signOutEverywhere();
  queryClient.clear();
  become('nobody');
}

/** Opens the booking of a mailed link, in this tab alone. Answers its id. */
export async function visitByLink(code: string): Promise<string> {
  const { token, bookingId } = await client.bookings.openLink(code);
  beginVisit(bookingId);
  await client.auth.setToken(token);
  queryClient.clear();
  become('guest');
  return bookingId;
}

/** This tab is the browser's again. */
export async function leaveVisit(): Promise<void> {
  const token = await endVisit();
  await client.auth.setToken(token);
  queryClient.clear();
  become(token ? 'guest' : 'nobody');
}

/** Whether this browser is somebody; a nobody has no bookings to ask for. */
export const useIdentity = (): Identity =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => identity,
  );
