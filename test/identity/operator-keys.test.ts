import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateKeyInput } from '../../shared/identity.ts';
import { askHttp } from '../support/ask-http.ts';
import { type Connected, connect, failureOf } from '../support/connect.ts';
import { flightInput } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('keys of operators', () => {
  let scene: Scene;
  const opened: Connected[] = [];
  beforeAll(async () => {
    scene = await openScene({ ...silentGateway });
  });
  afterAll(async () => {
    await Promise.all(opened.map((each) => each.close()));
    await scene.close();
  });

  const make = (input: Partial<CreateKeyInput> & Pick<CreateKeyInput, 'scopes'>) =>
    scene.operator.trpc.admin.keys.create.mutate({ name: 'a test', ...input });
  const as = (apiKey: string): Connected => {
    const caller = connect(scene.server.url, { apiKey });
    opened.push(caller);
    return caller;
  };

  it('[WHO-9] opens its areas and no others', async () => {
    const flights = as((await make({ scopes: ['flights'] })).key);
    await flights.trpc.admin.flights.create.mutate(flightInput());
    expect((await failureOf(flights.trpc.admin.seats.audit.query({}))).code).toBe('FORBIDDEN');
    expect((await failureOf(flights.trpc.admin.keys.list.query())).code).toBe('FORBIDDEN');
    const reader = as((await make({ scopes: ['read'] })).key);
    expect((await reader.trpc.admin.flights.list.query({})).flights.length).toBeGreaterThan(0);
    expect(await reader.trpc.admin.seats.audit.query({})).toMatchObject({ drift: 0 });
    expect((await failureOf(reader.trpc.admin.flights.create.mutate(flightInput()))).code).toBe('FORBIDDEN');
    expect((await failureOf(reader.trpc.admin.keys.list.query())).code).toBe('FORBIDDEN');
  });

  it('[WHO-10] only a digest is kept, and the key is told once', async () => {
    const { id, key } = await make({ scopes: ['read'] });
    const { rows } = await scene.db.query('select * from operator_key where id = $1', [id]);
    expect(JSON.stringify(rows)).not.toContain(key.slice(36));
    const { keys } = await scene.operator.trpc.admin.keys.list.query();
    expect(keys.find((each) => each.id === id)).toBeDefined();
    expect(JSON.stringify(keys)).not.toContain(key.slice(36));
    const again = await failureOf(make({ id, scopes: ['read'] }));
    expect(again.code).toBe('NOT_ALLOWED');
  });

  it('[WHO-10] one that was altered, is over or was revoked opens nothing, all with the same answer', async () => {
    const { id, key } = await make({ scopes: ['read'] });
    const holder = as(key);
    await holder.trpc.admin.overview.query();
    await scene.operator.trpc.admin.keys.revoke.mutate({ keyId: id });
    const over = await make({ scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' });
    const altered = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const bad of [key, over.key, altered, 'ak_', 'test-operator-key-of-this-ruN']) {
      expect(await askHttp(scene.server.url, 'admin.overview', { apiKey: bad })).toEqual({
        failure: {
          code: 'UNAUTHENTICATED',
          retryable: false,
          details: { reason: 'the operator key is not valid' },
        },
      });
    }
  });

  it('[WHO-11] a key with a list of addresses is good from those alone', async () => {
    const elsewhere = await make({ scopes: ['read'], addresses: ['10.0.0.0/8', '2001:db8::/32'] });
    expect(await askHttp(scene.server.url, 'admin.overview', { apiKey: elsewhere.key })).toMatchObject({
      failure: { code: 'FORBIDDEN' },
    });
    const here = await make({ scopes: ['read'], addresses: ['10.0.0.0/8', '127.0.0.1'] });
    expect(await as(here.key).trpc.admin.overview.query()).toBeDefined();
    const bad = await failureOf(make({ scopes: ['read'], addresses: ['localhost'] }));
    expect(bad.code).toBe('INVALID_INPUT');
  });
});
