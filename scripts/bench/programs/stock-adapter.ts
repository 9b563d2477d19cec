import { startApp } from '../../../server/app.ts';
import { readConfig } from '../../../server/config.ts';
import { openEngines } from '../../../server/engines.ts';
import { Closing } from '../../../server/platform/runtime/closing.ts';
import { createLogger } from '../../../server/platform/telemetry/logger.ts';

// The real server, but for its sockets: those are tRPC's own adapter's.

const config = readConfig(process.env);
const log = createLogger(config.LOG_LEVEL);
const closing = new Closing();
const stop = (): void => void closing.close(log).then(() => process.exit());
process.on('SIGTERM', stop);
process.on('disconnect', stop);

// All that it needs is given to it: there is no embedded engine that could end.
const engines = await openEngines(config, closing, () => undefined);
const app = await startApp({ config, engines, log, adapter: 'stock' });
closing.push('app', app.stop);
process.send?.({ ready: app.url });
