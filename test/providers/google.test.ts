import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGoogleProvider, searchUrl } from '../../server/domain/google-flights/google-provider.ts';
import { readAnswer } from '../../server/domain/google-flights/read-answer.ts';
import { decodeTfs } from '../../server/domain/google-flights/tfs.ts';
import { writeMessage } from '../../server/domain/google-flights/wire-message.ts';
import type { FareQuestion } from '../../server/domain/providers/fare-provider.ts';
import { describeRecorded, sharedData } from '../support/shared-data.ts';

/** What each recorded answer holds, counted by another program. */
const captures: [
  file: string,
  found: {
    rows: number;
    best: number;
    legs: number;
    priced: number;
    cheapest: [number, string];
    insight: [string, number] | null;
  },
][] = [
  [
    'ds1-MYJ-TPE-2025-12-22.json',
    { rows: 10, best: 1, legs: 20, priced: 10, cheapest: [717_500, 'TWD'], insight: null },
  ],
  [
    'fli/flight_search_jfk_fra_oneworld.bin',
    { rows: 20, best: 3, legs: 39, priced: 20, cheapest: [67_900, 'USD'], insight: null },
  ],
  [
    'fli/flight_search_jfk_lax_oneway_usd.bin',
    { rows: 28, best: 4, legs: 28, priced: 28, cheapest: [28_840, 'USD'], insight: ['high', 61] },
  ],
  [
    'fli/flight_search_lax_lhr_rt_biz_2a1c.bin',
    { rows: 32, best: 3, legs: 56, priced: 27, cheapest: [1_486_219, 'USD'], insight: ['high', 0] },
  ],
  ['nas/error0.txt', { rows: 6, best: 2, legs: 12, priced: 6, cheapest: [18_057, 'EUR'], insight: ['typical', 0] }],
  [
    'nas/flights_new_test.txt',
    { rows: 12, best: 5, legs: 38, priced: 12, cheapest: [338_823, 'EUR'], insight: ['high', 62] },
  ],
  [
    'nas/lux_milan_oneway.txt',
    { rows: 10, best: 3, legs: 22, priced: 10, cheapest: [82_350, 'EUR'], insight: ['high', 62] },
  ],
  ['nas/raw_multiline.txt', { rows: 22, best: 3, legs: 45, priced: 22, cheapest: [11_875, 'EUR'], insight: null }],
  [
    'nas/with_28_elements.txt',
    { rows: 3, best: 0, legs: 3, priced: 3, cheapest: [44_371, 'EUR'], insight: ['high', 0] },
  ],
];

describeRecorded('answers of Google Flights as they were recorded', 'google/nas/raw_multiline.txt', () => {
  const bodyOf = (file: string) => readFileSync(sharedData('google', file), 'utf8');

  test.each(captures)('[PROV-5] %s', (file, found) => {
    const answer = readAnswer({ status: 200, body: bodyOf(file) }, 'USD');
    if (answer.class !== 'ok') throw new Error(`${answer.class}: ${answer.detail}`);
    const { itineraries, insight, unreadable } = answer.results;
    const prices = itineraries.flatMap(({ price }) => price ?? []);
    const cheapest = prices.toSorted((a, b) => a.amount - b.amount)[0];
    expect({
      rows: itineraries.length,
      best: itineraries.filter(({ isBest }) => isBest).length,
      legs: itineraries.flatMap(({ legs }) => legs).length,
      priced: prices.length,
      cheapest: [cheapest?.amount, cheapest?.currency],
      insight: insight && [insight.level, insight.history.length],
    }).toEqual(found);
    expect(unreadable).toBe(0);
    expect(itineraries.flatMap(({ legs }) => legs).every((leg) => leg.departsAt && leg.arrivesAt)).toBe(true);
    // The list shows whole units, rounded up; the insight quotes the cheapest of them.
    if (insight && cheapest) expect(insight.current.amount).toBe(Math.ceil(cheapest.amount / 100) * 100);
  });

  test('[PROV-5] the price graph: 55 days, each with its price to the cent', () => {
    const answer = readAnswer({ status: 200, body: bodyOf('nas/graph_response') }, 'EUR');
    if (answer.class !== 'ok') throw new Error(answer.class);
    expect(answer.results.calendar).toHaveLength(55);
    expect(answer.results.calendar[0]).toEqual({
      departDate: '2024-01-17',
      returnDate: null,
      price: { amount: 37_946, currency: 'EUR' },
    });
  });

  test('[PROV-5] chunks are found without their lengths, with wrong ones, and when cut off they prove nothing', () => {
    const body = bodyOf('nas/raw_multiline.txt');
    const count = (text: string) => {
      const answer = readAnswer({ status: 200, body: text }, 'EUR');
      return answer.class === 'ok' ? answer.results.itineraries.length : answer.class;
    };
    expect(count(body)).toBe(22);
    expect(count(body.replaceAll(/^\d+$/gm, ''))).toBe(22);
    expect(count(body.replaceAll(/^\d+$/gm, (length) => String(Number(length) + 7)))).toBe(22);
    // The first chunk alone has places and no rows: it would look like a proof that there are no flights.
    const first = body.indexOf('28765');
    expect(count(body.slice(0, first))).toBe('malformed');
    expect(count(body.slice(0, first + 9_000))).toBe('malformed');
  });
});

