import type { Pool } from 'pg';
import { newId } from '../../shared/ids.ts';

/**
 * A job that is over, written straight into the record: so many steps of a hundred combinations, on 97 routes, 89 dates out
 * and as many dates back as that takes; each provider was asked all of them. A third is empty, the others have a price.
 */
export async function storeJob(
  pool: Pool,
  options: { actor: string; steps: number; providers?: string[] },
): Promise<{ id: string; results: number }> {
  const { actor, steps, providers = ['simulator'] } = options;
  const id = newId();
  const results = steps * 100;
  // As many combinations a provider; which places and dates they are is not looked at.
  const origins = Array(steps / providers.length).fill('JFK');
  const lists = {
    providers,
    origins,
    destinations: ['LHR'],
    departDates: Array(100).fill('2026-02-16'),
    returnDates: [],
  };
  const plan = { segments: [{ first: 0, ...lists }], dropped: {}, places: {} };
  await pool.query(
    `with made as (
       insert into job (id, actor, body_hash, status, providers, ask, plan, total, done, found, empty, open_steps, checkpoints)
       values ($1, $2, '', 'completed', $3, '{}', $7, $5::int, $5, $5 - ($5 + 2) / 3, ($5 + 2) / 3, 0, $6::int)
       returning no
     ), steps as (
       insert into job_step (job, no, provider, first, last, is_open)
       select no, s, ($4::text[])[1 + (s - 1) * cardinality($4::text[]) / $6], (s - 1) * 100, s * 100, false
       from made, generate_series(1, $6::int) s
     )
     insert into job_chunk
     select no, s, s, ($4::text[])[1 + (s - 1) * cardinality($4::text[]) / $6], 100, 5, now(), routes, '{found,empty}', '{null,none}',
       '{null,null}', '{USD,null}', '{one_way,null}', '{"AA BB",null}', '{1,null}', '{unknown,unknown}',
       position, route, depart, back, answer, price, minutes, offers
     from made, generate_series(1, $6::int) s
     cross join lateral (
       select array_agg(chr(65 + r % 26) || chr(65 + r / 26) || 'A' || 'ZZZ' order by r) as routes from generate_series(0, 96) r
     ) r
     cross join lateral (
       select array_agg(p) as position, array_agg((1 + q % 97)::int2) as route, array_agg(20500 + q % 89) as depart,
         array_agg(20600 + q / 8633) as back, array_agg((1 + (p % 3 = 0)::int)::int2) as answer,
         array_agg(case when p % 3 > 0 then 5000 + p * 7919 % 90000 end::int8) as price,
         array_agg(case when p % 3 > 0 then 60 + p % 500 end) as minutes, array_agg((p % 3)::int2) as offers
       from (select p, p % ($5 / cardinality($4::text[])) as q from generate_series((s - 1) * 100, s * 100 - 1) p) p
     ) p`,
    [id, actor, JSON.stringify(providers), providers, results, steps, JSON.stringify(plan)],
  );
  return { id, results };
}
