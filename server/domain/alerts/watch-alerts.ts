import type { FiredAlert } from '../../../shared/alert.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import type { AlertRoom } from './alert-room.ts';

/**
 * The caller's alerts as they fire, each exactly once and in order. The event id counts them; with
 * `lastEventId` what fired since comes first, without it what fires from now on.
 *
 * Fails: INVALID_INPUT for an id that is none of this user's.
 */
export async function* watchAlerts(
  room: AlertRoom,
  actor: string,
  lastEventId: string | null | undefined,
  signal: AbortSignal,
): AsyncGenerator<{ eventId: string; alert: FiredAlert }> {
  const inbox = await whenAvailable(room.clock, signal, async () => {
    // Made here for whoever listens before the first alert.
    await room.pool.query(
      'insert into alert_inbox (actor, subject) values ($1, gen_random_uuid()) on conflict (actor) do nothing',
      [actor],
    );
    const { rows } = await room.pool.query<{ subject: string; version: number }>(
      'select subject, version from alert_inbox where actor = $1',
      [actor],
    );
    return rows[0] as { subject: string; version: number };
  });
  let after = inbox.version;
  if (lastEventId) {
    after = Number(lastEventId);
    if (!/^\d{1,9}$/.test(lastEventId) || after > inbox.version)
      throw invalidInput(['lastEventId'], 'not an event of yours');
  }
  for await (const entry of room.feed.followSubject(inbox.subject, after, signal)) {
    yield { eventId: String(entry.version), alert: entry.data as unknown as FiredAlert };
  }
}
