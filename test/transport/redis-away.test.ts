import { describe, expect, inject, it } from 'vitest';
import { startFaultProxy } from '../../scripts/stage/fault-proxy.ts';
import { openRedis } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { createFailureMap } from '../../server/transport/failures.ts';

const failureOf = createFailureMap(() => 'reported');
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'answered',
    (error: unknown) => failureOf(error).code,
  );

describe('what cannot be asked because Redis is away', () => {
  it.skipIf(process.env.TEST_REDIS === 'cluster')('[WIRE-4] is UNAVAILABLE, not a fault of ours', async () => {
    const address = new URL(inject('redisUrl'));
    const line = await startFaultProxy(Number(address.port));
    address.port = String(line.port);
    const redis = openRedis(address.href, createLogger('silent'));
    await new Promise((resolve) => redis.commands.once('ready', resolve));
    const asked = Array.from({ length: 20 }, () => codeOf(redis.commands.get('whatever')));
    const [, ...cut] = await Promise.all([line.stop(), ...asked]);
    for (const code of cut) expect(['answered', 'UNAVAILABLE']).toContain(code);
    expect(await codeOf(redis.commands.get('whatever'))).toBe('UNAVAILABLE');
    // A command that Redis refuses for what it is stays a fault.
    const whole = openRedis(inject('redisUrl'), createLogger('silent'));
    await new Promise((resolve) => whole.commands.once('ready', resolve));
    expect(await codeOf(whole.commands.call('NOSUCHCOMMAND'))).toBe('INTERNAL');
    await Promise.all([redis.close(), whole.close()]);
  });
});
