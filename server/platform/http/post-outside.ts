import { type LookupAddress, lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** The address is one of our own side of the network. */
export class PrivateAddress extends Error {
  override readonly name = 'PrivateAddress';
}

const inside = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  inside.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(network, prefix, 'ipv6');
}

/** Loopback, private, link-local, multicast and unassigned addresses, also where IPv6 wraps IPv4. */
export function isInside(address: string): boolean {
  const wrapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (wrapped) return isInside(wrapped);
  const family = isIP(address);
  return family === 0 || inside.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

const answerMaxBytes = 64 * 1024;

/**
 * Posts to an address that somebody else has named. It must not lead into our own network: the name is
 * resolved here, what it resolves to is checked, and the connection goes to just that. Redirects are
 * not followed, the answer's body is not looked at.
 *
 * @returns the status. Rejects with PrivateAddress, or when there was no answer.
 */
export function postOutside(
  url: string,
  request: { headers: Record<string, string>; body: string; signal: AbortSignal; allowInside: boolean },
): Promise<number> {
  const { headers, body, signal, allowInside } = request;
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  // A literal address is never looked up.
  if (!allowInside && isIP(host) !== 0 && isInside(host)) return Promise.reject(new PrivateAddress());
  return new Promise((resolve, reject) => {
    const outgoing = (protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      {
        method: 'POST',
        // A connection that was kept may be closed at the very moment of use; calls are rare.
        agent: false,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        signal,
        ...(allowInside ? {} : { lookup: lookupOutside }),
      },
      (response) => {
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > answerMaxBytes) response.destroy();
        });
        response.on('close', () => resolve(response.statusCode ?? 0));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const lookupOutside: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '', 4);
    const [first] = addresses;
    if (!first || addresses.some(({ address }) => isInside(address))) return callback(new PrivateAddress(), '', 4);
    if (options.all) (callback as unknown as (error: null, all: LookupAddress[]) => void)(null, addresses);
    else callback(null, first.address, first.family);
  });
};
