import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { Failure, invalidInput, refuse } from '../../platform/runtime/failure.ts';
import { paymentEventSchema } from './payment-event.ts';
import type { UnreadableEvent, Webhook } from './payment-gateway.ts';
import { verifyWebhook } from './webhook-signature.ts';

const eventsMax = 256;

/**
 * A webhook as the contract has it: `airside-signature` over the raw body, and in it one event or a
 * list of them. A list is read member by member.
 *
 * Fails: UNAUTHENTICATED, INVALID_INPUT (no JSON, an empty or too long list, a single object that is
 * no event).
 */
export function parseSignedWebhook(
  provider: string,
  secrets: readonly string[],
  headers: IncomingHttpHeaders,
  rawBody: Buffer,
  nowMs: number,
): Webhook {
  const header = headers['airside-signature'];
  if (!verifyWebhook(secrets, Array.isArray(header) ? header[0] : header, rawBody, nowMs)) {
    throw refuse('UNAUTHENTICATED', { reason: 'the signature does not fit' });
  }
  const body = jsonOf(rawBody);
  if (!Array.isArray(body)) return { events: [{ ...paymentEventSchema.parse(body), provider }], isList: false };
  if (body.length === 0 || body.length > eventsMax) throw invalidInput([], `a list of 1 to ${eventsMax} events`);
  return {
    events: body.map((each) => {
      const { success, data, error } = paymentEventSchema.safeParse(each);
      return success ? { ...data, provider } : unreadable(each, error);
    }),
    isList: true,
  };
}

function unreadable(member: unknown, error: z.ZodError): UnreadableEvent {
  const { data: id } = z.object({ id: paymentEventSchema.shape.id }).safeParse(member);
  const issues = error.issues.map(({ path, message }) => ({
    path: path.map((key) => (typeof key === 'symbol' ? String(key) : key)),
    message,
  }));
  return { id: id?.id ?? null, failure: new Failure('INVALID_INPUT', { issues }) };
}

function jsonOf(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString());
  } catch {
    throw invalidInput([], 'not JSON');
  }
}
