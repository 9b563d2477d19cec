import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readAll } from '../../server/platform/http/http-client.ts';

export interface FakeDuffel {
  url: string;
  /** What was asked: method, path with query, body. */
  requests: { method: string; path: string; headers: Record<string, unknown>; body: unknown }[];
  /** Offers of every request from now on. */
  offers: unknown[];
  /** Whether they come with the request's answer instead of by page. */
  isInline: boolean;
  /** Headers of every answer that is no refusal. */
  limit: Record<string, string>;
  /** Refuses what comes next with this. */
  refusal: { status: number; headers?: Record<string, string>; body: unknown } | null;
  close(): Promise<void>;
}

const token = 'duffel_test_fake';
/** As Duffel tells them, with much left. */
export const ampleLimit = { 'ratelimit-limit': '60', 'ratelimit-remaining': '41', 'ratelimit-reset': '30' };

/** Duffel's two calls of a search, with its envelope, its paging and its headers; `duffel_test_fake` is the token. */
export async function startFakeDuffel(): Promise<FakeDuffel> {
  const fake: Omit<FakeDuffel, 'url' | 'close'> = {
    requests: [],
    offers: [],
    isInline: false,
    limit: ampleLimit,
    refusal: null,
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const text = (await readAll(request, 1_000_000)).toString();
    fake.requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text ? JSON.parse(text) : null,
    });
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    const refuse = (status: number, type: string) =>
      answer(status, { meta: { status }, errors: [{ type, code: type, title: type }] });
    if (request.headers.authorization !== `Bearer ${token}`) return refuse(401, 'authentication_error');
    if (request.headers['duffel-version'] !== 'v2') return refuse(400, 'invalid_request_error');
    if (fake.refusal) return answer(fake.refusal.status, fake.refusal.body, fake.refusal.headers);
    const { limit } = fake;
    if (request.method === 'POST' && pathname === '/air/offer_requests') {
      return answer(201, { data: { id: 'orq_1', offers: fake.isInline ? fake.offers : [], live_mode: false } }, limit);
    }
    if (request.method === 'GET' && pathname === '/air/offers') {
      const [from, size] = [Number(searchParams.get('after') ?? 0), Number(searchParams.get('limit'))];
      const after = from + size < fake.offers.length ? String(from + size) : null;
      return answer(
        200,
        { data: fake.offers.slice(from, from + size), meta: { limit: size, before: null, after } },
        limit,
      );
    }
    return refuse(404, 'invalid_request_error');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(fake, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
