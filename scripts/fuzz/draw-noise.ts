import type { Random } from '../stage/random.ts';

/** What is thrown at a server at a time. */
export type Noise =
  /** Over an open socket; each is one frame. */
  | { kind: string; over: 'socket'; frames: (string | Buffer)[] }
  /** Bytes over a connection of its own, behind a handshake unless they are one. */
  | { kind: string; over: 'tcp'; bytes: Buffer; shakesHands: boolean };

/** What noise may be made of: names and ids that exist, so that some of it gets far. */
export interface Vocabulary {
  /** Paths of procedures by their kind. */
  paths: { path: string; method: 'query' | 'mutation' | 'subscription' }[];
  flightIds: string[];
  bookingIds: string[];
}

/** Names that every object has, and some that a careless merge would reach. */
const inherited = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then'];
const oddStrings = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u2028',
  '😀',
  "'; --",
  '%00',
  '../../etc',
  '1e999',
  '-0',
];
const oddNumbers = [0, -0, -1, 1.5, 2 ** 31, 2 ** 53, 1e308, Number.MIN_VALUE];
const methods = ['query', 'mutation', 'subscription', 'subscription.stop'];
const fields = [
  'flightId',
  'flightIds',
  'id',
  'legs',
  'seats',
  'cabin',
  'bookingId',
  'q',
  'limit',
  'cursor',
  'lastEventId',
  'expectedVersion',
  'passengers',
  'date',
  'origin',
  'destination',
  'token',
];

/** A value that might be an input, and mostly is not. */
function value(random: Random, words: Vocabulary, depth = 0): unknown {
  const leaf = depth > 3 || random.next() < 0.4;
  if (leaf) {
    switch (random.between(0, 8)) {
      case 0:
        return random.pick(oddStrings);
      case 1:
        return random.pick(oddNumbers);
      case 2:
        return random.pick(words.flightIds);
      case 3:
        return random.pick(words.bookingIds);
      case 4:
        return random.pick(['economy', 'first', 'JFK', '2027-01-01', '2027-02-30T25:61', 'held']);
      case 5:
        return random.next() < 0.5;
      case 6:
        return null;
      case 7:
        return 'x'.repeat(random.between(0, 300));
      default:
        return random.between(-5, 1_000_000);
    }
  }
  if (random.next() < 0.3) return Array.from({ length: random.between(0, 4) }, () => value(random, words, depth + 1));
  const made: [string, unknown][] = [];
  for (let n = random.between(0, 5); n > 0; n--) {
    made.push([random.pick(random.next() < 0.1 ? inherited : fields), value(random, words, depth + 1)]);
  }
  return Object.fromEntries(made);
}

/** Inputs that are nearly right: a hold, a subscription, a search, with one thing of it exchanged. */
function nearlyRight(
  random: Random,
  words: Vocabulary,
): { path: string; method: string; json: Record<string, unknown> } {
  const flightId = random.pick(words.flightIds);
  const id = random.pick(words.bookingIds);
  const calls = [
    { path: 'booking.hold', method: 'mutation', json: { id, legs: [{ flightId, cabin: 'economy' }], seats: 1 } },
    { path: 'booking.create', method: 'mutation', json: { id, legs: [{ flightId, cabin: 'economy' }], seats: 2 } },
    { path: 'booking.pay', method: 'mutation', json: { id } },
    { path: 'booking.get', method: 'query', json: { id } },
    { path: 'booking.list', method: 'query', json: { limit: 5 } },
    { path: 'booking.cancel', method: 'mutation', json: { id } },
    { path: 'flights.get', method: 'query', json: { flightId } },
    { path: 'flights.onSeats', method: 'subscription', json: { flightIds: [flightId, random.pick(words.flightIds)] } },
    { path: 'booking.onStatus', method: 'subscription', json: { bookingId: id, lastEventId: '0' } },
    { path: 'search.flights', method: 'query', json: { origin: 'JFK', destination: 'LHR', date: '2027-01-01' } },
    { path: 'search.places', method: 'query', json: { q: 'lon', limit: 3 } },
  ];
  const call = structuredClone(random.pick(calls)) as { path: string; method: string; json: Record<string, unknown> };
  if (random.next() < 0.7) call.json[random.pick([...Object.keys(call.json), ...fields])] = value(random, words);
  return call;
}

const idOf = (random: Random): unknown =>
  random.pick<() => unknown>([
    () => random.between(0, 20),
    () => random.between(0, 20),
    () => random.pick(oddNumbers),
    () => random.pick(oddStrings),
    () => null,
    () => true,
    () => ({}),
    () => [1],
    () => 'i'.repeat(random.between(1, 3_000)),
  ])();

