import { createHash } from 'node:crypto';
import type { Fare } from '../../../shared/fare.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';

/** What a cabin is sold in that has no brands of its own. */
const houseBrands: Fare[] = [
  {
    brand: 'standard',
    name: 'Standard',
    addPercent: 0,
    refund: { rule: 'house' },
    change: { rule: 'unknown' },
    bags: null,
  },
];

/** Brands by family. A family never changes, so whoever has read one knows it for good. */
export interface FareFamilies {
  /** In the order asked for; null is the house's. */
  brandsOf(familyIds: (number | null)[]): Promise<Fare[][]>;
}

/** Some kilobytes each; a house has some dozen. */
const knownMax = 2_000;

export function createFareFamilies(db: Queryable): FareFamilies {
  const known = new Map<number, Fare[]>();
  return {
    brandsOf: async (familyIds) => {
      const unknown = familyIds.filter((id) => id !== null && !known.has(id));
      if (unknown.length > 0) {
        const { rows } = await db.query<{ id: number; brands: Fare[] }>({
          name: 'read-fare-families',
          text: 'select id, brands from fare_family where id = any($1::int4[])',
          values: [unknown],
        });
        if (known.size + rows.length > knownMax) known.clear();
        for (const { id, brands } of rows) known.set(id, brands);
      }
      return familyIds.map((id) => (id === null ? houseBrands : (known.get(id) ?? houseBrands)));
    },
  };
}

const saveSql = `
  with wanted as (select decode(d, 'hex') as digest, b as brands from unnest($1::text[], $2::jsonb[]) u (d, b)),
  made as (
    insert into fare_family (digest, brands) select digest, brands from wanted
    on conflict (digest) do nothing returning id, digest
  )
  select id, encode(digest, 'hex') as digest from made
  union select f.id, encode(f.digest, 'hex') from fare_family f join wanted w on w.digest = f.digest`;

/** The family that has exactly these brands, made if there is none yet. */
export async function saveFareFamily(db: Queryable, brands: Fare[]): Promise<number> {
  const text = JSON.stringify(brands);
  const digest = createHash('sha256').update(text).digest('hex');
  for (;;) {
    const { rows } = await db.query<{ id: number }>(saveSql, [[digest], [text]]);
    // Somebody else makes the same one just now: the insert waited for it, and its row is seen by the next statement.
    if (rows[0]) return rows[0].id;
  }
}
