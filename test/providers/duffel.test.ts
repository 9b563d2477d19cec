import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { duffelOfferSchema } from '../../server/domain/duffel/duffel-client.ts';
import { createDuffelProvider } from '../../server/domain/duffel/duffel-provider.ts';
import type { FareQuestion } from '../../server/domain/providers/fare-provider.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { moneyOfDecimal } from '../../shared/money.ts';
import { ampleLimit, type FakeDuffel, startFakeDuffel } from '../support/fake-duffel.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { describeRecorded, sharedData } from '../support/shared-data.ts';

let duffel: FakeDuffel;
beforeAll(async () => {
  duffel = await startFakeDuffel();
});
afterAll(() => duffel.close());
beforeEach(() => {
  Object.assign(duffel, { offers: [], isInline: false, limit: ampleLimit, refusal: null });
  duffel.requests.length = 0;
});

const question: FareQuestion = {
  origin: 'SYD',
  destination: 'MEL',
  departDate: '2022-04-16',
  returnDate: null,
  cabin: 'economy',
  party: { adults: 2, children: 1, infantsOnLap: 1, infantsInSeat: 0 },
};
const signal = new AbortController().signal;
const ask = async (asked: FareQuestion = question, token = 'duffel_test_fake') => {
  const provider = createDuffelProvider({ url: duffel.url, token, clock: systemClock });
  return (await provider.ask([asked], { signal, at: '2022-04-01T00:00:00.000Z' }))[0];
};

const segment = (number: string, more: object = {}) => ({
  departing_at: '2022-04-16T20:00:00',
  arriving_at: '2022-04-16T21:35:00',
  marketing_carrier: { iata_code: 'QF' },
  marketing_carrier_flight_number: number,
  operating_carrier: { iata_code: 'QF' },
  operating_carrier_flight_number: number,
  ...more,
});
const offer = (amount: string, currency: string, ...slices: object[][]) => ({
  id: `off_${amount}`,
  total_amount: amount,
  total_currency: currency,
  expires_at: null,
  a_field_of_tomorrow: true,
  slices: slices.map((segments) => ({ duration: 'PT01H35M', fare_brand_name: 'Flexible', segments })),
});