/** superjson's notes on types, about values that are not there or are something else. */
const meta = (random: Random): unknown => {
  const type = random.pick([
    ['Date'],
    ['map'],
    ['set'],
    ['bigint'],
    ['regexp'],
    ['URL'],
    ['Error'],
    ['undefined'],
    [['class', 'X']],
    [['custom', 'Y']],
    [['symbol', 'Z']],
    ['number'],
    [['typed-array', 'Uint8Array']],
  ]);
  const at = random.pick([
    '',
    'a',
    'id',
    'legs.0',
    '__proto__.polluted',
    'constructor.prototype.polluted',
    'a.b.c.d',
    '0',
    '\\.',
    'flightIds',
  ]);
  return random.next() < 0.7
    ? { values: random.next() < 0.3 ? type : { [at]: type }, v: random.pick([0, 1, 2, 'x']) }
    : { referentialEqualities: { [at]: random.pick<unknown>([['b'], ['__proto__'], 5, [['a']]]) } };
};

function request(random: Random, words: Vocabulary): Record<string, unknown> {
  if (random.next() < 0.5) {
    const { path, method, json } = nearlyRight(random, words);
    return { id: random.between(0, 20), method, params: { path, input: { json } } };
  }
  const { path, method } = random.pick(words.paths);
  return {
    id: random.between(0, 20),
    method: random.next() < 0.8 ? method : random.pick(methods),
    params: { path, input: { json: value(random, words) } },
  };
}

const text = (message: unknown): string => JSON.stringify(message) ?? '';

/** Changes, drops or doubles some bytes. */
function mangled(random: Random, whole: string): string {
  const at = random.between(0, whole.length);
  const to = Math.min(whole.length, at + random.between(0, 6));
  const between = random.pick([
    '',
    '"',
    '{',
    '}',
    ']',
    ',',
    ':',
    '\\',
    '\u0000',
    '\\u00',
    '1e',
    whole.slice(at, to + 9),
  ]);
  return random.next() < 0.3 ? whole.slice(0, at) : whole.slice(0, at) + between + whole.slice(to);
}

// ---- frames by hand --------------------------------------------------------------------------------------------------

/** A frame of RFC 6455 as a client would send it, or nearly. */
function frame(
  random: Random,
  opcode: number,
  payload: Buffer,
  odd: { fin?: boolean; reserved?: number; masked?: boolean } = {},
): Buffer {
  const { fin = true, reserved = 0, masked = true } = odd;
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  if (payload.length < 126) head.push((masked ? 0x80 : 0) | payload.length);
  else head.push((masked ? 0x80 : 0) | 126, payload.length >> 8, payload.length & 0xff);
  const mask = masked ? Buffer.from(Array.from({ length: 4 }, () => random.between(0, 255))) : Buffer.alloc(0);
  const body = masked ? Buffer.from(payload.map((byte, n) => byte ^ (mask[n & 3] as number))) : payload;
  return Buffer.concat([Buffer.from(head), mask, body]);
}

const someBytes = (random: Random, most: number): Buffer =>
  Buffer.from(Array.from({ length: random.between(0, most) }, () => random.between(0, 255)));

function rawFrames(random: Random, words: Vocabulary): Buffer {
  const whole = frame(random, 1, Buffer.from(text(request(random, words)).slice(0, 60_000)));
  return random.pick<() => Buffer>([
    // Half of a frame, and no more.
    () => whole.subarray(0, random.between(1, whole.length - 1)),
    () => Buffer.concat([whole, whole.subarray(0, random.between(1, whole.length - 1))]),
    () => frame(random, 1, Buffer.from([0xc3, 0x28, 0xff, 0xfe])),
    () => frame(random, 1, Buffer.from('PING'), { masked: false }),
    () => frame(random, 1, Buffer.from('PING'), { reserved: random.between(1, 7) }),
    () => frame(random, random.between(3, 15), someBytes(random, 40)),
    () => frame(random, 0, someBytes(random, 40)),
    () => Buffer.concat([frame(random, 1, Buffer.from('{"id":'), { fin: false }), frame(random, 1, Buffer.from('1}'))]),
    () => frame(random, 9, someBytes(random, 200), { fin: random.next() < 0.5 }),
    () => frame(random, 8, random.pick([Buffer.from([0]), Buffer.from([0x03, 0xe7]), Buffer.from([0xff, 0xff, 0xff])])),
    // A length of eight exabytes.
    () => Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5]),
    () => someBytes(random, 400),
  ])();
}

const handshakes = [
  'GET /trpc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'GET /trpc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n',
  'GET /trpc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 99\r\n\r\n',
  'GET /trpc?connectionParams=%00%ff HTTP/1.1\r\nHost: \r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
  'GET //[:::/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  'GET /trpc HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  'NONSENSE\r\n\r\n',
  'POST /trpc/booking.hold HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n{"jso',
];

// ---- the draw --------------------------------------------------------------------------------------------------------

type Draw = (random: Random, words: Vocabulary) => Noise;

