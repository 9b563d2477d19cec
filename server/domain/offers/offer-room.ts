import type { Pool } from 'pg';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { FareFamilies } from './fare-families.ts';
import type { OfferSeal } from './offer-seal.ts';

/** What the commands of this room call. Built once, in app.ts. */
export interface OfferRoom {
  pool: Pool;
  clock: Clock;
  seal: OfferSeal;
  families: FareFamilies;
}
