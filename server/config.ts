import * as z from 'zod';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== ''),
);
const count = (least: number, most: number) =>
  z.coerce
    .number(`must be a whole number from ${least} to ${most}`)
    .int(`must be a whole number from ${least} to ${most}`)
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);
const port = count(0, 65_535);
const flag = z.enum(['0', '1']).transform((value) => value === '1');
const isUrl = (text: string, protocols: string[]) => URL.canParse(text) && protocols.includes(new URL(text).protocol);
const starts = (protocols: string[]) => protocols.map((each) => `${each}//`).join(' or ');
const url = (...protocols: string[]) =>
  z.string().refine((text) => isUrl(text, protocols), `must be one URL starting with ${starts(protocols)}`);
const urls = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => text.split(',').every((each) => isUrl(each.trim(), protocols)),
      `must be a URL, or several with commas between, starting with ${starts(protocols)}`,
    );

/**
 * Every environment variable that the server knows. `.env.example` and the README's table are made
 * from this schema; a value that does not fit is one clear line and exit code 1.
 */
export const environmentSchema = z.object({
  PORT: port.default(3000).meta({ about: 'port to listen on; 0 picks a free one' }),
  HOST: z.string().min(1).default('127.0.0.1').meta({ about: 'address to listen on' }),
  DATABASE_URL: url('postgres:', 'postgresql:')
    .optional()
    .meta({ about: 'use this Postgres instead of the embedded one' }),
  REDIS_URL: urls('redis:', 'rediss:')
    .optional()
    .meta({ about: 'use this Redis instead of the embedded one; comma-separated: a cluster' }),
  DB_POOL_SIZE: count(2, 200).default(10).meta({ about: 'Postgres connections of each process' }),
  AIRSIDE_DATA_DIR: z
    .string()
    .min(1)
    .default('.airside')
    .meta({ about: 'where embedded engines and made secrets are kept' }),
  AIRSIDE_ROLE: z.enum(['all', 'web', 'worker']).default('all').meta({ about: 'what this process does' }),
  WEB_CONCURRENCY: count(1, 64).default(1).meta({ about: 'processes that share the port' }),
  AIRSIDE_DEMO: flag.default(true).meta({ about: '0 loads no demo timetable into an empty database' }),
  ADMIN_API_KEY: z
    .string()
    .min(16, 'must have at least 16 characters')
    .optional()
    .meta({ about: 'operator key; made at first start when absent' }),
  AUTH_SECRET: z
    .string()
    .min(32, 'must have at least 32 characters')
    .optional()
    .meta({ about: 'signs tokens; made at first start when absent' }),
  TOKEN_TTL_MINUTES: count(1, 525_600).default(10_080).meta({ about: 'life of a token' }),
  AUTH_JWKS_URL: url('http:', 'https:').optional().meta({ about: 'accept tokens of an outside issuer: its key set' }),
  AUTH_ISSUER: z.string().min(1).optional().meta({ about: 'the outside issuer' }),
  AUTH_AUDIENCE: z.string().min(1).optional().meta({ about: 'the audience that its tokens must name' }),
  PUBLIC_URL: url('http:', 'https:')
    .optional()
    .meta({ about: 'where browsers reach the dashboard, for links in mail; else the address it listens on' }),
  CORS_ORIGINS: list
    .default([])
    .meta({ about: 'comma-separated origins that may open sockets and call over HTTP, besides our own' }),
  HOLD_TTL_SECONDS: count(1, 86_400).default(900).meta({ about: 'life of an unpaid hold' }),
  PAYMENT_SUCCESS_RATE: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.75)
    .meta({ about: 'share of payments that the mock gateway lets succeed' }),
  PAYMENT_MIN_DELAY_MS: count(0, 3_600_000).default(50).meta({ about: 'least delay of the mock gateway' }),
  PAYMENT_MAX_DELAY_MS: count(0, 3_600_000).default(500).meta({ about: 'greatest delay of the mock gateway' }),
  PAYMENT_MOCK_URL: url('http:', 'https:')
    .optional()
    .meta({ about: 'use this mock gateway instead of one inside the process' }),
  PAYMENT_WEBHOOK_SECRETS: list
    .refine((secrets) => secrets.length > 0, 'must name at least one secret')
    .optional()
    .meta({ about: 'comma-separated; the first signs, all verify; made at first start when absent' }),
  PROVIDERS: list
    .pipe(z.array(z.enum(['inventory', 'simulator', 'google-flights', 'duffel'])))
    .default(['inventory', 'simulator'])
    .meta({ about: 'fare providers that are on' }),
  DUFFEL_TOKEN: z.string().min(1).optional().meta({ about: 'token of the Duffel provider' }),
  DUFFEL_URL: url('http:', 'https:').optional().meta({ about: 'address of the Duffel API' }),
  SMTP_URL: url('smtp:', 'smtps:')
    .optional()
    .meta({ about: 'mail server; without it mail is composed and shown to operators only' }),
  MAIL_FROM: z.string().min(3).default('Airside <noreply@localhost>').meta({ about: 'sender of mail' }),
  WEBHOOK_PRIVATE_ADDRESSES: flag.default(false).meta({ about: '1 lets webhooks of alerts lead into the own network' }),
  WORKER_CONCURRENCY: count(1, 256).default(3).meta({ about: 'fare-search steps at once' }),
  WORKER_BATCH_SIZE: count(1, 10_000).default(100).meta({ about: 'combinations in one fare-search step' }),
  MAX_RETRIES: count(0, 100).default(3).meta({ about: 'attempts after the first of a fare-search step' }),
  WORKER_RATE_LIMIT: count(1, 1_000_000)
    .optional()
    .meta({ about: 'fare-search requests a window; by default the provider decides' }),
  WORKER_TIME_WINDOW_MS: count(1, 86_400_000).optional().meta({ about: 'length of that window' }),
  RATE_LIMITS: flag
    .default(true)
    .meta({ about: '0 switches off every limit per user and address, for load tests on one\u2019s own machine' }),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .meta({ about: 'least level that is logged' }),
});

export type Environment = z.infer<typeof environmentSchema>;

/** Reads and freezes the settings. An empty value counts as absent. Throws `ConfigError` naming each bad variable. */
export function readConfig(env: Record<string, string | undefined>): Readonly<Environment> {
  const given = Object.fromEntries(
    Object.keys(environmentSchema.shape)
      .filter((name) => env[name] !== undefined && env[name] !== '')
      .map((name) => [name, env[name]]),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  }
  if (parsed.data.PAYMENT_MIN_DELAY_MS > parsed.data.PAYMENT_MAX_DELAY_MS) {
    throw new ConfigError('PAYMENT_MIN_DELAY_MS: must not exceed PAYMENT_MAX_DELAY_MS');
  }
  return Object.freeze(parsed.data);
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
