import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { distinctOffers } from '../../server/domain/providers/distinct-offers.ts';
import type { FareOffer, FareProvider, FareQuestion } from '../../server/domain/providers/fare-provider.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let reply = { status: 200, body: '{"fares":[]}' };
const service = createServer((_, response) => response.writeHead(reply.status).end(reply.body));
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'airside-provider-'));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
});

const question: FareQuestion = {
  origin: 'LHR',
  destination: 'JFK',
  departDate: '2027-01-01',
  returnDate: null,
  cabin: 'economy',
  party: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
};

describe('docs/providers.md', () => {
  test('[PROV-13] the provider that it shows works, in some thirty lines', async () => {
    const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(root, 'docs/providers.md'), 'utf8')) ?? [];
    expect(code.split('\n').length).toBeLessThan(45);
    const file = join(folder, 'example.ts');
    writeFileSync(file, code.replaceAll(`from '../`, `from '${root}`));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const { createExampleProvider } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
      createExampleProvider: (url: string) => FareProvider;
    };
    const provider = createExampleProvider(`http://127.0.0.1:${(service.address() as AddressInfo).port}`);
    const ask = async (more: Partial<FareQuestion> = {}) =>
      (
        await provider.ask([{ ...question, ...more }], {
          signal: new AbortController().signal,
          at: '2026-12-01T00:00:00.000Z',
        })
      )[0];
    expect(await ask()).toEqual({ outcome: 'empty', evidence: 'it lists no fares' });
    reply = { status: 200, body: '{"fares":[{"flight":"XY12","cents":12300},{"flight":"XY14","cents":9900}]}' };
    expect(await ask()).toMatchObject({
      outcome: 'found',
      offers: [{ key: 'XY14@2027-01-01', price: { amount: 9_900 } }, { key: 'XY12@2027-01-01' }],
    });
    expect(await ask({ returnDate: '2027-01-09' })).toMatchObject({ reason: 'unsupported' });
    reply = { status: 429, body: '' };
    expect(await ask()).toMatchObject({ reason: 'rate_limited' });
  });
});

describe('offers of several providers', () => {
  const offer = (key: string, amount: number, more: Partial<FareOffer> = {}): FareOffer => ({
    key,
    price: { amount, currency: 'USD' },
    priceKind: 'one_way',
    carriers: ['BA'],
    stops: 0,
    durationMinutes: 60,
    departsAt: null,
    ...more,
  });

  test('[PROV-14] the same flights are one offer, the cheapest, with who has it; kinds of price and currencies stay apart', () => {
    const merged = distinctOffers([
      { provider: 'duffel', offers: [offer('A', 300), offer('A', 250, { fareBrand: 'Basic' }), offer('B', 400)] },
      {
        provider: 'google-flights',
        offers: [offer('A', 250), offer('B', 399), offer('C', 100, { priceKind: 'round_trip' })],
      },
      {
        provider: 'inventory',
        offers: [
          offer('C', 90, { priceKind: 'sum_of_one_ways' }),
          offer('B', 1, { price: { amount: 1, currency: 'EUR' } }),
        ],
      },
    ]);
    expect(merged.map(({ key, price, providers }) => [key, price.amount, price.currency, providers.join()])).toEqual([
      ['B', 1, 'EUR', 'inventory'],
      ['C', 90, 'USD', 'inventory'],
      ['C', 100, 'USD', 'google-flights'],
      ['A', 250, 'USD', 'duffel,google-flights'],
      ['B', 399, 'USD', 'google-flights'],
    ]);
  });
});
