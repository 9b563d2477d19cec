import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../server/config.ts';
import { type MockGateway, startMockGateway } from '../server/domain/payments/mock-gateway.ts';
import { systemClock } from '../server/platform/runtime/clock.ts';

const usage = `\
npm run mock-gateway -- [--port N] [--callback URL] [--state FILE]
  --port      where to listen on 127.0.0.1; a free port by default
  --callback  where callbacks go, whatever the orders say
  --state     keeps what it knows in this file, and then refuses what it does not know
PAYMENT_WEBHOOK_SECRETS must be the server's; PAYMENT_SUCCESS_RATE, PAYMENT_MIN_DELAY_MS and
PAYMENT_MAX_DELAY_MS mean what they mean to the server. The server finds it by PAYMENT_MOCK_URL.`;

/** The mock gateway as a process of its own, until it is told to end. */
async function open(): Promise<MockGateway> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, callback: { type: 'string' }, state: { type: 'string' } },
  });
  const config = readConfig(process.env);
  const secret = config.PAYMENT_WEBHOOK_SECRETS?.[0];
  if (!secret) throw new ConfigError('PAYMENT_WEBHOOK_SECRETS: must be set to the secrets of the server');
  const port = Number(values.port ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new ConfigError('--port: must be a port');
  if (values.callback !== undefined && !/^https?:$/.test(URL.parse(values.callback)?.protocol ?? '')) {
    throw new ConfigError('--callback: must be a URL starting with http:// or https://');
  }
  return startMockGateway({
    successRate: config.PAYMENT_SUCCESS_RATE,
    minDelayMs: config.PAYMENT_MIN_DELAY_MS,
    maxDelayMs: config.PAYMENT_MAX_DELAY_MS,
    secret,
    clock: systemClock,
    port,
    callbackUrl: values.callback,
    stateFile: values.state,
    isTrusting: values.state === undefined,
  });
}

try {
  const gateway = await open();
  console.log(`mock gateway ready at ${gateway.url}`);
  const stop = () => void gateway.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  console.error(`mock gateway: ${message}${code?.startsWith('ERR_PARSE_ARGS') ? `\n${usage}` : ''}`);
  process.exitCode = 1;
}