describe('Duffel', () => {
  test('[PROV-7] asks by the official names and normalises what comes', async () => {
    duffel.offers = [
      offer('627.00', 'GBP', [
        segment('495', { operating_carrier: { iata_code: 'EK' }, operating_carrier_flight_number: '0021' }),
      ]),
      offer('129.51', 'GBP', [segment('487', { operating_carrier_flight_number: null }), segment('9')]),
    ];
    expect(await ask()).toEqual({
      outcome: 'found',
      offers: [
        {
          key: 'QF487@2022-04-16+QF9@2022-04-16',
          price: { amount: 12_951, currency: 'GBP' },
          priceKind: 'one_way',
          carriers: ['QF'],
          stops: 1,
          durationMinutes: 95,
          departsAt: '2022-04-16T20:00',
          fareBrand: 'Flexible',
        },
        {
          key: 'EK21@2022-04-16',
          price: { amount: 62_700, currency: 'GBP' },
          priceKind: 'one_way',
          carriers: ['QF'],
          stops: 0,
          durationMinutes: 95,
          departsAt: '2022-04-16T20:00',
          fareBrand: 'Flexible',
        },
      ],
    });
    expect(duffel.requests[0]?.body).toEqual({
      data: {
        slices: [{ origin: 'SYD', destination: 'MEL', departure_date: '2022-04-16' }],
        passengers: [{ type: 'adult' }, { type: 'adult' }, { age: 10 }, { type: 'infant_without_seat' }],
        cabin_class: 'economy',
      },
    });
    expect(duffel.requests[1]?.path).toBe('/air/offers?offer_request_id=orq_1&sort=total_amount&limit=200');
  });

  test('[PROV-7] reads all pages', async () => {
    duffel.offers = Array.from({ length: 450 }, (_, index) =>
      offer(`${100 + index}.00`, 'EUR', [segment(String(index))]),
    );
    const answer = await ask();
    expect(answer?.outcome === 'found' && answer.offers.length).toBe(450);
    expect(duffel.requests.filter(({ method }) => method === 'GET')).toHaveLength(3);
  });

  test('[PROV-7] a round trip is one price; no offers at all is empty, with the request as evidence', async () => {
    duffel.isInline = true;
    duffel.offers = [offer('300', 'JPY', [segment('1')], [segment('2')])];
    expect(await ask({ ...question, returnDate: '2022-04-20' })).toMatchObject({
      offers: [
        {
          key: 'QF1@2022-04-16/QF2@2022-04-16',
          price: { amount: 300, currency: 'JPY' },
          priceKind: 'round_trip',
          durationMinutes: 190,
        },
      ],
    });
    duffel.offers = [];
    expect(await ask()).toEqual({ outcome: 'empty', evidence: 'offer request orq_1 has no offers' });
  });

  const refusals: [string, object, object][] = [
    ['rate_limit_error', { headers: { 'ratelimit-reset': '7' } }, { reason: 'rate_limited', retryAfterMs: 7_000 }],
    ['airline_error', {}, { reason: 'unavailable', retryAfterMs: 5_000 }],
    ['api_error', {}, { reason: 'unavailable', retryAfterMs: 5_000 }],
    ['invalid_request_error', {}, { reason: 'unsupported' }],
    ['validation_error', {}, { reason: 'unsupported' }],
    ['authentication_error', {}, { reason: 'blocked' }],
    ['a_kind_of_tomorrow', {}, { reason: 'unavailable', retryAfterMs: 5_000 }],
  ];
  test.each(refusals)('[PROV-7] %s by its name, whatever the status', async (type, more, expected) => {
    duffel.refusal = { status: 400, body: { errors: [{ type, code: 'x', title: 'X' }] }, ...more };
    const answer = await ask();
    expect(answer).toMatchObject({ outcome: 'unknown', ...expected });
    if (!('retryAfterMs' in expected)) expect(answer).not.toHaveProperty('retryAfterMs');
  });

  test('[PROV-7] a wrong token, no server, another shape and infants in seats are unknown, each for its reason', async () => {
    expect(await ask(question, 'wrong')).toMatchObject({ reason: 'blocked' });
    duffel.refusal = { status: 200, body: { data: 'new' } };
    expect(await ask()).toMatchObject({ reason: 'malformed' });
    duffel.refusal = { status: 502, body: 'bad gateway' };
    expect(await ask()).toMatchObject({ reason: 'unavailable' });
    expect(await ask({ ...question, party: { ...question.party, infantsInSeat: 1 } })).toMatchObject({
      reason: 'unsupported',
    });
  });

  describe('the limit that its headers tell', () => {
    /** Its clock and ours differ by days; the reset is held against its own. */
    const spent = {
      'ratelimit-limit': '60',
      'ratelimit-remaining': '0',
      'ratelimit-reset': 'Sat, 16 Apr 2022 10:00:30 GMT',
      date: 'Sat, 16 Apr 2022 10:00:00 GMT',
    };
    const limited = { errors: [{ type: 'rate_limit_error', code: 'rate_limit_exceeded', title: 'Too many' }] };
    const open = () => {
      const clock = new ManualClock();
      const provider = createDuffelProvider({ url: duffel.url, token: 'duffel_test_fake', clock });
      const next = async () => (await provider.ask([question], { signal, at: '2022-04-01T00:00:00.000Z' }))[0];
      return { clock, provider, next };
    };
    beforeEach(() => {
      duffel.offers = [offer('10.00', 'GBP', [segment('1')])];
    });

    test('[PROV-16] where nothing remains, nobody is asked until the window ends', async () => {
      const { clock, next } = open();
      expect(await next()).toMatchObject({ outcome: 'found' });
      duffel.limit = spent;
      // What is spent with the first request of a question keeps the second from nothing: limits are of a kind each.
      expect(await next()).toMatchObject({ outcome: 'found' });
      expect(duffel.requests).toHaveLength(4);
      duffel.limit = ampleLimit;
      // The date is of whole seconds, so one more.
      expect(await next()).toMatchObject({ reason: 'rate_limited', retryAfterMs: 31_000, wasAsked: false });
      clock.advance(30_999);
      expect(await next()).toMatchObject({ reason: 'rate_limited', retryAfterMs: 1, wasAsked: false });
      expect(duffel.requests).toHaveLength(4);
      clock.advance(1);
      expect(await next()).toMatchObject({ outcome: 'found' });
      expect(duffel.requests).toHaveLength(6);
    });

    test.each([
      ['its status', { status: 429, body: 'too many' }],
      ['its type', { status: 400, body: limited }],
    ])(
      '[PROV-16] a refusal for the limit, by %s, was an attempt; after it nobody is asked until the reset',
      async (_, refusal) => {
        const { clock, next } = open();
        duffel.refusal = { ...refusal, headers: { 'ratelimit-reset': '7' } };
        const first = await next();
        expect(first).toMatchObject({ outcome: 'unknown', reason: 'rate_limited', retryAfterMs: 7_000 });
        expect(first).not.toHaveProperty('wasAsked');
        duffel.refusal = null;
        expect(await next()).toMatchObject({ reason: 'rate_limited', retryAfterMs: 7_000, wasAsked: false });
        expect(duffel.requests).toHaveLength(1);
        clock.advance(7_000);
        expect(await next()).toMatchObject({ outcome: 'found' });
      },
    );

    test('[PROV-16] a list whose pages outrun the limit is not read on, and is no whole answer', async () => {
      duffel.offers = Array.from({ length: 450 }, (_, index) => offer(`${index}.00`, 'EUR', [segment(`${index}`)]));
      duffel.limit = spent;
      const { next } = open();
      const answer = await next();
      expect(answer).toMatchObject({ outcome: 'unknown', reason: 'rate_limited', retryAfterMs: 31_000 });
      expect(answer).not.toHaveProperty('wasAsked');
      expect(duffel.requests).toHaveLength(2);
    });

    test('[PROV-16] its budget is the documented window, in questions of two requests', () => {
      expect(open().provider.budget).toEqual({ requestsPerWindow: 30, windowMs: 60_000, concurrency: 4 });
    });
  });

  test.each([
    ['627.00', 'GBP', 62_700],
    ['627', 'GBP', 62_700],
    ['627.5', 'GBP', 62_750],
    ['1000.10', 'KWD', 1_000_100],
    ['1000.00', 'JPY', 1_000],
    ['0.07', 'USD', 7],
    ['9007199254740.99', 'USD', 900_719_925_474_099],
    ['1000.50', 'JPY', undefined],
    ['12.345', 'EUR', undefined],
    ['1e3', 'EUR', undefined],
    ['-5', 'EUR', undefined],
    ['9007199254740993.00', 'USD', undefined],
  ])('[PROV-7] %s %s is exactly %s', (decimal, currency, amount) => {
    expect(moneyOfDecimal(decimal, currency)?.amount).toBe(amount);
  });
});

