import nodeCluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import type { AuditStatusView } from '../shared/operations.ts';
import type { Environment } from './config.ts';
import { applyPaymentEvent } from './domain/booking/apply-payment-event.ts';
import { startBookingChores } from './domain/booking/booking-chores.ts';
import type { BookingRoom } from './domain/booking/booking-room.ts';
import { completeRefund } from './domain/booking/complete-refund.ts';
import { countOpen } from './domain/booking/count-open.ts';
import { expireHolds, expireThese } from './domain/booking/expire-holds.ts';
import { createHoldLimits, noHoldLimits } from './domain/booking/hold-limits.ts';
import { openBookingStore } from './domain/booking/postgres-booking-store.ts';
import { createRecentHolds } from './domain/booking/recent-holds.ts';
import { createSellingLanes, type SellingLanes } from './domain/booking/selling-lanes.ts';
import { startAuditChore } from './domain/inventory/audit-chore.ts';
import { createDriftBook } from './domain/inventory/drift-book.ts';
import type { InventoryRoom } from './domain/inventory/inventory-room.ts';
import { KnownSeats } from './domain/inventory/known-seats.ts';
import { createAlternatives } from './domain/inventory/nearest-alternatives.ts';
import { startTruthPusher } from './domain/inventory/push-truths.ts';
import { openRedisGate } from './domain/inventory/redis-gate.ts';
import { createSeatChannel, isUrgentForSeats, loadSeatTopics } from './domain/inventory/seat-channel.ts';
import { createSeatGate } from './domain/inventory/seat-gate.ts';
import { countJobs } from './domain/jobs/count-jobs.ts';
import { acceptOffer } from './domain/offers/accept-offer.ts';
import { createFareFamilies } from './domain/offers/fare-families.ts';
import type { OfferRoom } from './domain/offers/offer-room.ts';
import { createOfferSeal } from './domain/offers/offer-seal.ts';
import { checkHealth } from './domain/operations/check-health.ts';
import { createMetrics } from './domain/operations/metrics.ts';
import { readOverview } from './domain/operations/read-overview.ts';
import { countStuck } from './domain/payments/count-stuck.ts';
import { createMockClient } from './domain/payments/mock-client.ts';
import { startMockGateway } from './domain/payments/mock-gateway.ts';
import { startPaymentChore } from './domain/payments/payment-chore.ts';
import type { PaymentGateways } from './domain/payments/payment-gateway.ts';
import { createPostgresPaymentQueue } from './domain/payments/postgres-payment-queue.ts';
import type { Engines } from './engines.ts';
import { openFareRooms } from './fare-rooms.ts';
import { openAccess, openIdentity } from './open-identity.ts';
import { openJobs } from './open-jobs.ts';
import { closeRecord, loadDemoInto, loadPlaces, openRecord } from './open-record.ts';
import { openSearch } from './open-search.ts';
import { openWaiting } from './open-waiting.ts';
import { Feed } from './platform/feed/feed.ts';
import { LogRecord } from './platform/feed/log-record.ts';
import { LogStream } from './platform/feed/log-stream.ts';
import { type Retention, startPruning } from './platform/feed/prune-log.ts';
import { relayLagSeconds, startRelay } from './platform/feed/relay-log.ts';
import { createHttpClient } from './platform/http/http-client.ts';
import { Hub } from './platform/live/hub.ts';
import type { Update } from './platform/live/topic.ts';
import { startBatchPruning } from './platform/postgres/prune-batches.ts';
import { type Broadcast, openBroadcast } from './platform/redis/broadcast.ts';
import { keyspace } from './platform/redis/keyspace.ts';
import { createLease, type Lease } from './platform/redis/lease.ts';
import { openNote } from './platform/redis/note.ts';
import { createRateLimit } from './platform/redis/rate-limit.ts';
import { openRedis } from './platform/redis/redis.ts';
import { type Clock, systemClock } from './platform/runtime/clock.ts';
import { Closing } from './platform/runtime/closing.ts';
import { type ErrorReporter, logErrors } from './platform/telemetry/error-reporter.ts';
import type { Rooms } from './transport/context.ts';
import { createFailureMap } from './transport/failures.ts';
import { openFrontDoor } from './transport/http-server.ts';
import { webhookPath } from './transport/payment-webhook.route.ts';
import { callsEverywhere } from './transport/socket-limits.ts';

