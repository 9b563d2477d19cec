import type { RollbackPreview } from '../../../shared/schedule-import.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { ImportRoom } from './import-room.ts';
import { readImport } from './import-rows.ts';

// As undo-changes.ts decides, but for flights that somebody has made again and seats that were given back.
const fatesSql = `
  select c.kind, count(*)::int as flights, coalesce(sum(s.taken), 0)::int as seats,
    case when f.id is null and c.kind <> 'updated' then 'undone'
      when f.version is distinct from c.applied_version then 'edited'
      when c.kind = 'created' and s.taken > 0 then 'taken'
      when c.kind = 'updated' and s.since > 0 and (c.before ->> 'departsAt', c.before ->> 'arrivesAt')
        is distinct from (c.wanted ->> 'departsAt', c.wanted ->> 'arrivesAt') then 'taken'
      else 'undone' end as fate
  from schedule_change c left join flight f on f.id = c.flight_id
  cross join lateral (
    select coalesce((select sum(b.held + b.sold) from cabin b where b.flight_id = f.id), 0) as taken,
      case when c.kind = 'updated' then coalesce((select sum(l.quantity) from cabin b
        join cabin_leg l on l.cabin_id = b.id join booking g on g.id = l.booking_id
        where b.flight_id = f.id and g.status in ('held', 'paying', 'confirmed') and g.created_at > c.applied_at), 0)
      else 0 end as since) s
  where c.import_id = $1 and c.outcome = 'applied'
  group by c.kind, fate`;

/** What rolling an import back would do now, shown before it is done. Fails: NOT_FOUND. */
export async function previewRollback({ inventory: { pool } }: ImportRoom, id: string): Promise<RollbackPreview> {
  if (!(await readImport(pool, id))) throw refuse('NOT_FOUND', { reason: 'no such import', importId: id });
  const { rows } = await pool.query<{
    kind: keyof RollbackPreview['undone'];
    flights: number;
    seats: number;
    fate: 'undone' | 'edited' | 'taken';
  }>(fatesSql, [id]);
  const preview: RollbackPreview = {
    undone: { created: 0, updated: 0, cancelled: 0 },
    kept: { edited: 0, taken: 0, seats: 0 },
  };
  for (const { kind, flights, seats, fate } of rows) {
    if (fate === 'undone') preview.undone[kind] += flights;
    else preview.kept[fate] += flights;
    if (fate === 'taken') preview.kept.seats += seats;
  }
  return preview;
}
