import type { Queryable } from '../../platform/postgres/transaction.ts';

/** The alliance of each carrier that is in one. */
export async function readAlliances(db: Queryable): Promise<Map<string, string>> {
  const { rows } = await db.query<{ code: string; alliance: string }>(
    'select code, alliance from carrier where alliance is not null',
  );
  return new Map(rows.map((row) => [row.code, row.alliance]));
}
