import { createHmac, timingSafeEqual } from 'node:crypto';

/** A signature older or newer than this is refused, so a recorded request cannot be replayed later. */
const toleranceSeconds = 300;
/** While a provider rotates its secret it signs with both; more values than this are nobody's rotation. */
const valuesMax = 5;
const headerMaxLength = 1_000;

const hmac = (secret: string, unixSeconds: string, rawBody: string | Buffer): Buffer =>
  createHmac('sha256', secret).update(`${unixSeconds}.`).update(rawBody).digest();

/** `t=UNIX,v1=HEX`, over the raw body. */
export function signWebhook(secret: string, rawBody: string, nowMs: number): string {
  const unixSeconds = String(Math.floor(nowMs / 1000));
  return `t=${unixSeconds},v1=${hmac(secret, unixSeconds, rawBody).toString('hex')}`;
}

/**
 * Whether one of the secrets made one of the header's `v1` values for this body within the
 * tolerance. Several secrets on our side, or several values on theirs: rotation. Other schemes
 * (`v0=…`) count for nothing.
 */
export function verifyWebhook(
  secrets: readonly string[],
  header: string | undefined,
  rawBody: Buffer,
  nowMs: number,
): boolean {
  const signature = readHeader(header);
  if (!signature || Math.abs(nowMs / 1000 - Number(signature.unixSeconds)) > toleranceSeconds) return false;
  // Everything is compared with everything, so that the time does not tell what matched.
  return secrets
    .map((secret) => hmac(secret, signature.unixSeconds, rawBody))
    .flatMap((expected) => signature.values.map((given) => timingSafeEqual(expected, given)))
    .includes(true);
}

/** Undefined unless there is exactly one time and some well-formed values. */
function readHeader(header: string | undefined): { unixSeconds: string; values: Buffer[] } | undefined {
  if (!header || header.length > headerMaxLength) return undefined;
  const parts = header.split(',').map((part) => part.trim().split('=', 2) as [string, string | undefined]);
  const of = (name: string) => parts.filter(([key]) => key === name).map(([, value]) => value ?? '');
  const [times, values] = [of('t'), of('v1')];
  if (times.length !== 1 || !/^\d{1,12}$/.test(times[0] as string)) return undefined;
  if (values.length === 0 || values.length > valuesMax) return undefined;
  if (!values.every((value) => /^[0-9a-f]{64}$/.test(value))) return undefined;
  return { unixSeconds: times[0] as string, values: values.map((value) => Buffer.from(value, 'hex')) };
}
