-- What combinations came to is kept a row a commit of a step, not a row a combination: a hundred rows with two indexes
-- cost Postgres twenty times as much. `job_result` is now a view that shows a row a combination. Steps are claimed and
-- stored several in one call.
-- Breaks older binaries: workers of before can claim and store nothing more.

create table job_chunk (
  job int not null,
  n int not null,
  step int not null,
  provider varchar(20) not null,
  asked int not null,
  took_ms int not null,
  at timestamptz(3) not null,
  routes text[] not null,
  answer_outcome text[] not null,
  answer_reason text[] not null,
  answer_detail text[] not null,
  answer_currency text[] not null,
  answer_kind text[] not null,
  answer_carriers text[] not null,
  answer_stops int2[] not null,
  answer_verdict text[] not null,
  position int4[] not null,
  route int2[] not null,
  depart int4[] not null,
  back int4[] not null,
  answer int2[] not null,
  price int8[] not null,
  minutes int4[] not null,
  offers int2[] not null,
  primary key (job, n)
) with (toast_tuple_target = 8160);
create index job_chunk_step_idx on job_chunk (job, step);
create index job_chunk_rate_idx on job_chunk (provider, at) where asked > 0;
alter table job_chunk add constraint job_chunk_columns_ck check (
  cardinality(position) > 0 and cardinality(route) = cardinality(position) and cardinality(depart) = cardinality(position)
  and cardinality(back) = cardinality(position) and cardinality(answer) = cardinality(position)
  and cardinality(price) = cardinality(position) and cardinality(minutes) = cardinality(position)
  and cardinality(offers) = cardinality(position));
alter table job_chunk add constraint job_chunk_outcome_ck check (answer_outcome <@ array['found', 'empty', 'unknown']);

-- Which of its positions have their outcome; null: none.
alter table job_step add column done varbit null;

insert into job_chunk
select c.job, c.n, s.no, c.provider, c.asked, c.took_ms, max(r.observed_at),
  array_agg(r.origin || r.destination order by r.position), array_agg(r.outcome order by r.position),
  array_agg(r.reason order by r.position), array_agg(r.detail order by r.position),
  array_agg(r.price_currency::text order by r.position), array_agg(r.price_kind::text order by r.position),
  array_agg(r.carriers order by r.position), array_agg(r.stops order by r.position),
  array_agg(r.verdict::text order by r.position),
  array_agg(r.position order by r.position), array(select generate_series(1, cardinality(array_agg(r.position))))::int2[],
  array_agg(r.depart_date - date '1970-01-01' order by r.position),
  array_agg(r.return_date - date '1970-01-01' order by r.position), array(select generate_series(1, cardinality(array_agg(r.position))))::int2[],
  array_agg(r.price_amount order by r.position), array_agg(r.duration_minutes order by r.position),
  array_agg(r.offers order by r.position)
from job_checkpoint c
cross join lateral jsonb_array_elements_text(c.positions) p (position)
join job_result r on r.job = c.job and r.position = p.position::int
join job_step s on s.job = c.job and s.first <= r.position and r.position < s.last
group by c.job, c.n, s.no, c.provider, c.asked, c.took_ms;

update job_step s set done = (
  select string_agg((exists (select from job_result r where r.job = s.job and r.position = p.position))::int::text, ''
    order by p.position)::varbit
  from generate_series(s.first, s.last - 1) p (position))
from job j where j.no = s.job and j.status in ('pending', 'running', 'paused');

drop table job_checkpoint;
drop table job_result;
drop function claim_step;
drop function store_step;

create view job_result as
select c.job, r.position, c.n as checkpoint, c.step, left(c.routes[r.route], 3) as origin, right(c.routes[r.route], 3) as destination,
  date '1970-01-01' + r.depart as depart_date, date '1970-01-01' + r.back as return_date, c.provider::text,
  c.answer_outcome[r.answer] as outcome, c.answer_reason[r.answer] as reason, c.answer_detail[r.answer] as detail,
  r.price as price_amount, c.answer_currency[r.answer] as price_currency, c.answer_kind[r.answer] as price_kind,
  c.answer_carriers[r.answer] as carriers, c.answer_stops[r.answer] as stops, r.minutes as duration_minutes, r.offers,
  c.answer_verdict[r.answer] as verdict, c.at as observed_at
