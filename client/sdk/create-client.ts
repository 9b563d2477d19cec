import { createTRPCClient, type TRPCClient, wsLink } from '@trpc/client';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { FailureView } from '../../shared/failure.ts';
import type { OperatorScope, SignedInView } from '../../shared/identity.ts';
import { transformer } from '../../shared/transformer.ts';
import { type Admin, createAdmin } from './admin.ts';
import { type Bookings, createBookings } from './bookings.ts';
import { type CallOptions, call } from './call.ts';
import { type ConnectionHandle, createConnection } from './connection.ts';
import { createFlights, createOffers, createSearch, type Flights, type Offers, type Search } from './flights.ts';
import { gateLink } from './gate-link.ts';
import { createIntentLog, ownerOf } from './intents.ts';
import { createJobs, type Jobs } from './jobs.ts';
import type { SocketConstructor } from './live-socket.ts';
import { defaultRepeat, type Repeat, type RepeatSettings, repeatLink } from './repeat-link.ts';
import { type ClientStorage, defaultStorage } from './storage.ts';
import { createWaiting, type Waiting } from './waiting.ts';

export interface ClientOptions {
  /** `http://host:port` of the server; `ws://…/trpc` works as well. */
  url: string;
  /** A traveller's token. Without it the one that an earlier run kept in `storage` is used. */
  token?: string;
  /** The operator's key; then no token is used. */
  apiKey?: string;
  /** Where the token and unsettled requests are kept: localStorage in browsers, else memory. */
  storage?: ClientStorage;
  /** The WebSocket class, where the runtime has none or another is wanted (`ws`). */
  WebSocket?: SocketConstructor;
  /** Bounds of the repeats of a call. */
  repeat?: Partial<RepeatSettings>;
  /** Wait before the given attempt (1, 2 …) to connect again. */
  retryDelayMs?: (attempt: number) => number;
  /** A socket that leaves a ping unanswered is given up. 15 s and 5 s by default. */
  keepAlive?: { intervalMs: number; pongTimeoutMs: number };
  /** A connection that does not open in this time is given up. 10 s by default. */
  connectTimeoutMs?: number;
  /** Called before each repeat of a call. */
  onRepeat?: (repeat: Repeat) => void;
  /** The server refused the token: it is forgotten, and the client goes on as nobody. */
  onUnauthenticated?: (failure: FailureView) => void;
}

export interface Auth {
  /** Signs in as a new guest: its token is kept, and the connection is made anew with it. */
  guest(options?: CallOptions): Promise<SignedInView>;
  /** Makes an account; whoever is a guest stays the same user, with all bookings. Fails: NOT_ALLOWED, RATE_LIMITED. */
  signUp(account: { email: string; password: string; name?: string }, options?: CallOptions): Promise<SignedInView>;
  /** Fails: UNAUTHENTICATED (address or password), RATE_LIMITED. */
  signIn(account: { email: string; password: string }, options?: CallOptions): Promise<SignedInView>;
  /** Ends every token of this user, on every device, and goes on as nobody. */
  signOutEverywhere(options?: CallOptions): Promise<void>;
  /** Who the server says we are. */
  me(options?: CallOptions): Promise<ActorView>;
  /** The present token, if there is one. */
  token(): Promise<string | null>;
  /** Goes on with this token, or as nobody with null; done when reconnected. */
  setToken(token: string | null): Promise<void>;
}
export type ActorView =
  | { role: 'anonymous'; id: null }
  | { role: 'traveller'; id: string; email: string | null; name: string | null }
  | { role: 'operator'; id: string; scopes: OperatorScope[] | 'all' };

export interface AirsideClient {
  /** Every procedure, typed by the router. Calls are repeated as in the rooms; errors are tRPC's own (`failureOf`). */
  trpc: TRPCClient<AppRouter>;
  connection: ConnectionHandle;
  auth: Auth;
  search: Search;
  flights: Flights;
  offers: Offers;
  bookings: Bookings;
  waiting: Waiting;
  jobs: Jobs;
  admin: Admin;
  /** Closes the connection for good. Calls in flight are rejected, watches end. */
  close(): Promise<void>;
}

