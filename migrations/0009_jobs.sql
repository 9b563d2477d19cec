-- Fare-search jobs: what was asked, the steps that are open, and what each combination came to.
-- Breaks no older binary: all of it is new.

create table job (
  no serial primary key,
  id uuid not null,
  actor uuid not null,
  body_hash bytea not null,
  status text not null default 'pending',
  priority smallint not null default 0,
  providers jsonb not null,
  ask jsonb not null,
  plan jsonb not null,
  plan_version int not null default 1,
  total int not null,
  done int not null default 0,
  found int not null default 0,
  empty int not null default 0,
  unknown int not null default 0,
  lost int not null default 0,
  offers int not null default 0,
  open_steps int not null,
  checkpoints int not null default 0,
  recoveries int not null default 0,
  best_amount bigint null,
  best_currency varchar(3) null,
  stop_amount bigint null,
  stop_currency varchar(3) null,
  repeat_hours smallint null,
  repeat_times smallint null,
  repeat_at timestamptz(3) null,
  reason text null,
  version int not null default 1,
  created_at timestamptz(3) not null default now(),
  started_at timestamptz(3) null,
  finished_at timestamptz(3) null,
  last_checkpoint_at timestamptz(3) null,
  removed_at timestamptz(3) null
);
alter table job add constraint job_id_uq unique (id);
create index job_actor_idx on job (actor, created_at, id);
create index job_open_idx on job (no) where (status = ANY (ARRAY['pending'::text, 'running'::text]));
create index job_repeat_idx on job (repeat_at) where repeat_at is not null;
create index job_removed_idx on job (no) where removed_at is not null;
alter table job add constraint job_counts_ck check (done = found + empty + unknown and done <= total and open_steps >= 0);
alter table job add constraint job_status_check check (status in ('pending', 'running', 'paused', 'completed', 'failed', 'cancelled'));

-- A batch of combinations at one provider: positions [first, last) of the job's plan. What it has left to do are those
-- without a row in job_result.
create table job_step (
  job int not null,
  no int not null,
  provider varchar(20) not null,
  first int not null,
  last int not null,
  is_open boolean not null default true,
  attempts smallint not null default 0,
  losses smallint not null default 0,
  waits smallint not null default 0,
  fence int not null default 0,
  due_at timestamptz(3) not null default now(),
  offered_at timestamptz(3) null,
  lease_until timestamptz(3) null,
  primary key (job, no)
) with (fillfactor = 70);
create index job_step_open_idx on job_step (job, provider, no) where is_open;
alter table job_step add constraint job_step_range_ck check (first < last);

create table job_result (
  job int not null,
  position int not null,
  origin varchar(3) not null,
  destination varchar(3) not null,
  depart_date date not null,
  return_date date null,
  provider varchar(20) not null,
  outcome text not null,
  reason text null,
  detail text null,
  price_amount bigint null,
  price_currency varchar(3) null,
  price_kind varchar(16) null,
  carriers text null,
  stops smallint null,
  duration_minutes int null,
  offers smallint not null default 0,
  verdict varchar(8) not null default 'unknown',
  observed_at timestamptz(3) not null,
  primary key (job, position)
);
create index job_result_price_idx on job_result (job, price_amount, position);
alter table job_result add constraint job_result_outcome_check check (outcome in ('found', 'empty', 'unknown'));

-- One row a commit of a step: which combinations it added, in the order of the commits.
create table job_checkpoint (
  job int not null,
  n int not null,
  provider varchar(20) not null,
  positions jsonb not null,
  asked int not null,
  took_ms int not null,
  at timestamptz(3) not null default now(),
  primary key (job, n)
);
create index job_checkpoint_rate_idx on job_checkpoint (provider, at) where asked > 0;

-- An entry of the log about a job, with the numbers that it has at that moment.
create function tell_job(p_no int, p_type text) returns void language sql as $$
  insert into outbox (type, subject, version, data)
  select p_type, id, version, jsonb_build_object(
    'status', status, 'reason', reason, 'total', total, 'done', done, 'found', found, 'empty', empty, 'unknown', unknown,
    'offers', offers, 'bestAmount', best_amount, 'bestCurrency', best_currency, 'recoveries', recoveries)
  from job where no = p_no
$$;

-- Takes a step for a worker: nothing, unless it is open, due, and in nobody's hands. The first one starts its job.
create function claim_step(p_job int, p_no int, p_lease_ms int)
returns table (provider text, first int, last int, attempts int, losses int, waits int, fence int, plan_version int)
language plpgsql as $$
#variable_conflict use_column
declare
  s job_step;
  v_status text;
  v_plan int;
begin
  select * into s from job_step t
    where t.job = p_job and t.no = p_no and t.is_open and t.due_at <= now()
      and (t.lease_until is null or t.lease_until < now())
    for update skip locked;
  if not found then return; end if;
  select j.status, j.plan_version into v_status, v_plan from job j where j.no = p_job;
  if v_status not in ('pending', 'running') then return; end if;
  update job_step t set fence = t.fence + 1, losses = t.losses + 1, offered_at = null,
    lease_until = now() + p_lease_ms * interval '1 millisecond'
    where t.job = p_job and t.no = p_no;
  if s.lease_until is not null then
    update job j set recoveries = j.recoveries + 1 where j.no = p_job;
  end if;
  if v_status = 'pending' then
    update job j set status = 'running', started_at = coalesce(j.started_at, now()), version = j.version + 1
      where j.no = p_job and j.status = 'pending';
    if found then perform tell_job(p_job, 'job.started'); end if;
  end if;
  return query select s.provider::text, s.first, s.last, s.attempts::int, s.losses::int, s.waits::int, s.fence + 1, v_plan;