export interface AppOptions {
  config: Readonly<Environment>;
  engines: Engines;
  log: Logger;
  clock?: Clock;
  report?: ErrorReporter;
  /** Who may do a chore now; through Redis unless given. It only saves work: one that always grants breaks nothing. */
  lease?: Lease;
  /** `stock`: tRPC's own adapter for sockets, to compare with in tests and benchmarks. */
  adapter?: 'own' | 'stock';
  /** Told of long work while starting: what, how much is done, of how much. */
  onProgress?: (what: string, done: number, of: number) => void;
}

export interface App {
  url: string;
  /** Looks at once, instead of within a second, for what is to be asked of payment providers. */
  nudgePayments(): void;
  /** Drains, then closes everything in reverse. Idempotent. */
  stop(): Promise<void>;
}

/** The history of bookings, flights and alerts is part of them; what else happened interests for a week. */
const logRetention: Retention = { days: 7, keptNouns: ['booking', 'booking_intent', 'flight', 'alert'] };
/** To one payment provider at the same time. */
const providerConnections = 32;

/** Bookings that moved, and places that changed: hints for every process. */
interface LogHint {
  bookings: string[];
  places?: true;
  /** A user who signed out everywhere, or a key that was revoked. */
  ended?: string;
}

/** What an operator is shown of the audit is never older. */
const auditStatusLifeMs = 3_600_000;

