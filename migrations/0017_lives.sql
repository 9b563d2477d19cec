-- The two steps between a hold and a confirmed booking, in as few statements as they need: what a batch costs beside
-- its rows is paid for by each of its members.

-- An entry of the log is written once and read whole: as text it costs a third.
alter table outbox alter column data type json using data::json;

-- What the log keeps of a booking's state; a payment's keys stand as jsonb has them in `booking_rows`. Everything but
-- the reason is a word, a number or an id of ours.
create function booking_told(p_status text, p_reason text, p_locator text, p_payment text, p_refund json) returns json
  language sql stable as $$
  select ('{"status":"' || p_status || '","reason":' || coalesce(to_json(p_reason)::text, 'null')
    || ',"locator":' || coalesce('"' || p_locator || '"', 'null') || ',"payment":' || coalesce(p_payment, 'null')
    || ',"refund":' || coalesce(p_refund::text, 'null') || '}')::json
$$;
create function payment_told(p_id uuid, p_status text, p_amount int8, p_currency text) returns text
  language sql stable as $$
  select '{"id":"' || p_id || '","amount":{"amount":' || p_amount || ',"currency":"' || p_currency || '"},"status":"'
    || p_status || '"}'
$$;

drop function advance_bookings;
create function advance_bookings(p_ids uuid[], p_from text[], p_to text, p_reason text) returns uuid[] language plpgsql as $$
declare
  moved uuid[];
  -- Hardly ever; asked once for all.
  are_refunded bool := exists (select from refund r where r.booking_id = any(p_ids));
begin
  if cardinality(p_ids) = 0 then
    return '{}';
  end if;
  with advanced as (
    update booking b set status = p_to, version = b.version + 1,
      reason = case when p_to = 'refunded' then b.reason else p_reason end
    where b.id = any(p_ids) and b.status = any(p_from)
    returning b.id, b.version, b.locator, b.reason
  ), paid as (
    select distinct on (y.booking_id) y.booking_id, payment_told(y.id, y.status, y.amount, y.currency) as told
    from payment y where y.booking_id = any(p_ids) order by y.booking_id, y.created_at desc, y.id desc
  ), logged as (
    insert into outbox (type, subject, version, data)
    select 'booking.' || p_to, a.id, a.version,
      booking_told(p_to, a.reason, a.locator, y.told,
        case when are_refunded then (select json_build_object(
           'amount', json_build_object('amount', r.amount, 'currency', r.currency), 'status', r.status)
           from refund r where r.booking_id = a.id order by r.created_at desc, r.id desc limit 1) end)
    from advanced a left join paid y on y.booking_id = a.id
  )
  select coalesce(array_agg(a.id), '{}') into moved from advanced a;
  return moved;
end $$;

