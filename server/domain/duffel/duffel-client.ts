import * as z from 'zod';
import { fetchText } from '../../platform/http/fetch-text.ts';
import type { Clock } from '../../platform/runtime/clock.ts';

/*
 * The part of Duffel's API (version v2) that a search needs, by its own field names. What we do not
 * use is not looked at, so that a new field is no fault.
 */

const carrierSchema = z.object({ iata_code: z.string().nullish() });
const segmentSchema = z.object({
  departing_at: z.string(),
  arriving_at: z.string(),
  marketing_carrier: carrierSchema,
  marketing_carrier_flight_number: z.string().nullish(),
  operating_carrier: carrierSchema.nullish(),
  operating_carrier_flight_number: z.string().nullish(),
});
export const duffelOfferSchema = z.object({
  id: z.string(),
  total_amount: z.string(),
  total_currency: z.string(),
  expires_at: z.string().nullish(),
  slices: z
    .array(
      z.object({
        duration: z.string().nullish(),
        fare_brand_name: z.string().nullish(),
        segments: z.array(segmentSchema).min(1),
      }),
    )
    .min(1),
});
export type DuffelOffer = z.infer<typeof duffelOfferSchema>;

const offerRequestAnswer = z.object({
  data: z.object({ id: z.string(), offers: z.array(duffelOfferSchema).nullish() }),
});
const offersAnswer = z.object({
  data: z.array(duffelOfferSchema),
  meta: z.object({ after: z.string().nullish() }).nullish(),
});
const errorAnswer = z.object({
  errors: z.array(z.object({ type: z.string(), code: z.string().nullish(), title: z.string().nullish() })).min(1),
});

export interface DuffelOfferRequest {
  slices: { origin: string; destination: string; departure_date: string }[];
  passengers: ({ type: 'adult' | 'infant_without_seat' } | { age: number })[];
  cabin_class: 'economy' | 'premium_economy' | 'business' | 'first';
}

/** Duffel has refused. `type` is Duffel's own word; the status says less (a limit has been seen as 400). */
export class DuffelError extends Error {
  override readonly name = 'DuffelError';
  readonly type: string;
  readonly code: string | null;
  readonly status: number;
  /** Until the limit's window ends, where Duffel says. */
  readonly resetMs: number | undefined;

  constructor(given: Pick<DuffelError, 'type' | 'code' | 'status' | 'resetMs'>) {
    super(`${given.type}${given.code ? ` (${given.code})` : ''}`);
    this.type = given.type;
    this.code = given.code;
    this.status = given.status;
    this.resetMs = given.resetMs;
  }
}

export interface DuffelClient {
  /** Creates the request and answers its id, and its offers where they came with it. */
  createOfferRequest(
    request: DuffelOfferRequest,
    options: { supplierTimeoutMs: number; signal: AbortSignal },
  ): Promise<{ id: string; offers: DuffelOffer[] | null }>;
  /** Cheapest first, page after page, at most `offersMax`. */
  listOffers(offerRequestId: string, options: { offersMax: number; signal: AbortSignal }): Promise<DuffelOffer[]>;
  /** How long no request may be made of a kind whose limit is spent, as far as answers told; 0: each may be made. */
  spentForMs(): number;
}

/** Limits are of a kind of request each, so one that is spent says nothing of the others. */
type Endpoint = '/air/offer_requests' | '/air/offers';

/** Whoever comes in the second in which the window ends may come before its end. */
const dateResolutionMs = 1_000;
const answerMaxBytes = 32 * 1024 * 1024;
const pageSize = 200;

/**
 * Every call rejects with DuffelError for a refusal, and with whatever `fetch` says where there was no answer. While a
 * limit is spent, Duffel is not asked: it would refuse, and the refusal would count.
 */
export function createDuffelClient({ url, token, clock }: { url: string; token: string; clock: Clock }): DuffelClient {
  /** When the window ends in which nothing is left, by our clock. */
  const spentUntil = new Map<Endpoint, number>();
  const spentMs = (endpoint: Endpoint): number => Math.max(0, (spentUntil.get(endpoint) ?? 0) - clock.now());

  const call = async <T>(
    schema: z.ZodType<T>,
    endpoint: Endpoint,
    query: URLSearchParams,
    request: { method: 'GET' | 'POST'; data?: unknown; signal: AbortSignal },
  ): Promise<T> => {
    const waitMs = spentMs(endpoint);
    if (waitMs > 0) {
      throw new DuffelError({ type: 'rate_limit_error', code: 'nothing_remaining', status: 429, resetMs: waitMs });
    }
    const { status, headers, text } = await fetchText(
      `${url}${endpoint}?${query}`,
      {
        method: request.method,
        headers: {
          authorization: `Bearer ${token}`,
          'duffel-version': 'v2',
          accept: 'application/json',
          'accept-encoding': 'gzip',
          ...(request.data === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(request.data === undefined ? {} : { body: JSON.stringify({ data: request.data }) }),
        signal: request.signal,
      },
      answerMaxBytes,
    );
    const body = parseJson(text);
    const isDone = status >= 200 && status < 300;
    const [error] = isDone ? [] : (errorAnswer.safeParse(body).data?.errors ?? []);
    const type = error?.type ?? (status === 429 ? 'rate_limit_error' : 'api_error');
    const resetMs = resetOf(headers, clock.now());
    const isSpent = headers.get('ratelimit-remaining') === '0' || (!isDone && type === 'rate_limit_error');
    if (isSpent && resetMs !== undefined) spentUntil.set(endpoint, clock.now() + resetMs);
    if (isDone) return schema.parse(body);
    throw new DuffelError({ type, code: error?.code ?? null, status, resetMs });
  };

  return {
    createOfferRequest: async (request, { supplierTimeoutMs, signal }) => {
      const query = new URLSearchParams({ return_offers: 'false', supplier_timeout: String(supplierTimeoutMs) });
      const { data } = await call(offerRequestAnswer, '/air/offer_requests', query, {
        method: 'POST',
        data: request,
        signal,
      });
      return { id: data.id, offers: data.offers?.length ? data.offers : null };
    },
    listOffers: async (offerRequestId, { offersMax, signal }) => {
      const offers: DuffelOffer[] = [];
      let after: string | null | undefined;
      do {
        const query = new URLSearchParams({
          offer_request_id: offerRequestId,
          sort: 'total_amount',
          limit: String(Math.min(pageSize, offersMax - offers.length)),
          ...(after ? { after } : {}),
        });
        const page = await call(offersAnswer, '/air/offers', query, { method: 'GET', signal });
        offers.push(...page.data);
        after = page.data.length > 0 ? page.meta?.after : null;
      } while (after && offers.length < offersMax);
      return offers.slice(0, offersMax);
    },
    spentForMs: () => Math.max(0, ...Array.from(spentUntil.keys(), spentMs)),
  };
}

/**
 * How long until the limit's window ends. The header has a date, which is held against the date of the answer: our clocks
 * may differ. Seconds are understood as well.
 */
function resetOf(headers: Headers, nowMs: number): number | undefined {
  const reset = headers.get('ratelimit-reset');
  if (!reset) return undefined;
  if (/^\d+$/.test(reset)) return Number(reset) * 1_000;
  const answeredAt = Date.parse(headers.get('date') ?? '');
  const ms = Date.parse(reset) - (Number.isNaN(answeredAt) ? nowMs : answeredAt) + dateResolutionMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