const overSocket = (kind: string, make: (random: Random, words: Vocabulary) => (string | Buffer)[]): Draw => {
  return (random, words) => ({ kind, over: 'socket', frames: make(random, words) });
};

/** Each kind with how often it is drawn. */
const kinds: [weight: number, draw: Draw][] = [
  [20, overSocket('malformed JSON', (random, words) => [mangled(random, text(request(random, words)))])],
  [
    14,
    overSocket('wrong shape', (random, words) => {
      const message = request(random, words);
      const params = message.params as Record<string, unknown>;
      const target = random.next() < 0.5 ? message : params;
      target[random.pick(['id', 'method', 'params', 'jsonrpc', 'path', 'input', 'lastEventId', 'result'])] = value(
        random,
        words,
      );
      return [text(random.next() < 0.1 ? value(random, words) : message)];
    }),
  ],
  [20, overSocket('wrong input', (random, words) => [text(request(random, words))])],
  [6, overSocket('wrong id', (random, words) => [text({ ...request(random, words), id: idOf(random) })])],
  [1, overSocket('number that JSON has not', () => ['{"id":1e999,"method":"query","params":{"path":"system.ping"}}'])],
  [
    6,
    overSocket('inherited names', (random, words) => {
      const message = request(random, words);
      const params = message.params as Record<string, unknown>;
      if (random.next() < 0.5) params.path = random.pick(inherited);
      // Written by hand: an object literal would take `__proto__` for its prototype.
      return [
        text(message).replace(
          /"json":\{?/,
          (found) => `${found}${found.endsWith('{') ? '"__proto__":{"polluted":1},' : ''}`,
        ),
      ];
    }),
  ],
  [
    6,
    overSocket('notes of superjson', (random, words) => {
      const message = request(random, words);
      const { input } = message.params as { input: Record<string, unknown> };
      input.meta = meta(random);
      return [text(message)];
    }),
  ],
  [
    8,
    overSocket('stop and subscribe, mixed', (random, words) => {
      const paths = words.paths.filter(({ method }) => method === 'subscription');
      return Array.from({ length: random.between(2, 12) }, () => {
        const id = random.between(0, 3);
        if (random.next() < 0.5) return text({ id, method: 'subscription.stop' });
        const json = random.next() < 0.7 ? { flightIds: [random.pick(words.flightIds)] } : value(random, words);
        const path = random.next() < 0.7 ? 'flights.onSeats' : random.pick(paths).path;
        return text({ id, method: 'subscription', params: { path, input: { json } } });
      });
    }),
  ],
  [
    4,
    overSocket('batch', (random, words) => [
      text(
        Array.from({ length: random.pick([0, 2, 50, 120]) }, () =>
          random.next() < 0.95 ? request(random, words) : {},
        ),
      ),
    ]),
  ],
  [
    5,
    overSocket('binary', (random, words) => [
      random.next() < 0.5 ? someBytes(random, 500) : Buffer.from(text(request(random, words))),
    ]),
  ],
  [
    0.4,
    overSocket('deep', (random, words) => {
      const depth = random.pick([100, 5_000, 50_000]);
      const { path, method } = random.pick(words.paths);
      const [open, close] = random.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ] as const);
      const deep = `${open.repeat(depth)}1${close.repeat(depth)}`;
      return [
        random.next() < 0.3
          ? deep
          : `{"id":1,"method":"${method}","params":{"path":"${path}","input":{"json":${deep}}}}`,
      ];
    }),
  ],
  [
    0.2,
    overSocket('huge', (random, words) => {
      const { path, method } = random.pick(words.paths);
      const huge =
        random.next() < 0.5
          ? `"${'y'.repeat(random.between(100_000, 2_000_000))}"`
          : `[${'7,'.repeat(random.between(50_000, 300_000))}7]`;
      return [
        `{"id":2,"method":"${method}","params":{"path":"${path}","input":{"json":{"flightIds":${huge},"q":${huge}}}}}`,
      ];
    }),
  ],
  [
    2,
    overSocket('keep-alive', (random) =>
      Array.from({ length: 5 }, () => random.pick(['PING', 'PONG', 'ping', 'PING '])),
    ),
  ],
  [
    3,
    (random, words) => ({
      kind: 'half and broken frames',
      over: 'tcp',
      shakesHands: true,
      bytes: rawFrames(random, words),
    }),
  ],
  [
    1,
    (random) => ({
      kind: 'bad handshake',
      over: 'tcp',
      shakesHands: false,
      bytes: Buffer.from(random.pick(handshakes)),
    }),
  ],
];

const total = kinds.reduce((sum, [weight]) => sum + weight, 0);

/** What a seed's next message is. */
export function drawNoise(random: Random, words: Vocabulary): Noise {
  let at = random.next() * total;
  for (const [weight, draw] of kinds) {
    at -= weight;
    if (at < 0) return draw(random, words);
  }
  return (kinds[0] as (typeof kinds)[number])[1](random, words);
}
