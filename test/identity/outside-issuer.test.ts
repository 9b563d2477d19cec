import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askHttp } from '../support/ask-http.ts';
import { connect } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

const issuer = 'https://accounts.example/';
const audience = 'airside';

describe('tokens of an outside issuer', () => {
  let keySet: Server;
  let scene: Scene;
  let theirs: CryptoKey;
  let forged: CryptoKey;
  beforeAll(async () => {
    const pair = await generateKeyPair('RS256');
    theirs = pair.privateKey;
    forged = (await generateKeyPair('RS256')).privateKey;
    const keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };
    keySet = createServer((_, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(keys)),
    );
    await new Promise<void>((resolve) => keySet.listen(0, '127.0.0.1', resolve));
    scene = await openScene({
      ...silentGateway,
      AUTH_JWKS_URL: `http://127.0.0.1:${(keySet.address() as AddressInfo).port}/jwks.json`,
      AUTH_ISSUER: issuer,
      AUTH_AUDIENCE: audience,
    });
  });
  afterAll(async () => {
    await scene.close();
    await new Promise((resolve) => keySet.close(resolve));
  });

  const token = (
    claims: JWTPayload = {},
    key = theirs,
    header: { alg: string; kid?: string } = { alg: 'RS256', kid: 'one' },
  ) =>
    new SignJWT({ sub: 'user_2abc', iss: issuer, aud: audience, email: 'fred@example.org', ...claims })
      .setProtectedHeader(header)
      .setIssuedAt()
      .setExpirationTime(claims.exp ?? '5m')
      .sign(key);
  const ask = async (given: string) => {
    const caller = connect(scene.server.url, { token: given });
    try {
      return await caller.trpc.auth.me.query();
    } finally {
      await caller.close();
    }
  };

  it('[WHO-8] a token that its key set vouches for is somebody, the same one each time', async () => {
    const me = await ask(await token());
    expect(me).toMatchObject({ role: 'traveller', email: 'fred@example.org' });
    expect((await ask(await token())).id).toBe(me.id);
    expect((await ask(await token({ sub: 'user_2xyz' }))).id).not.toBe(me.id);
  });

  it.each<[string, () => Promise<string>]>([
    ['another issuer', () => token({ iss: 'https://elsewhere.example/' })],
    ['another audience', () => token({ aud: 'somebody else' })],
    ['its time is over', () => token({ exp: Math.floor(Date.now() / 1_000) - 60 })],
    ['another key', () => token({}, forged)],
    [
      'no signature',
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        return `${part({ alg: 'none' })}.${part({ sub: 'user_2abc', iss: issuer, aud: audience })}.`;
      },
    ],
    [
      'a secret in place of a key, in their name',
      () =>
        token({}, new TextEncoder().encode('a secret that the attacker chose himself') as unknown as CryptoKey, {
          alg: 'HS256',
        }),
    ],
  ])('[WHO-8] refused: %s', async (_, make) => {
    expect(await askHttp(scene.server.url, 'auth.me', { token: await make() })).toMatchObject({
      failure: { code: 'UNAUTHENTICATED' },
    });
  });

  it('[WHO-7] their users, too, can sign out everywhere', async () => {
    const before = await token({ sub: 'user_signs_out' });
    const caller = connect(scene.server.url, { token: before });
    await caller.trpc.auth.signOutEverywhere.mutate();
    await caller.close();
    expect(await askHttp(scene.server.url, 'auth.me', { token: before })).toMatchObject({
      failure: { code: 'UNAUTHENTICATED' },
    });
  });
});
