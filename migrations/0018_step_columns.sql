-- The long columns of what steps came to travel beside the reports, as arrays of all of them in one: as text within
-- JSON they cost Postgres as much as storing them.
-- Breaks older binaries: workers of before can store nothing more.

drop function store_steps;
drop type step_report;

-- What a worker tells of a step: everything that it has done since it was claimed or last stored.
--   ending: 'kept' goes on; 'done'; 'again' has questions left for another attempt; 'later' has some that nobody could be
--   asked yet; 'back' gives it back. done: of its positions those that are told of now. best_*: the cheapest, by currency.
--   from_row, to_row: what it came to, in the columns of all reports.
create type step_report as (
  place int, job int, no int, fence int, ending text, ms int, is_lost boolean, asked int, took_ms int, at timestamptz,
  done varbit, found int, empty int, unknown int, offer_count int, best_amounts int8[], best_currencies text[],
  routes text[], answer_outcome text[], answer_reason text[], answer_detail text[], answer_currency text[],
  answer_kind text[], answer_carriers text[], answer_stops int2[], answer_verdict text[],
  from_row int, to_row int
);

-- Stores what is told of steps, in one transaction: outcomes, counters, log. A step that was lost, or whose job is over, is
-- not in the answer, and nothing has happened to it. What was stored already is not stored again.
create function store_steps(p_reports json, p_position int4[], p_route int2[], p_depart int4[], p_back int4[],
  p_answer int2[], p_price int8[], p_minutes int4[], p_offers int2[])
returns table (place int, id uuid, status text, stored int)
language plpgsql set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_reports step_report[];
  v_jobs int[];
  v_no int;
begin
  select array_agg(r), array_agg(distinct r.job) into v_reports, v_jobs
    from json_populate_recordset(null::step_report, p_reports) r;
  -- Steps before jobs, and each in order, here as everywhere: else two would wait for each other in a circle.
  perform from unnest(v_reports) r join job_step s on s.job = r.job and s.no = r.no and s.fence = r.fence
    order by s.job, s.no for update of s;
  perform from job j where j.no = any(v_jobs) order by j.no for update;

  return query
  with told as materialized (
    select r.*, s.provider, j.best_currency, bit_count(s.done & r.done) > 0 is true as is_repeat,
      case when bit_count(s.done & r.done) > 0 then 0 else r.found + r.empty + r.unknown end as stored
    from unnest(v_reports) r
    join job_step s on s.job = r.job and s.no = r.no and s.fence = r.fence and s.is_open
    join job j on j.no = r.job and j.status in ('pending', 'running', 'paused')
  ), steps as (
    update job_step s set is_open = r.ending <> 'done', attempts = s.attempts + (r.ending = 'again')::int, losses = 0,
      waits = s.waits + (r.ending = 'later')::int, offered_at = null, done = coalesce(s.done | r.done, s.done, r.done),
      due_at = case when r.ending in ('again', 'later') then now() + r.ms * interval '1 millisecond' else s.due_at end,
      lease_until = case when r.ending = 'kept' then now() + r.ms * interval '1 millisecond' end
    from told r where s.job = r.job and s.no = r.no
  ), sums as (
    select r.job, sum(r.stored)::int as stored, count(*) filter (where r.stored > 0)::int as chunks,
      count(*) filter (where r.ending = 'done')::int as ended,
      coalesce(sum(r.found) filter (where not r.is_repeat), 0)::int as found,
      coalesce(sum(r.empty) filter (where not r.is_repeat), 0)::int as empty,
      coalesce(sum(r.unknown) filter (where not r.is_repeat), 0)::int as unknown,
      coalesce(sum(r.offer_count) filter (where not r.is_repeat), 0)::int as offers,
      coalesce(sum(r.stored) filter (where r.is_lost), 0)::int as lost
    from told r group by r.job
  ), best as (
    select distinct on (r.job) r.job, b.currency, b.amount
    from told r cross join lateral unnest(r.best_currencies, r.best_amounts) b (currency, amount)
    where r.best_currency is null or b.currency = r.best_currency
    order by r.job, b.amount, b.currency
  ), jobs as (
    update job j set
      status = case
        when j.lost + s.lost >= j.total and j.open_steps = s.ended then 'failed'
        when j.open_steps = s.ended or (j.stop_currency = b.currency and b.amount <= j.stop_amount) then 'completed'
        else j.status end,
      done = j.done + s.stored, found = j.found + s.found, empty = j.empty + s.empty, unknown = j.unknown + s.unknown,
      lost = j.lost + s.lost, offers = j.offers + s.offers, open_steps = j.open_steps - s.ended,
      checkpoints = j.checkpoints + s.chunks, best_currency = coalesce(j.best_currency, b.currency),
      best_amount = least(j.best_amount, b.amount), last_checkpoint_at = now()
    from sums s left join best b on b.job = s.job where j.no = s.job
    returning j.no, j.id, j.status, j.checkpoints - s.chunks as checkpoint
  ), chunks as (
    insert into job_chunk
    select r.job, j.checkpoint + row_number() over (partition by r.job order by r.no), r.no, r.provider, r.asked, r.took_ms,
      r.at, r.routes, r.answer_outcome, r.answer_reason, r.answer_detail, r.answer_currency, r.answer_kind,
      r.answer_carriers, r.answer_stops, r.answer_verdict, p_position[r.from_row:r.to_row], p_route[r.from_row:r.to_row],
      p_depart[r.from_row:r.to_row], p_back[r.from_row:r.to_row], p_answer[r.from_row:r.to_row],
      p_price[r.from_row:r.to_row], p_minutes[r.from_row:r.to_row], p_offers[r.from_row:r.to_row]
    from told r join jobs j on j.no = r.job where r.stored > 0
  )
  select r.place, j.id, j.status, r.stored from told r join jobs j on j.no = r.job;

  for v_no in
    update job j set version = j.version + 1, finished_at = now(),
      reason = case
        when j.status = 'failed' then 'no combination could be asked for'
        when j.done < j.total then 'the target price was found' end,
      repeat_at = case when j.repeat_times > 0 then now() + j.repeat_hours * interval '1 hour' end
    where j.no = any(v_jobs) and j.status in ('completed', 'failed') and j.finished_at is null
    returning j.no
  loop
    perform tell_job(v_no, 'job.' || (select j.status from job j where j.no = v_no));
  end loop;
end $$;