/**
 * The only composition root: opens every resource, wires the rooms, mounts the front door. If
 * anything fails on the way, what was opened is closed again.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const closing = new Closing();
  try {
    return await compose(options, closing);
  } catch (error) {
    await closing.close(options.log);
    throw error;
  }
}

async function compose(options: AppOptions, closing: Closing): Promise<App> {
  const { config, engines, log } = options;
  const clock = options.clock ?? systemClock;
  const report = options.report ?? logErrors(log, clock);
  const startedAtMs = clock.now();
  const { version } = packageJson;

  const { orm, pool, cluster } = await openRecord(config, engines, log);
  closing.push('postgres', () => closeRecord(orm, pool));

  const redis = openRedis(engines.redisUrl, log);
  closing.push('redis', redis.close);
  const keys = keyspace(cluster.id);
  const processId = randomUUID();

  const places = await loadPlaces(pool, clock);
  if (config.AIRSIDE_DEMO) await loadDemoInto({ pool, places, clock, log, onProgress: options.onProgress });

  const record = new LogRecord(pool);
  // One stream an epoch: what a record wrote before it went back in time is none of this one's.
  const stream = new LogStream(redis, keys.key('feed', 'booking_event_stream', String(cluster.epoch)), clock);
  const feed = new Feed({ epoch: cluster.epoch, record, stream, clock, onError: (error) => report(error) });
  closing.push('feed', () => feed.close());
  const hub = new Hub({
    clock,
    load: (ids) => loadSeatTopics(pool, clock, ids),
    isUrgent: isUrgentForSeats,
    onError: (error) => report(error),
  });
  closing.push('live hub', () => hub.close());
  const metrics = createMetrics({
    laneDepth: () => lanes.depth(),
    waiting: () => waiting.room.lines.counts(),
    timetable: () => search.state(),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    pending: () => countOpen(pool),
    stuck: async () => {
      const { payments, refunds } = await countStuck(pool);
      return payments + refunds;
    },
    relayLag: () => relayLagSeconds({ record, stream }),
    jobs: () => countJobs({ pool }),
    queues: () => jobs.counts(),
  });
  const known = new KnownSeats(clock);
  const redisGate = openRedisGate({ redis, keys, clock, epoch: cluster.epoch });
  const gate = createSeatGate({ known, redis: redisGate, pool, clock, metrics, report });
  // The front door opens last, and is told whose sockets are over.
  const endings = { hint: (_subject: string): void => undefined };
  // Chores start after the rooms that nudge them.
  let nudge = { payments: () => {}, releases: () => {}, relay: () => {} };
  const offerSeal = createOfferSeal(engines.authSecret);
  const search = await openSearch({
    pool,
    clock,
    redis,
    keys,
    epoch: cluster.epoch,
    places,
    offerSecret: engines.authSecret,
    closing,
    report,
    onProgress: options.onProgress,
  });
  const seatBroadcast: Broadcast<Update[]> = await openBroadcast({
    redis,
    channel: keys.channel('seats'),
    processId,
    onMessage: (updates) => {
      hub.offer(updates);
      gate.learn(updates);
      search.live.offer(updates);
    },
  });
  const logBroadcast: Broadcast<LogHint> = await openBroadcast({
    redis,
    channel: keys.channel('log'),
    processId,
    onMessage: (hint) => {
      feed.hint(hint.bookings);
      nudge.relay();
      if (hint.ended) endings.hint(hint.ended);
      if (hint.places) places.reload().catch((error) => report(error));
    },
  });
  closing.push('broadcasts', () => Promise.all([seatBroadcast.close(), logBroadcast.close()]).then(() => undefined));
  // Seats are sold meanwhile, and flights found without it.
  const warm = search.build(feed, record);
  warm.catch(() => undefined);

  const seats = createSeatChannel({ hub, broadcast: seatBroadcast, clock, epoch: cluster.epoch });
  closing.push('truth pusher', startTruthPusher({ known, redis: redisGate, pool, clock, report }).stop);
  const store = openBookingStore(pool, engines.databaseUrl);
  closing.push('selling connections', store.close);
  const lanes: SellingLanes = createSellingLanes({
    store,
    clock,
    onSeats: (truths) => {
      gate.settle(truths);
      seats.publish(truths);
      search.projection.offer(truths);
    },
    onBatch: (verb, members) => metrics.laneBatchMembers.observe({ verb }, members),
  });
  const waiting = await openWaiting({
    ...{ redis, keys, processId, pool, known, clock, metrics, report, closing },
    lane: lanes.hold,
    authSecret: engines.authSecret,
  });
  const offers: OfferRoom = {
    pool,
    clock,
    seal: offerSeal,
    families: createFareFamilies(pool),
  };
  const booking: BookingRoom = {
    pool,
    orm,
    clock,
    metrics,
    feed,
    store,
    lanes,
    recent: createRecentHolds(),
    limits: config.RATE_LIMITS ? createHoldLimits({ redis, keys, clock }) : noHoldLimits,
    gate,
    waiting: waiting.door,
    alternatives: createAlternatives({ pool, clock }),
    holdTtlSeconds: config.HOLD_TTL_SECONDS,
    acceptOffer: (asked) => acceptOffer(offers, asked),
    announce: (bookings) => logBroadcast.send({ bookings }),
    nudgePayments: () => nudge.payments(),
  };
  const auditStatus = openNote<AuditStatusView>(redis, keys.key('audit', 'status'), auditStatusLifeMs);
  const inventory: InventoryRoom = {
    pool,
    orm,
    clock,
    metrics,
    places,
    seats,
    log,
    drift: createDriftBook(metrics),
    auditStatus: async () => (await auditStatus.get()) ?? null,
    announceLog: () => logBroadcast.send({ bookings: [] }),
    nudgeReleases: () => nudge.releases(),
  };

  const http = createHttpClient(providerConnections);
  closing.push('connections to providers', http.close);
  const address = { mock: config.PAYMENT_MOCK_URL ?? '', self: '' };
  const mockClient = createMockClient({
    http,
    baseUrl: () => address.mock,
    callbackUrl: () => `${address.self}${webhookPath}${mockClient.name}`,
    secrets: engines.webhookSecrets,
  });
  const gateways: PaymentGateways = { [mockClient.name]: mockClient };

  const fares = await openFareRooms({
    config,
    authSecret: engines.authSecret,
    pool,
    redis,
    keys,
    processId,
    clock,
    feed,
    places,
    findOneWays: search.findOneWays,
    announce: booking.announce,
    report,
    closing,
  });
  const identity = openIdentity({
    orm,
    pool,
    redis,
    keys,
    clock,
    config,
    secrets: engines,
    announceEnd: (ended) => {
      endings.hint(ended);
      logBroadcast.send({ bookings: [], ended });
    },
  });

  const jobs = await openJobs({ config, pool, redis, keys, processId, clock, feed, places, metrics, fares, report });
  closing.push('job broadcast', jobs.close);

  let sockets = () => 0;
  const rooms: Rooms = {
    identity,
    inventory,
    offers,
    booking,
    access: openAccess({
      ...{ pool, redis, keys, clock, config, closing, log, report },
      tokens: identity.tokens,
      ownUrl: () => address.self,
    }),
    waiting,
    jobs: jobs.room,
    providers: fares.providers,
    prices: fares.prices,
    alerts: fares.alerts,
    search: search.room,
    schedules: { inventory, announcePlaces: () => logBroadcast.send({ bookings: [], places: true }) },
    metrics,
    log,
    version,
    overview: () => readOverview({ pool, clock, sockets: () => sockets() }),
    health: () => checkHealth({ pool, redis, clock, version, startedAtMs, sockets: () => sockets() }),
    failureOf: createFailureMap(report),
  };
  const lease = options.lease ?? createLease(redis, (name) => keys.key('lease', name));
  await search.project(feed, record, lease);
  // A port that others share is for those who are ready.
  if (nodeCluster.isWorker) await warm;
  const readiness = { ready: false, draining: false };
  const door = await openFrontDoor(rooms, {
    host: config.HOST,
    port: config.PORT,
    corsOrigins: config.CORS_ORIGINS,
    publicRoutes: config.AIRSIDE_ROLE !== 'worker',
    webhooks: { gateways },
    readiness,
    log,
    adapter: options.adapter,
    callLimit: config.RATE_LIMITS ? createRateLimit({ redis, keys }, callsEverywhere) : undefined,
  });
  sockets = door.sockets;
  endings.hint = door.endSocketsOf;
  address.self = door.url;

  if (config.AIRSIDE_ROLE !== 'worker') closing.push('waiting room', waiting.start(() => expireHolds(booking)).stop);
  if (config.AIRSIDE_ROLE !== 'web') {
    if (!config.PAYMENT_MOCK_URL) {
      const mock = await startMockGateway({
        successRate: config.PAYMENT_SUCCESS_RATE,
        minDelayMs: config.PAYMENT_MIN_DELAY_MS,
        maxDelayMs: config.PAYMENT_MAX_DELAY_MS,
        secret: engines.webhookSecrets[0] as string,
        clock,
        isTrusting: true,
      });
      closing.push('mock gateway', mock.close);
      address.mock = mock.url;
    }
    const chores = startBookingChores(booking, { lease, report });
    const payments = startPaymentChore({
      queue: createPostgresPaymentQueue(pool),
      gateways,
      clock,
      apply: (event) => applyPaymentEvent(booking, event),
      onRefunded: (refund) => completeRefund(booking, refund),
      report,
    });
    const endHolds = async (ids: string[]) => void (await expireThese(booking, ids));
    closing.push('audit', startAuditChore(inventory, { lease, status: auditStatus, report, endHolds }).stop);
    closing.push('chores', chores.stop);
    closing.push('batch pruning', startBatchPruning({ pool, lease, clock, report }).stop);
    const relay = startRelay({ record, stream, lease, clock, report });
    closing.push('relay', relay.stop);
    closing.push('pruning', startPruning({ pool, record, retention: logRetention, lease, clock, report }).stop);
    closing.push('payments', payments.stop);
    nudge = { payments: payments.nudge, releases: chores.nudge.releases, relay: relay.nudge };
  }
  await warm;
  if (config.AIRSIDE_ROLE !== 'web') {
    fares.startChores(lease);
    closing.push('jobs', jobs.startWork(lease));
  }
  closing.push('front door', door.close);
  readiness.ready = true;
  return { url: door.url, nudgePayments: () => nudge.payments(), stop: () => closing.close(log) };
}
