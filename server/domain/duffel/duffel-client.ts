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

  constructor(given: { type: string; code: string | null; status: number; resetMs: number | undefined }) {
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
  /** What the newest answer said of the limit; null before the first that did. */
  limit(): { remaining: number; resetMs: number } | null;
}

const answerMaxBytes = 32 * 1024 * 1024;
const pageSize = 200;

/** Every call rejects with DuffelError for a refusal, and with whatever `fetch` says where there was no answer. */
export function createDuffelClient({ url, token, clock }: { url: string; token: string; clock: Clock }): DuffelClient {
  let limit: { remaining: number; resetMs: number } | null = null;

  const call = async <T>(
    schema: z.ZodType<T>,
    path: string,
    request: { method: 'GET' | 'POST'; data?: unknown; signal: AbortSignal },
  ): Promise<T> => {
    const { status, headers, text } = await fetchText(
      `${url}${path}`,
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
    const resetMs = resetOf(headers.get('ratelimit-reset'), clock.now());
    const remaining = Number(headers.get('ratelimit-remaining') ?? Number.NaN);
    if (Number.isInteger(remaining) && resetMs !== undefined) limit = { remaining, resetMs };
    const body = parseJson(text);
    if (status >= 200 && status < 300) return schema.parse(body);
    const [error] = errorAnswer.safeParse(body).data?.errors ?? [];
    const type = error?.type ?? (status === 429 ? 'rate_limit_error' : 'api_error');
    throw new DuffelError({ type, code: error?.code ?? null, status, resetMs });
  };

  return {
    createOfferRequest: async (request, { supplierTimeoutMs, signal }) => {
      const query = new URLSearchParams({ return_offers: 'false', supplier_timeout: String(supplierTimeoutMs) });
      const { data } = await call(offerRequestAnswer, `/air/offer_requests?${query}`, {
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
        const page = await call(offersAnswer, `/air/offers?${query}`, { method: 'GET', signal });
        offers.push(...page.data);
        after = page.data.length > 0 ? page.meta?.after : null;
      } while (after && offers.length < offersMax);
      return offers.slice(0, offersMax);
    },
    limit: () => limit,
  };
}

/** The header has a date; seconds are understood as well. */
function resetOf(header: string | null, nowMs: number): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
