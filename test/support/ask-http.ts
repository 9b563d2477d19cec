import type { FailureView } from '../../shared/failure.ts';

/**
 * One query over HTTP: a socket whose credentials are refused is closed, and a stock client then does
 * not always say why.
 *
 * @returns what was answered, or the failure.
 */
export async function askHttp(
  url: string,
  path: string,
  who: { token?: string; apiKey?: string },
): Promise<{ data?: unknown; failure?: FailureView }> {
  const headers = {
    ...(who.token && { authorization: `Bearer ${who.token}` }),
    ...(who.apiKey && { 'x-api-key': who.apiKey }),
  };
  const answer = await fetch(`${url}/trpc/${path}`, { headers });
  const { result, error } = (await answer.json()) as {
    result?: { data: { json: unknown } };
    error?: { json: { data: { failure: FailureView } } };
  };
  return error ? { failure: error.json.data.failure } : { data: result?.data.json };
}