describeRecorded('Duffel as it was recorded', 'duffel/ruby/offer_requests/create_with_offers.json', () => {
  const read = (file: string) => JSON.parse(readFileSync(sharedData('duffel/ruby', file), 'utf8')) as { data: never };

  test('[PROV-8] the request with 68 offers gives 68 offers with exact money', async () => {
    const { offers } = read('offer_requests/create_with_offers.json').data as { offers: { total_amount: string }[] };
    duffel.offers = offers;
    duffel.isInline = true;
    const answer = await ask();
    if (answer?.outcome !== 'found') throw new Error(answer?.outcome);
    expect(answer.offers).toHaveLength(68);
    const pence = offers.map((each) => Number(each.total_amount.replace('.', ''))).sort((a, b) => a - b);
    expect(answer.offers.map((each) => each.price.amount)).toEqual(pence);
    expect(new Set(answer.offers.map((each) => each.price.currency))).toEqual(new Set(['GBP']));
    // Four kinds of ticket for each of seventeen flights.
    expect(new Set(answer.offers.map((each) => each.key)).size).toBe(17);
    expect(answer.offers.every((each) => each.durationMinutes === 95 && each.stops === 0)).toBe(true);
  });

  test('[PROV-8] a recorded page of 50 offers reads, and every recorded error is its kind', async () => {
    const page = read('offers/list.json').data as unknown[];
    expect(page.map((each) => duffelOfferSchema.parse(each))).toHaveLength(50);
    const reasons: Record<string, string> = {};
    for (const name of ['airline_error', 'authentication_error', 'invalid_request_error', 'rate_limit_error']) {
      duffel.refusal = { status: 400, body: read(`${name}.json`) };
      const answer = await ask();
      reasons[name] = answer?.outcome === 'unknown' ? answer.reason : 'answered';
    }
    expect(reasons).toEqual({
      airline_error: 'unavailable',
      authentication_error: 'blocked',
      invalid_request_error: 'unsupported',
      rate_limit_error: 'rate_limited',
    });
  });
});
