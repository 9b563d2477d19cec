import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { FailureView } from '../../shared/failure.ts';
import { transformer } from '../../shared/transformer.ts';
import { Complaint, isComplaint } from '../command-line.ts';

/** A call that may simply be repeated is, so often, with the pause that the server asks for or this one. */
const attempts = 5;
const pauseMs = 1000;

/** A path is meant from where the user stands, while npm runs scripts in the project's root. */
export const fromUser = (path: string): string => resolve(process.env.INIT_CWD ?? '.', path);

/** The server that is meant, without a slash at its end. */
export function serverUrl(given: string | undefined): string {
  const url = given ?? `http://${process.env.HOST ?? '127.0.0.1'}:${process.env.PORT ?? '3000'}`;
  if (!URL.canParse(url)) throw new Complaint(`--url ${url} is not an address like http://127.0.0.1:3000`);
  return url.replace(/\/+$/, '');
}

function operatorKey(): string {
  const { ADMIN_API_KEY, AIRSIDE_DATA_DIR } = process.env;
  if (ADMIN_API_KEY) return ADMIN_API_KEY;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const file = resolve(root, AIRSIDE_DATA_DIR ?? '.airside', 'admin-api-key.secret');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new Complaint('no operator key: set ADMIN_API_KEY to the one that the server printed at its start');
}

type Client = ReturnType<typeof createTRPCClient<AppRouter>>;

/**
 * A way to call a server as its operator, who waits and repeats while the server says that the call may be repeated.
 * What cannot be done ends in a `Complaint`.
 */
export function callServer(url: string): <Result>(call: (trpc: Client) => Promise<Result>) => Promise<Result> {
  const headers = { 'x-api-key': operatorKey() };
  const trpc = createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc`, transformer, headers })] });
  return async (call) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call(trpc);
      } catch (error) {
        const failure = failureOf(error);
        if (!failure?.retryable || attempt === attempts) throw complaintOf(error, failure, url);
        const { retryAfterMs = pauseMs } = failure.details as { retryAfterMs?: number };
        await new Promise((wake) => setTimeout(wake, retryAfterMs));
      }
    }
  };
}

const failureOf = (error: unknown): FailureView | undefined =>
  error instanceof TRPCClientError ? (error.data as { failure?: FailureView } | undefined)?.failure : undefined;

function complaintOf(error: unknown, failure: FailureView | undefined, url: string): Complaint {
  if (failure?.code === 'UNAUTHENTICATED' || failure?.code === 'FORBIDDEN')
    return new Complaint(
      `${url} does not take this operator key; set ADMIN_API_KEY to the one it printed at its start`,
    );
  if (failure) return new Complaint(`${url} answers ${failure.code}: ${JSON.stringify(failure.details)}`);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = cause as { code?: string; message?: string };
  // fetch wraps the reason twice: «fetch failed» around the socket's own error.
  const inner = (cause as { cause?: { code?: string; message?: string } }).cause;
  const reason = inner?.code ?? inner?.message ?? code ?? message ?? String(cause);
  return new Complaint(`no answer from ${url} (${reason}); is the server running there?`);
}

/** Runs a command; a complaint, or an option that does not exist, is one line on standard error and exit code 1. */
export async function runCommand(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.error(isComplaint(error) ? `${name}: ${error.message}` : error);
    process.exitCode = 1;
  }
}