from job_chunk c
cross join lateral unnest(c.position, c.route, c.depart, c.back, c.answer, c.price, c.minutes, c.offers)
  r (position, route, depart, back, answer, price, minutes, offers);

-- Takes steps for a worker: of those that are named whichever are open, due, and in nobody's hands. The first one starts
-- its job.
create function claim_steps(p_job int[], p_no int[], p_lease_ms int)
returns table (job int, no int, provider text, first int, last int, attempts int, losses int, waits int, fence int,
  plan_version int, done text)
language plpgsql set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v record;
  v_lost int[] := '{}';
  v_new int[] := '{}';
begin
  for v in
    with held as materialized (
      select s.job, s.no, s.losses, s.lease_until is not null as was_lost, j.plan_version, j.status
      from unnest(p_job, p_no) u (job, no)
      join job_step s on s.job = u.job and s.no = u.no
      join job j on j.no = s.job
      where s.is_open and s.due_at <= now() and (s.lease_until is null or s.lease_until < now())
        and j.status in ('pending', 'running')
      order by s.job, s.no for update of s skip locked
    )
    update job_step t set fence = t.fence + 1, losses = t.losses + 1, offered_at = null,
      lease_until = now() + p_lease_ms * interval '1 millisecond'
    from held h where t.job = h.job and t.no = h.no
    returning t.job, t.no, t.provider, t.first, t.last, t.attempts, h.losses, t.waits, t.fence, h.plan_version, t.done,
      h.was_lost, h.status
  loop
    if v.was_lost then v_lost := v_lost || v.job; end if;
    if v.status = 'pending' then v_new := v_new || v.job; end if;
    job := v.job; no := v.no; provider := v.provider; first := v.first; last := v.last; attempts := v.attempts;
    losses := v.losses; waits := v.waits; fence := v.fence; plan_version := v.plan_version; done := v.done;
    return next;
  end loop;
  if v_lost <> '{}' or v_new <> '{}' then
    for v in
      select j.no, j.status, (select count(*) from unnest(v_lost) l (no) where l.no = j.no)::int as lost
      from job j where j.no = any(v_lost || v_new) order by j.no for update
    loop
      update job j set recoveries = j.recoveries + v.lost where j.no = v.no and v.lost > 0;
      update job j set status = 'running', started_at = coalesce(j.started_at, now()), version = j.version + 1
        where j.no = v.no and j.status = 'pending';
      if found then perform tell_job(v.no, 'job.started'); end if;
    end loop;
  end if;
end $$;

-- What a worker tells of a step: everything that it has done since it was claimed or last stored.
--   ending: 'kept' goes on; 'done'; 'again' has questions left for another attempt; 'later' has some that nobody could be
--   asked yet; 'back' gives it back. done: of its positions those that are told of now. best_*: the cheapest, by currency.
create type step_report as (
  place int, job int, no int, fence int, ending text, ms int, is_lost boolean, asked int, took_ms int, at timestamptz,
  done varbit, found int, empty int, unknown int, offer_count int, best_amounts int8[], best_currencies text[],
  routes text[], answer_outcome text[], answer_reason text[], answer_detail text[], answer_currency text[],
  answer_kind text[], answer_carriers text[], answer_stops int2[], answer_verdict text[],
  "position" int4[], route int2[], depart int4[], back int4[], answer int2[], price int8[], minutes int4[], offers int2[]
);

-- Stores what is told of steps, in one transaction: outcomes, counters, log. A step that was lost, or whose job is over, is
-- not in the answer, and nothing has happened to it. What was stored already is not stored again.
create function store_steps(p_reports json)
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
      r.answer_carriers, r.answer_stops, r.answer_verdict, r.position, r.route, r.depart, r.back, r.answer, r.price,
      r.minutes, r.offers
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