// ---- answers made here -----------------------------------------------------------------------------------------------

const text = (value: string) => new TextEncoder().encode(value);
const token = (amount: number, exponent: number, currency: string) =>
  Buffer.from(
    writeMessage([
      { field: 1, value: text('session') },
      {
        field: 3,
        value: writeMessage([
          { field: 1, value: BigInt(amount) },
          { field: 2, value: BigInt(exponent) },
          { field: 3, value: text(currency) },
        ]),
      },
    ]),
  ).toString('base64');
const leg = (
  number: string,
  times: [unknown, unknown] = [
    [9, 5],
    [null, 15],
  ],
) => {
  const cells: unknown[] = Array(33).fill(null);
  Object.assign(cells, {
    3: 'LHR',
    6: 'JFK',
    8: times[0],
    10: times[1],
    11: 480,
    20: [2027, 1, 1],
    21: [2027, 1, 2],
    22: ['BA', number, null, 'British Airways'],
  });
  return cells;
};
const row = (price: unknown, number = '117') => {
  const trip: unknown[] = ['BA', ['British Airways'], [leg(number)], 'LHR'];
  trip[9] = 480;
  return [trip, price];
};
const payload = (best: unknown[] | null, other: unknown[] | null = null) => {
  const place = (code: string) => [[[code, 0], code]];
  const cells: unknown[] = [
    [null, null, 0, null, 'session'],
    [[place('LHR'), place('JFK')]],
    best && [best],
    other && [other],
  ];
  return [...cells, ...Array(24).fill(null)];
};
const page = (data: unknown) =>
  `<!doctype html><html><script class="ds:0">AF_initDataCallback({key: 'ds:0', data:[1]});</script><script class="ds:1" nonce="x">AF_initDataCallback({key: 'ds:1', hash: '2', data:${JSON.stringify(data)}, sideChannel: {}});</script></html>`;
const call = (...rows: unknown[]) =>
  `)]}'\n\n${rows.map((each) => `${JSON.stringify([each]).length + 1}\n${JSON.stringify([each])}\n`).join('')}`;
const answered = (data: unknown) => call(['wrb.fr', null, JSON.stringify(data)], ['e', 4, null, null, 100]);
const classOf = (body: string, status = 200, location?: string) => {
  const answer = readAnswer({ status, body, location }, 'USD');
  return answer.class;
};

describe('answers of Google Flights', () => {
  const priced = row([[null, 289], token(28_840, 2, 'USD')]);

  test.each<[string, string, number?, string?]>([
    ['blocked', 'too many', 429],
    ['blocked', 'no', 403],
    ['blocked', '', 302, 'https://www.google.com/sorry/index?continue=x'],
    ['blocked', '<html>Our systems have detected unusual traffic</html>'],
    ['blocked', call(['wrb.fr', null, null, null, null, [13], 'generic'], ['e', 4, null, null, 9])],
    ['consent', '', 302, 'https://consent.google.com/m?continue=x'],
    ['consent', '<html><form action="https://consent.google.de/save"></form></html>'],
    ['malformed', 'server error', 500],
    ['malformed', '<html><body>something new</body></html>'],
    ['malformed', call(['wrb.fr', null, null, null, null, [3], 'generic'])],
    ['malformed', page(payload([['not', 'a', 'row']]))],
    ['malformed', page([null, null, null, null])],
    ['malformed', page(payload([priced])).slice(0, 500)],
    ['partial', page(payload(null, [priced]))],
    ['partial', answered(payload([row([[], ''])]))],
    ['empty', page(payload(null))],
    ['empty', answered(payload(null))],
    ['ok', page(payload([priced]))],
    ['ok', answered(payload(null, [priced]))],
    ['ok', JSON.stringify(payload([priced], [priced]))],
  ])('[PROV-5] %s: %.60s', (expected, body, status, location) => {
    expect(classOf(body, status, location)).toBe(expected);
  });

  test.each([
    [token(8_894, 0, 'TWD'), 8_894, { amount: 889_400, currency: 'TWD' }],
    [token(61_500, 0, 'JPY'), 61_500, { amount: 61_500, currency: 'JPY' }],
    [token(12_345, 2, 'PLN'), 124, { amount: 12_345, currency: 'PLN' }],
    [token(12_345, 2, 'KWD'), 124, { amount: 123_450, currency: 'KWD' }],
    // No token, or one that cannot be: what is listed, in the currency that was asked for.
    ['', 124, { amount: 12_400, currency: 'USD' }],
    [token(12_345, 9, 'PLN'), 124, { amount: 12_400, currency: 'USD' }],
    ['////', 124, { amount: 12_400, currency: 'USD' }],
  ])('[PROV-5] decimals are those of the token: %#', (given, listed, price) => {
    const answer = readAnswer({ status: 200, body: page(payload([row([[null, listed], given])])) }, 'USD');
    expect(answer).toMatchObject({ class: 'ok', results: { itineraries: [{ price }] } });
  });

  test('[PROV-5] hours are null at midnight and minutes missing when they are 0', () => {
    const given = [...priced] as [unknown[], unknown];
    given[0] = [...given[0]];
    given[0][2] = [leg('1', [[null, 15], [7]])];
    const answer = readAnswer({ status: 200, body: page(payload([given])) }, 'USD');
    expect(answer).toMatchObject({
      results: { itineraries: [{ legs: [{ departsAt: '2027-01-01T00:15', arrivesAt: '2027-01-02T07:00' }] }] },
    });
  });
});

