import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { limits } from '../../shared/limits.ts';
import { Complaint, wholeNumber } from '../command-line.ts';

const usage = `npm run load -- [options]

Lets many buyers hold the seats of one fresh flight in the same moment, and checks that exactly
those that there are were sold. Needs a running server and its operator key (ADMIN_API_KEY, or
the one that the server made and keeps in its data directory).

  --buyers N         who wants to buy, at once (200, at most 20000)
  --seats N          seats of the flight (50)
  --per-booking N    seats that each buyer wants (1)
  --sockets N        WebSockets and guests that the buyers share (one each)
  --pay              pays for what was held, and waits for the outcome
  --url URL          the server (AIRSIDE_URL, or http://127.0.0.1:3000)
  --allow-remote     also another machine than this one
  --json             the result as JSON on standard output
`;

export interface LoadOptions {
  url: string;
  apiKey: string;
  buyers: number;
  seats: number;
  perBooking: number;
  sockets: number;
  pay: boolean;
  json: boolean;
}

/** Reads the command line and the environment. Throws `Complaint`, or parseArgs' own error. */
export function readLoadOptions(args: string[], env: Record<string, string | undefined>): LoadOptions {
  const { values } = parseArgs({
    args,
    options: {
      buyers: { type: 'string' },
      seats: { type: 'string' },
      'per-booking': { type: 'string' },
      sockets: { type: 'string' },
      pay: { type: 'boolean', default: false },
      url: { type: 'string' },
      'allow-remote': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (
    name: 'buyers' | 'seats' | 'per-booking' | 'sockets',
    fallback: number,
    least: number,
    most: number,
  ) => {
    const text = values[name];
    if (text === undefined) return fallback;
    return wholeNumber(name, text, least, most);
  };
  const url = values.url ?? env.AIRSIDE_URL ?? 'http://127.0.0.1:3000';
  if (!URL.canParse(url)) throw new Complaint(`--url ${url} is not an address like http://127.0.0.1:3000`);
  if (!values['allow-remote'] && !isLoopback(url))
    throw new Complaint(`${url} is not this machine; --allow-remote puts load on it all the same`);
  const buyers = count('buyers', 200, 1, 20_000);
  return {
    url,
    apiKey: operatorKey(env),
    buyers,
    seats: count('seats', 50, 0, limits.capacityPerCabin),
    perBooking: count('per-booking', 1, 1, limits.seatsPerBooking),
    sockets: count('sockets', buyers, 1, buyers),
    pay: values.pay,
    json: values.json,
  };
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The given key, or the one that a local server made at its first start. */
export function operatorKey({ ADMIN_API_KEY, AIRSIDE_DATA_DIR }: Record<string, string | undefined>): string {
  if (ADMIN_API_KEY) return ADMIN_API_KEY;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const file = resolve(root, AIRSIDE_DATA_DIR || '.airside', 'admin-api-key.secret');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new Complaint('no operator key: set ADMIN_API_KEY to the one that the server printed at its start');
}