end $$;

-- Everything that a step has done since it was claimed or last stored, in one transaction: outcomes, counters,
-- checkpoint, log. Answers nothing to whoever has lost the step; then nothing has happened.
--   p_end: 'kept' goes on; 'done'; 'again' has questions left for another attempt; 'later' has some that nobody could be
--   asked yet; 'back' gives it back.
create function store_step(
  p_job int, p_no int, p_fence int, p_end text, p_ms int, p_lost boolean, p_asked int, p_took_ms int,
  p_position int[], p_origin text[], p_destination text[], p_depart date[], p_return date[], p_outcome text[],
  p_reason text[], p_detail text[], p_price bigint[], p_currency text[], p_kind text[], p_carriers text[], p_stops smallint[],
  p_minutes int[], p_offers smallint[], p_verdict text[], p_at timestamptz
) returns table (
  id uuid, status text, version int, total int, done int, found int, empty int, unknown int, offers int,
  best_amount bigint, best_currency text, checkpoints int, stored int
) language plpgsql as $$
#variable_conflict use_column
declare
  v_provider text;
  v_stored int; v_found int; v_empty int; v_unknown int; v_offers int;
  v_amount bigint; v_currency text; v_positions jsonb;
  j job;
begin
  update job_step t set is_open = p_end <> 'done', attempts = t.attempts + (p_end = 'again')::int, losses = 0,
      waits = t.waits + (p_end = 'later')::int, offered_at = null,
      due_at = case when p_end in ('again', 'later') then now() + p_ms * interval '1 millisecond' else t.due_at end,
      lease_until = case when p_end = 'kept' then now() + p_ms * interval '1 millisecond' end
    where t.job = p_job and t.no = p_no and t.fence = p_fence and t.is_open
    returning t.provider into v_provider;
  if not found then return; end if;

  with stored as (
    insert into job_result as r (job, position, origin, destination, depart_date, return_date, provider, outcome, reason,
      detail, price_amount, price_currency, price_kind, carriers, stops, duration_minutes, offers, verdict, observed_at)
    select p_job, u.position, u.origin, u.destination, u.depart, u.return, v_provider, u.outcome, u.reason, u.detail, u.price,
      u.currency, u.kind, u.carriers, u.stops, u.minutes, u.offers, u.verdict, p_at
    from unnest(p_position, p_origin, p_destination, p_depart, p_return, p_outcome, p_reason, p_detail, p_price, p_currency, p_kind,
      p_carriers, p_stops, p_minutes, p_offers, p_verdict)
      u (position, origin, destination, depart, return, outcome, reason, detail, price, currency, kind, carriers, stops, minutes,
        offers, verdict)
    on conflict do nothing
    returning r.position, r.outcome, r.offers, r.price_amount, r.price_currency
  )
  select count(*), count(*) filter (where s.outcome = 'found'), count(*) filter (where s.outcome = 'empty'),
      count(*) filter (where s.outcome = 'unknown'), coalesce(sum(s.offers), 0),
      (array_agg(s.price_currency order by s.price_amount) filter (where s.price_amount is not null))[1],
      jsonb_agg(s.position order by s.position)
    into v_stored, v_found, v_empty, v_unknown, v_offers, v_currency, v_positions
    from stored s;

  select coalesce(t.best_currency, v_currency) into v_currency from job t where t.no = p_job;
  select min(u.price) into v_amount from unnest(p_price, p_currency) u (price, currency) where u.currency = v_currency;

  -- The job's row comes last: it is what the steps of one job wait for each other at.
  update job t set
      status = case
        when t.lost + (case when p_lost then v_stored else 0 end) >= t.total and t.open_steps = (p_end = 'done')::int
          then 'failed'
        when t.open_steps = (p_end = 'done')::int
          or (t.stop_currency = v_currency and v_amount <= t.stop_amount) then 'completed'
        else t.status end,
      done = t.done + v_stored, found = t.found + v_found, empty = t.empty + v_empty, unknown = t.unknown + v_unknown,
      lost = t.lost + (case when p_lost then v_stored else 0 end), offers = t.offers + v_offers,
      open_steps = t.open_steps - (p_end = 'done')::int, checkpoints = t.checkpoints + (v_stored > 0)::int,
      best_currency = coalesce(t.best_currency, v_currency),
      best_amount = case when coalesce(t.best_currency, v_currency) = v_currency then least(t.best_amount, v_amount)
        else t.best_amount end,
      last_checkpoint_at = now()
    where t.no = p_job and t.status in ('pending', 'running', 'paused')
    returning t.* into j;
  if not found then raise exception 'the job is over'; end if;

  if v_stored > 0 then
    insert into job_checkpoint (job, n, provider, positions, asked, took_ms)
    values (p_job, j.checkpoints, v_provider, v_positions, p_asked, p_took_ms);
  end if;
  if j.status in ('completed', 'failed') then
    update job t set version = t.version + 1, finished_at = now(),
        reason = case
          when t.status = 'failed' then 'no combination could be asked for'
          when t.done < t.total then 'the target price was found' end,
        repeat_at = case when t.repeat_times > 0 then now() + t.repeat_hours * interval '1 hour' end
      where t.no = p_job returning t.* into j;
    perform tell_job(p_job, 'job.' || j.status);
  end if;
  return query select j.id, j.status, j.version, j.total, j.done, j.found, j.empty, j.unknown, j.offers, j.best_amount,
    j.best_currency::text, j.checkpoints, v_stored;
end $$;
