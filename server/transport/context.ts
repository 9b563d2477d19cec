import type { Logger } from 'pino';
import type { HealthView, OverviewView } from '../../shared/operations.ts';
import type { LineView } from '../../shared/waiting.ts';
import type { AlertRoom } from '../domain/alerts/alert-room.ts';
import type { AccessRoom } from '../domain/booking/access-room.ts';
import type { BookingRoom } from '../domain/booking/booking-room.ts';
import { type Actor, anonymous, type Credentials } from '../domain/identity/actor.ts';
import type { IdentityRoom } from '../domain/identity/identity-room.ts';
import type { InventoryRoom } from '../domain/inventory/inventory-room.ts';
import type { JobsRoom } from '../domain/jobs/jobs-room.ts';
import type { OfferRoom } from '../domain/offers/offer-room.ts';
import type { Metrics } from '../domain/operations/metrics.ts';
import type { PriceRoom } from '../domain/prices/price-room.ts';
import type { ProviderRoom } from '../domain/providers/provider-room.ts';
import type { ImportRoom } from '../domain/schedules/import-room.ts';
import type { SearchRoom } from '../domain/search/search-room.ts';
import type { LinesRoom } from '../domain/waiting-room/waiting-room.ts';
import type { LiveSource } from '../platform/live/live-source.ts';
import type { Failure } from '../platform/runtime/failure.ts';

/** What the routers call, built once in app.ts. */
export interface Rooms {
  identity: IdentityRoom;
  inventory: InventoryRoom;
  offers: OfferRoom;
  booking: BookingRoom;
  access: AccessRoom;
  waiting: { room: LinesRoom; channel: LiveSource<LineView> };
  jobs: JobsRoom;
  providers: ProviderRoom;
  prices: PriceRoom;
  alerts: AlertRoom;
  schedules: ImportRoom;
  search: SearchRoom;
  metrics: Metrics;
  log: Logger;
  version: string;
  overview(): Promise<OverviewView>;
  health(): Promise<HealthView>;
  failureOf(error: unknown): Failure;
}

/**
 * One per socket or HTTP call. It lives as long as the socket, so it holds nothing that belongs to
 * a single request: no EntityManager, no transaction.
 */
export interface Context {
  actor: Actor;
  /** When the token that opened it is over; null: never. */
  expiresAtMs: number | null;
  /** Where the socket or call comes from; limits per address count by it. */
  address: string;
  rooms: Rooms;
}

/** Who asks, from what came with the socket or the call. Fails: UNAUTHENTICATED, FORBIDDEN. */
export async function credentialsOf(
  { sessions }: IdentityRoom,
  given: { token?: string; apiKey?: string },
  address: string,
): Promise<Credentials> {
  return (await sessions.open(given, address)) ?? anonymous;
}
