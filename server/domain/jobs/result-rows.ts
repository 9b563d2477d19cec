import type { JobResult, Outcome } from '../../../shared/jobs.ts';
import { money } from '../../../shared/money.ts';
import type { Verdict } from '../../../shared/price.ts';

export const resultColumns = `r.position, r.origin, r.destination, r.depart_date::text as "departDate",
  r.return_date::text as "returnDate", r.provider, r.outcome, r.reason, r.detail, r.price_amount::float8 as "priceAmount",
  r.price_currency as "priceCurrency", r.price_kind as "priceKind", r.carriers, r.stops,
  r.duration_minutes as "durationMinutes", r.offers, r.verdict,
  to_char(r.observed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "observedAt"`;

export interface ResultRow {
  position: number;
  origin: string;
  destination: string;
  departDate: string;
  returnDate: string | null;
  provider: string;
  outcome: Outcome;
  reason: string | null;
  detail: string | null;
  priceAmount: number | null;
  priceCurrency: string | null;
  priceKind: JobResult['priceKind'];
  carriers: string | null;
  stops: number | null;
  durationMinutes: number | null;
  offers: number;
  verdict: Verdict;
  observedAt: string;
}

export function resultOf(jobId: string, row: ResultRow): JobResult {
  const { position, priceAmount, priceCurrency, carriers, ...rest } = row;
  return {
    id: `${jobId}.${position}`,
    ...rest,
    price: priceAmount === null ? null : money(priceAmount, priceCurrency as string),
    carriers: carriers ? carriers.split(' ') : [],
  };
}