drop function start_payments;
-- Starts paying for holds. versions has an entry a member: the booking's new version; 0, its locator is somebody's
-- already, so draw another; null, it is not a hold of this actor's that still lives.
create function start_payments(
  p_batch uuid, p_booking uuid[], p_actor uuid[], p_payment uuid[], p_provider text, p_locator text[], p_method text[],
  out versions int4[]
) language plpgsql as $$
begin
  insert into batch (id) values (p_batch);
  with locked as materialized (
    select b.id, b.actor, b.status, b.version, b.locator, b.price_amount, b.price_currency, b.hold_expires_at
    from booking b where b.id = any(p_booking) order by b.id for update
  ), ready as materialized (
    -- The deadline is tested by this clock, on the locked rows.
    select u.id, u.payment, u.method, u.place, u.locator as code, coalesce(b.locator, u.locator) as locator,
      b.version + 1 as version, b.price_amount, b.price_currency
    from unnest(p_booking, p_actor, p_payment, p_locator, p_method) with ordinality
      u (id, actor, payment, locator, method, place)
    join locked b on b.id = u.id and b.actor = u.actor
    where b.status = 'held' and b.hold_expires_at > clock_timestamp()
  ), given as (
    -- In the order of their codes, as everybody does: two processes may draw the same two.
    insert into record_locator (code, booking_id)
      select r.code, r.id from ready r order by r.code, r.place on conflict (code) do nothing returning booking_id
  ), ours as materialized (
    select r.* from ready r join given g on g.booking_id = r.id
  ), begun as (
    insert into payment (id, booking_id, provider, amount, currency, method, next_call_at)
      select o.payment, o.id, p_provider, o.price_amount, o.price_currency, o.method, now() from ours o
  ), advanced as (
    update booking b set status = 'paying', version = o.version, locator = o.locator, reason = null
      from ours o where b.id = o.id and b.id = any(p_booking) and b.status = 'held'
  ), logged as (
    insert into outbox (type, subject, version, data)
      select 'booking_intent.created', o.id, o.version,
        booking_told('paying', null, o.locator, payment_told(o.payment, 'pending', o.price_amount, o.price_currency), null)
      from ours o
  )
  select array_agg(case when o.id is not null then o.version when r.id is not null then 0 end order by u.place)
    into versions
    from unnest(p_booking) with ordinality u (id, place) left join ready r on r.id = u.id left join ours o on o.id = u.id;
end $$;

-- Any event, whatever is known of its booking.
alter function settle_payments rename to merge_payments;

-- What providers told, merged into payments, bookings and seats; the letters are those of merge_payments. Mostly every
-- event of a batch says that a booking's only payment has come as it was asked for, and nobody has said so before.
create function settle_payments(
  p_batch uuid, p_provider text[], p_event text[], p_type text[], p_payment uuid[], p_booking uuid[], p_amount int8[],
  p_currency text[], out codes text, out truths jsonb
) language plpgsql as $$
begin
  perform from booking b where b.id = any(p_booking) order by b.id for update;
  if exists (select from payment_event x where x.event_id = any(p_event))
    or (select count(*) from payment y where y.booking_id = any(p_booking)) <> cardinality(p_booking)
    or (select count(*) from unnest(p_provider, p_type, p_payment, p_booking, p_amount, p_currency)
          u (provider, type, payment, booking, amount, currency)
        join booking b on b.id = u.booking and b.id = any(p_booking)
        join payment y on y.id = u.payment and y.id = any(p_payment)
        where u.type = 'payment.succeeded' and y.status = 'pending'
          and (y.booking_id, y.provider, y.amount, y.currency) = (u.booking, u.provider, u.amount, u.currency)
          -- Even past its deadline: nobody has said so yet, so the seats are still this booking's.
          and b.status in ('held', 'paying') and (b.price_amount, b.price_currency) = (u.amount, u.currency)
      ) <> cardinality(p_booking)
  then
    select m.codes, m.truths into codes, truths
      from merge_payments(p_batch, p_provider, p_event, p_type, p_payment, p_booking, p_amount, p_currency) m;
    return;
  end if;
  insert into batch (id) values (p_batch);
  with heard as (
    insert into payment_event (provider, event_id, payment_id, type)
      select u.* from unnest(p_provider, p_event, p_payment, p_type) u
  ), risen as (
    update payment y set status = 'succeeded', next_call_at = null, calls = 0 where y.id = any(p_payment)
  ), advanced as (
    update booking b set status = 'confirmed', version = b.version + 1, reason = null
      where b.id = any(p_booking) and b.status in ('held', 'paying') returning b.id, b.version, b.locator
  )
  insert into outbox (type, subject, version, data)
    select 'booking.confirmed', a.id, a.version,
      booking_told('confirmed', null, a.locator, payment_told(u.payment, 'succeeded', u.amount, u.currency), null)
    from unnest(p_booking, p_payment, p_amount, p_currency) u (id, payment, amount, currency)
    join advanced a on a.id = u.id;
  codes := repeat('S', cardinality(p_booking));
  truths := seat_truths(move_seats(p_booking, 'confirm'));
end $$;
