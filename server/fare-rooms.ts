import type { Pool } from 'pg';
import type { Environment } from './config.ts';
import { startAlertChores } from './domain/alerts/alert-chores.ts';
import { type AlertRoom, alertSecrets } from './domain/alerts/alert-room.ts';
import type { PlaceDirectory } from './domain/places/place-directory.ts';
import { openPriceRoom, type PriceRoom, startPricePruning, startRecording } from './domain/prices/price-room.ts';
import type { FindOneWays } from './domain/providers/inventory-provider.ts';
import { startProviderChores } from './domain/providers/provider-chores.ts';
import { openProviderRoom, type ProviderRoom } from './domain/providers/provider-room.ts';
import { fareProviders } from './fare-providers.ts';
import type { Feed } from './platform/feed/feed.ts';
import { openMailer } from './platform/mail/mailer.ts';
import { openBroadcast } from './platform/redis/broadcast.ts';
import type { Keyspace } from './platform/redis/keyspace.ts';
import type { Lease } from './platform/redis/lease.ts';
import type { RedisConnections } from './platform/redis/redis.ts';
import type { Clock } from './platform/runtime/clock.ts';
import type { Closing } from './platform/runtime/closing.ts';
import type { ErrorReporter } from './platform/telemetry/error-reporter.ts';

export interface FareRooms {
  providers: ProviderRoom;
  prices: PriceRoom;
  alerts: AlertRoom;
  /** What goes on in the background of a process that works, not only answers. */
  startChores(lease: Lease): void;
}

export interface FareRoomsOptions {
  config: Readonly<Environment>;
  authSecret: string;
  pool: Pool;
  redis: RedisConnections;
  keys: Keyspace;
  processId: string;
  clock: Clock;
  feed: Feed;
  places: PlaceDirectory;
  findOneWays: FindOneWays;
  announce: (subjects: string[]) => void;
  report: ErrorReporter;
  closing: Closing;
}

/** Composes what asks for fares and what becomes of the answers: providers → prices → alerts. */
export async function openFareRooms(options: FareRoomsOptions): Promise<FareRooms> {
  const { config, pool, redis, keys, clock, feed, places, findOneWays, report, closing } = options;
  let nudgeAlerts = () => {};

  const prices = openPriceRoom({ pool, clock });
  const providers = openProviderRoom({
    ...options,
    providers: fareProviders(config, { clock, places, findOneWays }),
    limit: {
      ...(config.WORKER_RATE_LIMIT && { requestsPerWindow: config.WORKER_RATE_LIMIT }),
      ...(config.WORKER_TIME_WINDOW_MS && { windowMs: config.WORKER_TIME_WINDOW_MS }),
    },
    onAnswers: prices.recorder.observe,
  });
  closing.push('fare providers', providers.close);

  const news = await openBroadcast<{ origin: string; destination: string }[]>({
    redis,
    channel: keys.channel('prices'),
    processId: options.processId,
    onMessage: (routes) => {
      prices.news.tell(routes);
      nudgeAlerts();
    },
  });
  closing.push('news of prices', news.close);
  closing.push('price recording', startRecording(prices, { report, onWritten: news.send }).stop);

  const alerts: AlertRoom = {
    pool,
    clock,
    feed,
    places,
    providers: providers.names,
    secretOf: alertSecrets(options.authSecret),
    announce: options.announce,
    // Alerts are looked at where chores run, which may be another process.
    nudge: () => news.send([]),
  };

  return {
    providers,
    prices,
    alerts,
    startChores: (lease) => {
      const mailer = openMailer({ url: config.SMTP_URL, from: config.MAIL_FROM });
      closing.push('mail', mailer.close);
      const delivery = {
        pool,
        clock,
        mailer,
        secretOf: alerts.secretOf,
        allowInside: config.WEBHOOK_PRIVATE_ADDRESSES,
      };
      const chores = startAlertChores(alerts, { delivery, report });
      nudgeAlerts = chores.nudge;
      closing.push('alerts', chores.stop);
      closing.push('price pruning', startPricePruning(prices, { report }).stop);
      closing.push('fare provider chores', startProviderChores(providers, { lease, clock, report }).stop);
    },
  };
}
