import { createTRPCClient, createWSClient, type TRPCClient, wsLink } from '@trpc/client';
import { WebSocket } from 'ws';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { FailureView } from '../../shared/failure.ts';
import { transformer } from '../../shared/transformer.ts';

export interface Connected {
  trpc: TRPCClient<AppRouter>;
  close(): Promise<void>;
}

/** A stock tRPC client over one socket: tests of the server do not go through our own SDK. */
export function connect(url: string, who: { token?: string; apiKey?: string } = {}): Connected {
  const client = createWSClient({
    url: `${url.replace('http', 'ws')}/trpc`,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: Object.keys(who).length > 0 ? (who as Record<string, string>) : null,
    retryDelayMs: () => 20,
  });
  return {
    trpc: createTRPCClient<AppRouter>({ links: [wsLink({ client, transformer })] }),
    close: () => client.close(),
  };
}

/** A new guest with a socket of its own. */
export async function connectGuest(url: string): Promise<Connected & { userId: string; token: string }> {
  const stranger = connect(url);
  const { token, user } = await stranger.trpc.auth.guest.mutate();
  await stranger.close();
  return { ...connect(url, { token }), userId: user.id, token };
}

/** The failure that a call ended with; anything else fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<FailureView> {
  try {
    const value = await call;
    throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
  } catch (error) {
    const failure = (error as { data?: { failure?: FailureView } }).data?.failure;
    if (!failure) throw error;
    return failure;
  }
}
