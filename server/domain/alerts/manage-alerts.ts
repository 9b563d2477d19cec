import type { AlertView } from '../../../shared/alert.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { AlertRoom } from './alert-room.ts';
import { type AlertRow, alertColumns, alertViewOf } from './alert-rows.ts';

/** The caller's alerts, newest first; there are fifty at most. */
export async function listAlerts(room: AlertRoom, actor: string): Promise<{ alerts: AlertView[] }> {
  const { rows } = await room.pool.query<AlertRow>(
    `select ${alertColumns} from price_alert a where a.actor = $1 order by a.created_at desc, a.id desc`,
    [actor],
  );
  return { alerts: rows.map((row) => alertViewOf(row, room.secretOf)) };
}

/** Answers the alert as it was. What it has fired already is still delivered. Fails: NOT_FOUND. */
export async function removeAlert(room: AlertRoom, actor: string, id: string): Promise<AlertView> {
  const { rows } = await room.pool.query<AlertRow>(
    `delete from price_alert a where a.id = $1 and a.actor = $2 returning ${alertColumns}`,
    [id, actor],
  );
  if (!rows[0]) throw refuse('NOT_FOUND', { reason: 'no such alert' });
  return alertViewOf(rows[0], room.secretOf);
}
