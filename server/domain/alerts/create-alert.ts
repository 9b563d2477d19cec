import { createHash } from 'node:crypto';
import type { AlertView, CreateAlertInput } from '../../../shared/alert.ts';
import { limits } from '../../../shared/limits.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { invalidInput, refuse } from '../../platform/runtime/failure.ts';
import type { AlertRoom } from './alert-room.ts';
import { type AlertRow, alertColumns, alertViewOf } from './alert-rows.ts';
import { isZone } from './quiet-hours.ts';

const insertSql = `
  insert into price_alert as a (id, actor, body_hash, origin, destination, cabin, trip, provider, depart_from, depart_to,
    kind, amount, currency, cool_down_minutes, quiet_hours, webhook_url, mail_to)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
  on conflict (id) do nothing returning ${alertColumns}`;

/**
 * Creates an alert; the same id with the same body again answers it as it is now. It is looked at right
 * away, so a price that is low enough already fires it.
 *
 * Fails: INVALID_INPUT, NOT_ALLOWED (mail without an address, more than fifty alerts), REQUEST_ID_REUSED.
 */
export async function createAlert(
  room: AlertRoom,
  actor: { id: string; email: string | null },
  input: CreateAlertInput,
): Promise<AlertView> {
  for (const field of ['origin', 'destination'] as const) {
    if (!room.places.get(input[field])) throw invalidInput([field], `no place has the code ${input[field]}`);
  }
  if (input.provider && !room.providers.includes(input.provider))
    throw invalidInput(['provider'], 'not a provider that is on');
  if (input.quietHours && !isZone(input.quietHours.zone)) throw invalidInput(['quietHours', 'zone'], 'not a time zone');
  if (input.mail && !actor.email) throw refuse('NOT_ALLOWED', { reason: 'the account has no address for mail' });
  const { kind, price } = wishOf(input);
  const hash = createHash('sha256').update(JSON.stringify(input)).digest();

  const row = await inTransaction(room.pool, async (tx) => {
    // The inbox is made with the first alert, and its lock lets the user's alerts be counted one at a time.
    await tx.query(
      `insert into alert_inbox (actor, subject) values ($1, gen_random_uuid()) on conflict (actor) do nothing`,
      [actor.id],
    );
    await tx.query('select from alert_inbox where actor = $1 for update', [actor.id]);
    const known = await tx.query<AlertRow>(`select ${alertColumns} from price_alert a where a.id = $1`, [input.id]);
    if (known.rows[0]) return known.rows[0];
    const { rows } = await tx.query<{ n: number }>('select count(*)::int as n from price_alert where actor = $1', [
      actor.id,
    ]);
    if ((rows[0]?.n ?? 0) >= limits.alertsPerUser) {
      throw refuse('NOT_ALLOWED', { reason: `at most ${limits.alertsPerUser} alerts; remove one first` });
    }
    const inserted = await tx.query<AlertRow>(insertSql, [
      input.id,
      actor.id,
      hash,
      input.origin,
      input.destination,
      input.cabin,
      input.trip,
      input.provider ?? null,
      input.departFrom,
      input.departTo,
      kind,
      price.amount,
      price.currency,
      input.coolDownMinutes,
      input.quietHours ? JSON.stringify(input.quietHours) : null,
      input.webhookUrl ?? null,
      input.mail ? actor.email : null,
    ]);
    return inserted.rows[0];
  });
  // Somebody else's insert of the same id came first: theirs it is.
  if (!row || row.actor !== actor.id || !hash.equals(row.bodyHash)) throw refuse('REQUEST_ID_REUSED', {});
  room.nudge();
  return alertViewOf(row, room.secretOf);
}

function wishOf({ target, dropBy }: CreateAlertInput) {
  if (target) return { kind: 'target', price: target };
  if (dropBy) return { kind: 'drop', price: dropBy };
  throw invalidInput(['target'], 'either target or dropBy');
}