describe('the provider of Google Flights', () => {
  const seen: IncomingMessage[] = [];
  let reply: { status: number; headers?: Record<string, string>; body: string };
  const server = createServer((request, response) => {
    seen.push(request);
    response.writeHead(reply.status, reply.headers).end(reply.body);
  });
  let url: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/search`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const question: FareQuestion = {
    origin: 'LHR',
    destination: 'JFK',
    departDate: '2027-01-01',
    returnDate: '2027-01-09',
    cabin: 'business',
    party: { adults: 2, children: 1, infantsOnLap: 1, infantsInSeat: 0 },
  };
  // Without the pause between pages: nobody else is asked here.
  const clock = { now: () => Date.parse('2026-12-01T00:00:00Z'), sleep: async () => {} };
  const ask = async () => {
    const provider = createGoogleProvider({ clock, url, currency: 'EUR' });
    const [answer] = await provider.ask([question], {
      signal: new AbortController().signal,
      at: '2026-12-01T00:00:00.000Z',
    });
    return answer;
  };

  test('[PROV-6] asks one page a question, as what it is, and reads it', async () => {
    reply = {
      status: 200,
      body: page(
        payload([row([[null, 289], token(28_840, 2, 'EUR')]), row([[null, 100], token(9_950, 2, 'EUR')], '0119')]),
      ),
    };
    expect(await ask()).toEqual({
      outcome: 'found',
      offers: [
        {
          key: 'BA119@2027-01-01/*@2027-01-09',
          price: { amount: 9_950, currency: 'EUR' },
          priceKind: 'round_trip',
          carriers: ['BA'],
          stops: 0,
          durationMinutes: null,
          departsAt: '2027-01-01T09:05',
        },
        {
          key: 'BA117@2027-01-01/*@2027-01-09',
          price: { amount: 28_840, currency: 'EUR' },
          priceKind: 'round_trip',
          carriers: ['BA'],
          stops: 0,
          durationMinutes: null,
          departsAt: '2027-01-01T09:05',
        },
      ],
    });
    const request = seen.at(-1) as IncomingMessage;
    const query = new URL(request.url as string, url).searchParams;
    expect(query.get('curr')).toBe('EUR');
    expect(decodeTfs(query.get('tfs') as string)).toMatchObject({
      trip: 'round_trip',
      cabin: 'business',
      travellers: ['adult', 'adult', 'child', 'infant_on_lap'],
    });
    expect(request.headers['user-agent']).toBe('Airside');
    expect(request.headers.cookie).toMatch(/^SOCS=/);
  });

  test('[PROV-6] a block is unknown with a minute of rest, and so is the consent page; nothing is never made of them', async () => {
    reply = { status: 429, body: '' };
    expect(await ask()).toMatchObject({ outcome: 'unknown', reason: 'blocked', retryAfterMs: 60_000 });
    reply = { status: 302, headers: { location: 'https://consent.google.com/m' }, body: '' };
    expect(await ask()).toMatchObject({ outcome: 'unknown', reason: 'blocked' });
    reply = { status: 200, body: page(payload(null)) };
    expect(await ask()).toMatchObject({ outcome: 'empty' });
  });

  test('[PROV-6] a page that cannot be had is another class than one that cannot be read', async () => {
    reply = { status: 200, body: '<html>' };
    expect(await ask()).toMatchObject({ outcome: 'unknown', reason: 'malformed' });
    const nobody = createGoogleProvider({ clock, url: 'http://127.0.0.1:1/' });
    const [answer] = await nobody.ask([question], { signal: new AbortController().signal, at: '2026-11-01T00:00:00Z' });
    expect(answer).toMatchObject({ outcome: 'unknown', reason: 'unavailable' });
  });

  test('[PROV-6] its address is the public page', () => {
    expect(searchUrl(question, {})).toMatch(
      /^https:\/\/www\.google\.com\/travel\/flights\/search\?tfs=[\w-]+&tfu=EgQIABABIgA&hl=en&gl=US&curr=USD$/,
    );
  });
});
