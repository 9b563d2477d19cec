import { createHash, randomBytes } from 'node:crypto';
import type { LinkRequestedView, RequestLinkInput } from '../../../shared/booking.ts';
import type { AccessRoom } from './access-room.ts';

const linkMinutes = 15;

const findSql = `
  select b.id, b.contact ->> 'email' as email,
    array(select p.family_name from passenger p where p.booking_id = b.id) as "familyNames"
  from record_locator r join booking b on b.id = r.booking_id where r.code = $1`;
// What is over goes with the next request.
const keepSql = `
  with swept as (delete from access_link where expires_at < now() - interval '1 day')
  insert into access_link (digest, booking_id, expires_at) values ($1, $2, now() + make_interval(mins => $3))`;

interface Found {
  id: string;
  email: string | null;
  familyNames: string[];
}

/**
 * Mails a link that opens the booking to its contact, if locator and family name are of one booking. A wrong locator,
 * a wrong name and a booking without an address have the same answer after the same time: nobody waits for the mail.
 *
 * Fails: RATE_LIMITED (by address of the caller, and by locator).
 */
export async function requestLink(
  room: AccessRoom,
  asking: { address: string },
  { locator, familyName }: RequestLinkInput,
): Promise<LinkRequestedView> {
  await room.limits.tries.take(asking.address);
  await room.limits.locators.take(locator);
  const { rows } = await room.pool.query<Found>(findSql, [locator]);
  const [found] = rows;
  const wanted = lettersOf(familyName);
  if (found?.email && found.familyNames.some((name) => lettersOf(name) === wanted)) {
    mailLink(room, { id: found.id, email: found.email, locator }).catch(room.report);
  }
  return { minutes: linkMinutes };
}

async function mailLink(room: AccessRoom, booking: { id: string; email: string; locator: string }): Promise<void> {
  const code = randomBytes(32).toString('base64url');
  const digest = digestOf(code);
  await room.pool.query(keepSql, [digest, booking.id, linkMinutes]);
  const text = [
    `Somebody, probably you, asked for a link to the booking ${booking.locator}:`,
    '',
    room.linkOf(code),
    '',
    `It opens the booking once, within ${linkMinutes} minutes. If it was not you, nothing needs to be done.`,
  ].join('\n');
  if (!room.mailer.isReal) room.onUnsent({ to: booking.email, text });
  const id = `access-${digest.toString('hex').slice(0, 24)}`;
  await room.mailer.send({ id, to: booking.email, subject: `Your booking ${booking.locator}`, text });
}

/** What is kept of a code; who reads the record cannot open anything with it. */
export const digestOf = (code: string): Buffer => createHash('sha256').update(code).digest();

/** A name without accents, spaces and hyphens: tickets have always been written so. */
const lettersOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toUpperCase()
    .replaceAll(/[^\p{L}]/gu, '');
