import { createHmac, timingSafeEqual } from 'node:crypto';

/** A signature older or newer than this is refused, so a recorded request cannot be replayed later. */
const toleranceSeconds = 300;

const hmac = (secret: string, unixSeconds: string, rawBody: string | Buffer): Buffer =>
  createHmac('sha256', secret).update(`${unixSeconds}.`).update(rawBody).digest();

/** `t=UNIX,v1=HEX`, over the raw body. */
export function signWebhook(secret: string, rawBody: string, nowMs: number): string {
  const unixSeconds = String(Math.floor(nowMs / 1000));
  return `t=${unixSeconds},v1=${hmac(secret, unixSeconds, rawBody).toString('hex')}`;
}

/** Whether one of the secrets made this header for this body within the tolerance. Several: rotation. */
export function verifyWebhook(secrets: string[], header: string | undefined, rawBody: Buffer, nowMs: number): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '');
  if (!match) return false;
  const [, unixSeconds, hex] = match as unknown as [string, string, string];
  if (Math.abs(nowMs / 1000 - Number(unixSeconds)) > toleranceSeconds) return false;
  const given = Buffer.from(hex, 'hex');
  // All secrets are tried, so that the time does not tell which one matched.
  return secrets.map((secret) => timingSafeEqual(hmac(secret, unixSeconds, rawBody), given)).includes(true);
}
