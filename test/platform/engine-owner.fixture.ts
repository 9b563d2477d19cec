// A server reduced to its engines, for tests that kill it: claims the directory, starts both, says where they are.
import { claimDataDir } from '../../server/platform/embedded/data-dir.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';

export interface OwnedEngines {
  postgres: { pid: number; url: string };
  redis: { pid: number; url: string };
}

const { dir } = await claimDataDir(process.argv[2] as string);
const [postgres, redis] = await Promise.all([
  startEmbeddedPostgres({ dataDir: dir, durable: process.argv[3] !== 'fast' }),
  startEmbeddedRedis({ dataDir: dir }),
]);
const engines: OwnedEngines = {
  postgres: { pid: postgres.pid, url: postgres.url },
  redis: { pid: redis.pid, url: redis.url },
};
console.log(JSON.stringify(engines));
setInterval(() => {}, 60_000);
