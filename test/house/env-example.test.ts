import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { exampleFile, exampleText, readmeFile, settings, withSettings } from '../../scripts/env-example.ts';
import { ConfigError, readConfig } from '../../server/config.ts';

const root = join(import.meta.dirname, '../..');

/** The variables that the contract promises. */
const promised = `
  PORT HOST DATABASE_URL REDIS_URL DB_POOL_SIZE AIRSIDE_DATA_DIR AIRSIDE_ROLE WEB_CONCURRENCY AIRSIDE_DEMO
  ADMIN_API_KEY AUTH_SECRET TOKEN_TTL_MINUTES AUTH_JWKS_URL AUTH_ISSUER AUTH_AUDIENCE CORS_ORIGINS HOLD_TTL_SECONDS
  PAYMENT_SUCCESS_RATE PAYMENT_MIN_DELAY_MS PAYMENT_MAX_DELAY_MS PAYMENT_WEBHOOK_SECRETS PROVIDERS DUFFEL_TOKEN
  DUFFEL_URL WORKER_CONCURRENCY WORKER_BATCH_SIZE MAX_RETRIES WORKER_RATE_LIMIT WORKER_TIME_WINDOW_MS RATE_LIMITS
  LOG_LEVEL`
  .trim()
  .split(/\s+/);

describe('.env.example', () => {
  test('[CONFIG-1] is what the schema says', () => {
    expect(readFileSync(exampleFile, 'utf8')).toBe(exampleText());
  });

  test('[CONFIG-1] the README’s table is what the schema says', () => {
    const readme = readFileSync(readmeFile, 'utf8');
    expect(readme).toBe(withSettings(readme));
  });

  test('[CONFIG-1] has every promised variable, each with a meaning', () => {
    const names = settings().map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(promised));
    for (const { name, about } of settings()) {
      expect(about.length, name).toBeGreaterThan(10);
      expect(about, name).not.toMatch(/[\n|]/);
    }
  });

  test('[CONFIG-1] changes nothing when it is used as it is, nor when every default is taken', () => {
    const example = readFileSync(exampleFile, 'utf8');
    expect(parseEnv(example)).toEqual({});
    const defaults = parseEnv(example.replaceAll(/^# (?=[A-Z_]+=)/gm, ''));
    expect(Object.keys(defaults).sort()).toEqual(
      settings()
        .map(({ name }) => name)
        .sort(),
    );
    expect(readConfig(defaults as Record<string, string>)).toEqual(readConfig({}));
  });
});

describe('the settings', () => {
  test.each([
    ['PORT', 'banana'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['DATABASE_URL', 'mysql://somewhere/db'],
    ['DATABASE_URL', 'somewhere'],
    ['REDIS_URL', 'http://somewhere'],
    ['REDIS_URL', 'redis://one,nonsense'],
    ['DB_POOL_SIZE', '1'],
    ['AIRSIDE_ROLE', 'boss'],
    ['WEB_CONCURRENCY', '0'],
    ['AIRSIDE_DEMO', 'yes'],
    ['ADMIN_API_KEY', 'short'],
    ['AUTH_SECRET', 'also too short'],
    ['TOKEN_TTL_MINUTES', '0'],
    ['AUTH_JWKS_URL', 'ftp://keys'],
    ['HOLD_TTL_SECONDS', '15m'],
    ['PAYMENT_SUCCESS_RATE', '1.1'],
    ['PAYMENT_SUCCESS_RATE', '75%'],
    ['PAYMENT_MIN_DELAY_MS', '-5'],
    ['PAYMENT_MIN_DELAY_MS', '501'],
    ['PAYMENT_MAX_DELAY_MS', 'slow'],
    ['DUFFEL_URL', 'duffel'],
    ['WORKER_CONCURRENCY', '0'],
    ['WORKER_BATCH_SIZE', '1e9'],
    ['MAX_RETRIES', '-1'],
    ['WORKER_RATE_LIMIT', '0'],
    ['WORKER_TIME_WINDOW_MS', '0'],
    ['RATE_LIMITS', 'false'],
    ['LOG_LEVEL', 'loud'],
  ])('[CONFIG-2] %s=%s is one line that begins with its name', (name, value) => {
    let thrown: unknown;
    try {
      readConfig({ [name]: value });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    const { message } = thrown as ConfigError;
    expect(message).toMatch(new RegExp(`^${name}: .{8,}$`));
  });

  test('[CONFIG-2] an empty value counts as none, and the result cannot be changed', () => {
    const config = readConfig({ PORT: '', DATABASE_URL: '', CORS_ORIGINS: '', UNKNOWN: 'x' });
    expect(config).toEqual(readConfig({}));
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('[CONFIG-2] every bad value is named, not the first alone', () => {
    expect(() => readConfig({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT: .*; LOG_LEVEL: /);
  });

  test('[CONFIG-2] the server ends with code 1 and one line that names the variable', async () => {
    const server = spawn(process.execPath, [join(root, 'server/main.ts')], {
      cwd: root,
      env: { PATH: process.env.PATH, PORT: 'banana' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, [code]] = await Promise.all([text(server.stdout), text(server.stderr), once(server, 'exit')]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.trimEnd().split('\n')).toEqual([expect.stringContaining('PORT: ')]);
  });
});
