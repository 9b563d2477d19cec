import { type ClientStorage, defaultStorage } from '../../../sdk/storage.ts';

/** Where the SDK keeps the token. */
export const tokenKey = 'airside:token';
/** In the tab's own storage: the booking that a mailed link opened here. */
const bookingKey = 'airside:link:booking';

const browser = defaultStorage();
const tab = window.sessionStorage;

/** The booking that this tab looks at by a mailed link. */
export const linkedBooking = (): string | null => tab.getItem(bookingKey);

/**
 * What the client keeps, where. A token of a mailed link is this tab's alone: the browser stays who it was, and so do
 * its other tabs.
 */
export const storageOfTab: ClientStorage = {
  get: (key) => (isOfTab(key) ? tab.getItem(key) : browser.get(key)),
  set: (key, value) => (isOfTab(key) ? tab.setItem(key, value) : browser.set(key, value)),
  remove: (key) => (isOfTab(key) ? tab.removeItem(key) : browser.remove(key)),
  keys: (prefix) => browser.keys(prefix),
};

const isOfTab = (key: string): boolean => key === tokenKey && linkedBooking() !== null;

/** From now on the client's token is this tab's. */
export const beginVisit = (bookingId: string): void => tab.setItem(bookingKey, bookingId);

/** Answers the browser's own token, to go on with. */
export async function endVisit(): Promise<string | null> {
  tab.removeItem(bookingKey);
  tab.removeItem(tokenKey);
  return (await browser.get(tokenKey)) ?? null;
}