const tokenKey = 'airside:token';
const intentPrefix = 'airside:intent:';

/**
 * A client over one WebSocket, for Node and browsers. It connects at once, comes back by itself, and sends
 * every call that is safe to repeat until it is answered, within bounds.
 *
 * @throws TypeError for an address that is none.
 */
export function createClient(options: ClientOptions): AirsideClient {
  const storage = options.storage ?? defaultStorage();
  const usesToken = options.apiKey === undefined;
  // Undefined: not read from the storage yet.
  let token: string | null | undefined = options.token;

  async function currentToken(): Promise<string | null> {
    if (!usesToken) return null;
    if (token === undefined) {
      let kept: string | null = null;
      try {
        kept = await storage.get(tokenKey);
      } catch {
        // Without a storage that can be read we are nobody, and can still search.
      }
      // A sign-in may have come first.
      token ??= kept;
    }
    return token ?? null;
  }

  async function keepToken(next: string | null): Promise<void> {
    token = next;
    if (next === null) await storage.remove(tokenKey);
    else await storage.set(tokenKey, next);
  }

  const connection = createConnection({
    url: options.url,
    WebSocket: options.WebSocket,
    retryDelayMs: options.retryDelayMs,
    keepAlive: options.keepAlive,
    connectTimeoutMs: options.connectTimeoutMs,
    credentials: async () => {
      if (options.apiKey !== undefined) return { apiKey: options.apiKey };
      const present = await currentToken();
      return present === null ? {} : { token: present };
    },
    refused: async (failure, given) => {
      // Another one may have been set since that socket was opened.
      if (given.token !== undefined && given.token === token) await keepToken(null).catch(() => {});
      options.onUnauthenticated?.(failure);
    },
  });

  const trpc = createTRPCClient<AppRouter>({
    links: [
      repeatLink({ ...defaultRepeat, ...options.repeat }, options.onRepeat),
      gateLink(connection),
      wsLink({ client: connection.wsClient, transformer }),
    ],
  });

  /** Keeps the token of whoever we have become, and connects anew with it. */
  async function become(signingIn: Promise<SignedInView>): Promise<SignedInView> {
    const signedIn = await signingIn;
    await keepToken(signedIn.token);
    await connection.renew();
    return signedIn;
  }

  const isOver = () => connection.state().kind === 'closed';
  const owner = async () => ownerOf((await currentToken()) ?? undefined);
  const { state, subscribe, reconnect } = connection;
  const waiting = createWaiting(trpc, call, isOver);

  return {
    trpc,
    connection: { state, subscribe, reconnect },
    auth: {
      guest: (given) => become(call((each) => trpc.auth.guest.mutate(undefined, each), given)),
      signUp: (account, given) => become(call((each) => trpc.auth.signUp.mutate(account, each), given)),
      signIn: (account, given) => become(call((each) => trpc.auth.signIn.mutate(account, each), given)),
      signOutEverywhere: async (given) => {
        await call((each) => trpc.auth.signOutEverywhere.mutate(undefined, each), given);
        await keepToken(null);
        await connection.renew();
      },
      me: (given) => call((each) => trpc.auth.me.query(undefined, each), given),
      token: currentToken,
      setToken: async (next) => {
        await keepToken(next);
        await connection.renew();
      },
    },
    search: createSearch(trpc, call),
    flights: createFlights(trpc, call, isOver),
    offers: createOffers(trpc, call),
    jobs: createJobs(trpc, call, isOver),
    bookings: createBookings(trpc, call, createIntentLog(storage, intentPrefix), owner, isOver, waiting),
    waiting,
    admin: createAdmin(trpc, call, isOver),
    close: () => connection.close(),
  };
}
