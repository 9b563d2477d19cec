import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { startApp } from './app.ts';
import { ConfigError, type Environment, readConfig } from './config.ts';
import { type Engines, openEngines } from './engines.ts';
import { freePort } from './platform/embedded/engine-process.ts';
import { systemClock } from './platform/runtime/clock.ts';
import { Closing } from './platform/runtime/closing.ts';
import { createLogger } from './platform/telemetry/logger.ts';
import { startWebProcesses, type WebProcesses } from './web-processes.ts';

/**
 * Reads the settings, starts, handles signals. With `WEB_CONCURRENCY` above one the first process
 * keeps the engines and the others share the port; SIGUSR2 replaces those one after the other.
 */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLogger(config.LOG_LEVEL);
  const closing = new Closing();
  let stopping = false;
  const stop = async (why: string, code: number): Promise<void> => {
    // A signal to the whole group reaches us twice, directly and through the launcher.
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    await closing.close(log);
    process.exit(code);
  };
  process.on('SIGTERM', () => void stop('SIGTERM', 0));
  process.on('SIGINT', () => void stop('SIGINT', 0));
  process.on('SIGHUP', () => void stop('SIGHUP', 0));
  let renew = async (): Promise<void> => log.warn('there are no web processes of ours to replace');
  process.on('SIGUSR2', () => void renew());
  // The launcher is gone (even by kill -9): nobody would ever stop us.
  process.on('disconnect', () => void stop('launcher gone', 0));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    void stop('uncaught exception', 1);
  });

  try {
    if (cluster.isWorker) {
      const engines = JSON.parse(process.env.AIRSIDE_ENGINES as string) as Engines;
      const app = await startApp({ config, engines, log });
      closing.push('app', app.stop);
      process.send?.({ ready: app.url });
      return;
    }
    const engines = await openEngines(config, closing, (what, detail) => {
      if (what === 'restarted') {
        log.error({ detail }, 'an embedded engine ended and is started again');
        return;
      }
      log.fatal({ detail }, 'an embedded engine cannot be kept running');
      void stop('engine lost', 1);
    });
    say(`operator key  ${engines.adminApiKey}`);
    if (config.WEB_CONCURRENCY > 1 && config.AIRSIDE_ROLE !== 'worker') {
      const webs = await serveByMany(config, engines, closing, log, (why) => void stop(why, 1));
      renew = webs.renew;
      announce(webs.url);
      say(`kill -USR2 ${process.pid} replaces the web processes one after the other`);
      return;
    }
    const app = await startApp({ config, engines, log, onProgress: progressOnTerminal() });
    closing.push('app', app.stop);
    announce(app.url);
  } catch (error) {
    await closing.close(log);
    // Asked to stop while starting: that the start failed then is no news.
    if (!stopping) throw error;
  }
}

async function serveByMany(
  config: Readonly<Environment>,
  engines: Engines,
  closing: Closing,
  log: Logger,
  onGivenUp: (why: string) => void,
): Promise<WebProcesses> {
  // Migrates and loads once, before anybody serves.
  const first = await startApp({
    config: { ...config, AIRSIDE_ROLE: 'worker', PORT: 0 },
    engines,
    log,
    onProgress: progressOnTerminal(),
  });
  if (config.AIRSIDE_ROLE === 'web') await first.stop();
  else closing.push('background', first.stop);
  const webs = await startWebProcesses({
    count: config.WEB_CONCURRENCY,
    env: {
      AIRSIDE_ENGINES: JSON.stringify(engines),
      AIRSIDE_ROLE: 'web',
      AIRSIDE_DEMO: '0',
      // One that is started later must come to the same address.
      PORT: String(config.PORT || (await freePort())),
    },
    clock: systemClock,
    log,
    onGivenUp,
  });
  closing.push('web processes', webs.stop);
  return webs;
}

function announce(url: string): void {
  say(`api           ${url.replace('http', 'ws')}/trpc`);
  say(`health        ${url}/health`);
  say(`metrics       ${url}/metrics`);
  say(`airside ready at ${url}`);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A line that counts up where somebody looks; nothing in a log file. */
function progressOnTerminal(): (what: string, done: number, of: number) => void {
  const startedAt = performance.now();
  return (what, done, of) => {
    if (!process.stderr.isTTY) return;
    const leftSeconds = ((performance.now() - startedAt) / done) * (of - done) * 0.001;
    process.stderr.write(`\r${what}: ${done}/${of} days, ${leftSeconds.toFixed(0)} s left ${done === of ? '\n' : ''}`);
  };
}

main().catch((error: unknown) => {
  // One line for what a person can mend; the stack only for what is our fault.
  const known = error instanceof ConfigError || (error instanceof Error && 'code' in error) || isRefusal(error);
  process.stderr.write(
    `airside: ${known ? (error as Error).message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
});

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && error.name !== 'Error' && error.name !== 'TypeError';
