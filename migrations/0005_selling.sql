-- The selling engine, whole: every step of a booking's life is decided by one function a batch. A seat may cost what
-- was agreed before, and a step of a booking touches no index: whatever is indexed of it no longer changes.
-- Breaks older binaries: hold_seats takes one argument more, and deadlines and locators stand elsewhere.
--
-- All functions keep the same order of locks: batch, bookings (sorted), cabins (sorted). Each decides
-- its members one by one on locked rows, then writes the effects of all with one statement a table.
--
-- Rows are asked for by `= any(array)` also where a join says the same: a plan that was made while a
-- table was empty is kept for a while, and must not read the whole of it when it has grown.

-- Whom to look at when: the bookings that a batch has held for the same time. A row goes when none of its bookings is
-- open any more. An index of open holds would cost each hold an entry, and each step of a booking all of its entries.
create table hold_deadline (
  at timestamptz(3) not null,
  batch uuid not null,
  bookings uuid[] not null,
  primary key (at, batch)
);
insert into hold_deadline (at, batch, bookings)
  select hold_expires_at, gen_random_uuid(), array_agg(id) from booking where status in ('held', 'paying')
  group by hold_expires_at;
drop index booking_due_idx;

-- Which locator is whose, so that giving one out does not touch the booking's own entries.
create table record_locator (
  code varchar(6) not null primary key,
  booking_id uuid not null
);
alter table record_locator add constraint record_locator_code_ck check (code ~ '^[A-HJ-NP-Z2-9]{6}$');
insert into record_locator (code, booking_id) select locator, id from booking where locator is not null;
alter table booking drop constraint booking_locator_uq, drop constraint booking_locator_ck;

-- Nobody has ever asked when a booking or a payment was last written; their log says more.
drop trigger booking_touch on booking;
drop trigger payment_touch on payment;
alter table booking drop column updated_at;
alter table payment drop column updated_at;

-- Room on its page for the next version of each row: 80 had room for one in five.
alter table booking set (fillfactor = 50);

-- What the functions below say of fares; 0007_fares has the rest of them.
alter table cabin add column ladder int8[] null;
alter table booking add column fare jsonb null;

drop function seat_truths, booking_rows, advance_bookings, lock_cabins_of, move_seats, add_refund, reclaim_due,
  hold_seats, start_payments, settle_payments, cancel_bookings, expire_bookings, release_bookings, complete_refunds;

-- Cabins as the state channel tells of them.
create function seat_truths(p_cabins int4[]) returns jsonb language sql as $$
  select coalesce(jsonb_agg(jsonb_build_object('cabinId', c.id, 'flightId', c.flight_id, 'cabin', c.cabin,
    'targetCapacity', c.target_capacity, 'capacity', c.capacity, 'held', c.held, 'sold', c.sold,
    'priceAmount', c.price_amount, 'priceCurrency', c.price_currency, 'state', c.state, 'version', c.version)), '[]')
  from cabin c where c.id = any(p_cabins)
$$;

-- Bookings with everything that belongs to them, in the order asked for; unknown ids are left out.
create function booking_rows(p_ids uuid[]) returns jsonb language sql as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', b.id, 'actor', b.actor, 'bodyHash', encode(b.body_hash, 'hex'), 'status', b.status,
    'due', b.status in ('held', 'paying') and b.hold_expires_at <= clock_timestamp(),
    'seats', b.seats, 'priceAmount', b.price_amount, 'priceCurrency', b.price_currency,
    'holdExpiresAt', to_char(b.hold_expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'locator', b.locator, 'contact', b.contact, 'reason', b.reason, 'version', b.version, 'fare', b.fare,
    'createdAt', to_char(b.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'legs', (select jsonb_agg(jsonb_build_object('flightId', l.flight_id, 'cabin', l.cabin, 'cabinId', l.cabin_id,
       'quantity', l.quantity) order by l.position) from booking_leg l where l.booking_id = b.id),
    'passengers', coalesce((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('type', p.type,
       'givenName', p.given_name, 'familyName', p.family_name, 'bornOn', p.born_on, 'document', p.document))
       order by p.position) from passenger p where p.booking_id = b.id), '[]'),
    'payment', (select jsonb_build_object('id', y.id, 'status', y.status,
       'amount', jsonb_build_object('amount', y.amount, 'currency', y.currency))
       from payment y where y.booking_id = b.id order by y.created_at desc, y.id desc limit 1),
    'refund', (select jsonb_build_object('status', r.status,
       'amount', jsonb_build_object('amount', r.amount, 'currency', r.currency))
       from refund r where r.booking_id = b.id order by r.created_at desc, r.id desc limit 1)
    ) order by u.place), '[]')
  from unnest(p_ids) with ordinality u (id, place) join booking b on b.id = u.id and b.id = any(p_ids)
$$;

-- One arrow of the life cycle: bookings still in a state that it starts from are moved, raised by one
-- version and logged. Answers who moved; the others have lost a race. p_locators only for paying.
create function advance_bookings(p_ids uuid[], p_from text[], p_to text, p_reason text, p_locators text[] default null)
returns uuid[] language plpgsql as $$
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
      locator = coalesce(b.locator, u.locator),
      reason = case when p_to = 'refunded' then b.reason else p_reason end
    from unnest(p_ids, p_locators) u (id, locator)
    where b.id = u.id and b.id = any(p_ids) and b.status = any(p_from)
    returning b.id, b.version, b.locator, b.reason
  ), paid as (
    select distinct on (y.booking_id) y.booking_id, jsonb_build_object('id', y.id, 'status', y.status,
      'amount', jsonb_build_object('amount', y.amount, 'currency', y.currency)) as told
    from payment y where y.booking_id = any(p_ids) order by y.booking_id, y.created_at desc, y.id desc
  ), logged as (
    insert into outbox (type, subject, version, data)
    select case p_to when 'paying' then 'booking_intent.created' else 'booking.' || p_to end, a.id, a.version,
      jsonb_build_object('status', p_to, 'reason', a.reason, 'locator', a.locator, 'payment', y.told,
        'refund', case when are_refunded then (select jsonb_build_object('status', r.status,
           'amount', jsonb_build_object('amount', r.amount, 'currency', r.currency))
           from refund r where r.booking_id = a.id order by r.created_at desc, r.id desc limit 1) end)
    from advanced a left join paid y on y.booking_id = a.id
  )
  select coalesce(array_agg(a.id), '{}') into moved from advanced a;
  return moved;
end $$;

-- Locks the cabins of these bookings in the order of their ids, as everybody does.
create function lock_cabins_of(p_bookings uuid[]) returns int4[] language plpgsql as $$
declare
  cabins int4[] := array(select distinct g.cabin_id from booking_leg g where g.booking_id = any(p_bookings));
begin
  perform from cabin c where c.id = any(cabins) order by c.id for update;
  return cabins;
end $$;

-- Moves all seats of these bookings, with one ledger row a booking and cabin. Answers the cabins.
--   confirm  held to sold
--   release  held to free
--   retake   free to sold (a late payment; the caller has seen on the locked rows that they are free)
--   return   sold to free
-- p_cabins are those of the bookings, or more, when the caller has locked them.
create function move_seats(p_bookings uuid[], p_kind text, p_cabins int4[] default null) returns int4[]
language plpgsql as $$
declare
  cabins int4[] := p_cabins;
  by_held int4 := case p_kind when 'confirm' then -1 when 'release' then -1 else 0 end;
  by_sold int4 := case p_kind when 'confirm' then 1 when 'retake' then 1 when 'return' then -1 else 0 end;
begin
  if cardinality(p_bookings) = 0 then
    return '{}';
  end if;
  if cabins is null then
    cabins := lock_cabins_of(p_bookings);
  end if;
  with legs as (
    select g.booking_id, g.cabin_id, sum(g.quantity)::int4 as seats
    from booking_leg g where g.booking_id = any(p_bookings) group by g.booking_id, g.cabin_id
  ), moved as (
    update cabin c set held = c.held + w.seats * by_held, sold = c.sold + w.seats * by_sold, version = c.version + 1,
      -- Above its target a cabin has only what was promised before the cut: freed seats are not sold again.
      capacity = case when by_held + by_sold < 0
        then greatest(c.target_capacity, c.held + c.sold + w.seats * (by_held + by_sold)) else c.capacity end
    from (select l.cabin_id, sum(l.seats)::int4 as seats from legs l group by l.cabin_id) w
    where c.id = w.cabin_id and c.id = any(cabins)
    returning c.id, c.version
  ), written as (
    insert into ledger (cabin_id, version, booking_id, kind, d_held, d_sold)
    select l.cabin_id, m.version, l.booking_id, p_kind, l.seats * by_held, l.seats * by_sold
    from legs l join moved m on m.id = l.cabin_id
  )
  select coalesce(array_agg(m.id), '{}') into cabins from moved m;
  return cabins;
end $$;

-- Writes the intent to give money back for this payment (or for the booking's first succeeded payment
-- that was not refunded). One refund a payment. Answers whether there is something to give back.
create function add_refund(p_booking uuid, p_amount int8, p_currency text, p_payment uuid default null)
returns bool language plpgsql as $$
begin
  if p_amount = 0 then
    return false;
  end if;
  insert into refund (id, payment_id, booking_id, amount, currency, next_call_at)
    select gen_random_uuid(), y.id, y.booking_id, p_amount, p_currency, now() from payment y
    where y.booking_id = p_booking and y.status = 'succeeded' and y.currency = p_currency and y.amount >= p_amount
      and (p_payment is null or y.id = p_payment)
      and not exists (select from refund r where r.payment_id = y.id)
    order by y.created_at, y.id limit 1
    on conflict (payment_id) do nothing;
  return found;
end $$;

-- Due holds that keep seats of these (locked) cabins are ended, so that a dead sweeper strands nothing.
-- Nothing here waits for a lock: whoever has one is about to decide the same booking or cabin.
create function reclaim_due(p_short int4[], p_locked int4[]) returns int4[] language plpgsql as $$
declare
  due uuid[];
  others int4[];
begin
  due := array(select u.id
    from (select h.bookings from hold_deadline h where h.at <= clock_timestamp() order by h.at limit 2000) d, unnest(d.bookings) u (id)
    limit 2000);
  if cardinality(due) = 2000 then
    -- Nobody has swept for a while; these cabins' own bookings are the shorter list.
    due := array(select distinct g.booking_id from booking_leg g where g.cabin_id = any(p_short));
  end if;
  due := array(select b.id from booking b
    where b.id = any(due) and b.status in ('held', 'paying') and b.hold_expires_at <= clock_timestamp()
      and exists (select from booking_leg g where g.booking_id = b.id and g.cabin_id = any(p_short))
    order by b.hold_expires_at limit 500 for update skip locked);
  if cardinality(due) = 0 then
    return '{}';
  end if;
  others := array(select c.id from cabin c
    where c.id in (select g.cabin_id from booking_leg g where g.booking_id = any(due)) and not c.id = any(p_locked)
    order by c.id for update skip locked);
  due := array(select u.id from unnest(due) u (id) where not exists (
    select from booking_leg g where g.booking_id = u.id and not g.cabin_id = any(p_locked || others)));
  due := advance_bookings(due, '{held,paying}', 'expired', 'The seats were not paid for in time.');
  return move_seats(due, 'release');
end $$;

-- Holds seats: many holds, one call, one commit.
--
-- c_* are the distinct cabins that the batch is about and how many seats it wants of each. Members
-- come in the order of their arrival; legs point at members and cabins (from 1), and those of a member
-- stand together. p_fare is what a booking keeps of the offer it was made from, or null; then all its legs have
-- an l_price. l_price is what a seat of the leg costs when that was agreed before (an offer), or null:
-- then it is the cabin's price; the currency is the cabin's. codes has a letter a member, or is null when all are held:
--   h held   x its id is taken   u unknown cabin   c not for sale   f foreign currency   g price out of range
--   p another price than expected   s too few seats   l locked by somebody (only with p_skip)
-- refused_leg says which leg of the member it was (from 0). at is when the holds began; truths are the
-- cabins as this call leaves them. leg_prices are those of l_price and what was found for the others, if any cabin has a
-- ladder: its price in truths is the next party's. What a refusal would have written is not written.
create function hold_seats(
  p_batch uuid, c_flight uuid[], c_class text[], c_need int4[],
  p_id uuid[], p_actor uuid[], p_hash text[], p_seats int4[], p_legs int4[], p_expected int8[], p_expected_in text[],
  p_ttl int4[], p_contact jsonb[], p_fare jsonb[],
  l_member int4[], l_position int4[], l_cabin int4[], l_price int8[],
  t_member int4[], t_position int4[], t_type text[], t_given text[], t_family text[], t_born text[], t_document jsonb[],
  p_skip bool,
  out codes text, out refused_leg int4[], out at timestamptz, out truths jsonb, out leg_prices int8[]
) language plpgsql as $$
#variable_conflict use_variable
declare
  members int := cardinality(p_id);
  wanted int := cardinality(c_flight);
  known uuid[];
  places int4[];
  cabins int4[];
  free int4[];
  prices int8[];
  currencies text[];
  for_sale bool[];
  laddered bool[];
  taken int4[] := array_fill(0, array[wanted]);
  versions int4[];
  touched int4[] := '{}';
  code text[] := array_fill('h'::text, array[members]);
  amounts int8[] := array_fill(0::int8, array[members]);
  priced_in text[] := array_fill(''::text, array[members]);
  all_held bool := true;
  any_held bool := false;
  any_listed bool := false;
  leg int := 0;
  first_leg int;
  k int;
  total int8;
  listed int8;
  list_total int8;
  list_totals int8[];
begin
  insert into batch (id) values (p_batch);
  -- An array that grows from its middle would begin there.
  refused_leg := array_fill(null::int4, array[members]);
  for attempt in 1 .. 2 loop
    -- Newest rows, locked in the order of their ids; the second time they are ours already.
    if p_skip then
      select array_agg(x.place), array_agg(x.id), array_agg(x.free), array_agg(x.price), array_agg(x.currency), array_agg(x.sale),
          array_agg(x.laddered)
        into places, cabins, free, prices, currencies, for_sale, laddered
        from (select y.* from (
          select u.place::int4, c.id, c.target_capacity - c.held - c.sold as free, c.price_amount as price,
            c.price_currency::text as currency, c.state = 'open' and c.departs_at_utc > clock_timestamp() as sale,
            c.ladder is not null as laddered
          from unnest(c_flight, c_class) with ordinality u (flight, class, place)
          join cabin c on c.flight_id = u.flight and c.cabin = u.class and c.flight_id = any(c_flight)
          order by c.id for update of c skip locked
        ) y order by y.place) x;
    else
      select array_agg(x.place), array_agg(x.id), array_agg(x.free), array_agg(x.price), array_agg(x.currency), array_agg(x.sale),
          array_agg(x.laddered)
        into places, cabins, free, prices, currencies, for_sale, laddered
        from (select y.* from (
          select u.place::int4, c.id, c.target_capacity - c.held - c.sold as free, c.price_amount as price,
            c.price_currency::text as currency, c.state = 'open' and c.departs_at_utc > clock_timestamp() as sale,
            c.ladder is not null as laddered
          from unnest(c_flight, c_class) with ordinality u (flight, class, place)
          join cabin c on c.flight_id = u.flight and c.cabin = u.class and c.flight_id = any(c_flight)
          order by c.id for update of c
        ) y order by y.place) x;
    end if;
    exit when attempt = 2 or cabins is null;
    declare
      short int4[] := array(select u.id from unnest(places, cabins, free) u (place, id, free) where u.free < c_need[u.place]);
    begin
      exit when cardinality(short) = 0;
      touched := reclaim_due(short, cabins);
      exit when cardinality(touched) = 0;
    end;
  end loop;
  if coalesce(cardinality(places), 0) < wanted then
    -- Some cabins do not exist or are locked; the others keep the place that legs point at.
    select array_agg(y.id order by u.place), array_agg(y.free order by u.place), array_agg(y.price order by u.place),
      array_agg(y.currency order by u.place), array_agg(y.sale order by u.place), array_agg(y.laddered order by u.place)
      into cabins, free, prices, currencies, for_sale, laddered
      from generate_series(1, wanted) u (place)
      left join unnest(places, cabins, free, prices, currencies, for_sale, laddered)
        y (place, id, free, price, currency, sale, laddered)
        on y.place = u.place;
  end if;
  -- Asked behind the locks: a repeat that waited for its first attempt sees it.
  known := array(select b.id from booking b where b.id = any(p_id));
  -- Columns keep milliseconds; what the caller is told must be what they keep.
  at := date_trunc('milliseconds', clock_timestamp());

  -- First come, first served: each member takes all its seats or none.
  for member in 1 .. members loop
    first_leg := leg + 1;
    leg := leg + p_legs[member];
    if p_id[member] = any(known) then
      code[member] := 'x';
    else
      total := 0;
      list_total := 0;
      for l in first_leg .. leg loop
        k := l_cabin[l];
        code[member] := case when cabins[k] is null then 'u' when not for_sale[k] then 'c'
          when currencies[k] <> currencies[l_cabin[first_leg]] then 'f' else 'h' end;
        if code[member] <> 'h' then
          refused_leg[member] := l - first_leg;
          exit;
        end if;
        if laddered[k] or p_fare[member] is not null then
          -- What this party would pay now, by the seats that the members before it have left.
          listed := prices[k];
          if laddered[k] then
            listed := (select ladder_price(c.ladder, free[k], p_seats[member]) from cabin c where c.id = cabins[k]);
          end if;
          if l_price[l] is null then
            l_price[l] := listed;
            any_listed := true;
          end if;
          list_total := list_total
            + brand_price(listed, (p_fare[member] -> 'addPercent' ->> (l - first_leg))::int4) * p_seats[member];
        end if;
        total := total + coalesce(l_price[l], prices[k]) * p_seats[member];
      end loop;
      if code[member] = 'h' then
        amounts[member] := total;
        if p_fare[member] is not null then
          list_totals := coalesce(list_totals, array_fill(null::int8, array[members]));
          list_totals[member] := list_total;
        end if;
        priced_in[member] := currencies[l_cabin[first_leg]];
        if total > 9007199254740991 then
          code[member] := 'g';
        elsif p_expected[member] <> total or p_expected_in[member] <> priced_in[member] then
          code[member] := 'p';
        else
          for l in first_leg .. leg loop
            k := l_cabin[l];
            if free[k] < p_seats[member] then
              code[member] := 's';
              refused_leg[member] := l - first_leg;
              for before in first_leg .. l - 1 loop
                k := l_cabin[before];
                free[k] := free[k] + p_seats[member];
                taken[k] := taken[k] - p_seats[member];
              end loop;
              exit;
            end if;
            free[k] := free[k] - p_seats[member];
            taken[k] := taken[k] + p_seats[member];
          end loop;
        end if;
      end if;
    end if;
    if code[member] = 'h' then
      any_held := true;
    else
      all_held := false;
    end if;
  end loop;

  if any_held then
    with moved as (
      update cabin c set held = c.held + u.taken, version = c.version + 1
      from unnest(cabins, taken) u (id, taken) where c.id = u.id and c.id = any(cabins) and u.taken > 0
      returning c.id, c.version
    )
    select array_agg(m.version order by u.place) into versions
      from unnest(cabins) with ordinality u (id, place) left join moved m on m.id = u.id;
    insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at, contact, fare, created_at)
      select u.id, u.actor, decode(u.hash, 'hex'), 'held', u.seats, u.amount, u.currency,
        at + make_interval(secs => u.ttl), u.contact, u.fare, at
      from unnest(p_id, p_actor, p_hash, p_seats, amounts, priced_in, p_ttl, p_contact, p_fare, code)
        u (id, actor, hash, seats, amount, currency, ttl, contact, fare, code)
      where u.code = 'h';
    insert into hold_deadline (at, batch, bookings)
      select at + make_interval(secs => u.ttl), p_batch, array_agg(u.id)
      from unnest(p_id, p_ttl, code) u (id, ttl, code) where u.code = 'h' group by u.ttl;
    insert into booking_leg (booking_id, position, flight_id, cabin_id, cabin, quantity, price_amount)
      select p_id[u.member], u.position, c_flight[u.cabin], cabins[u.cabin], c_class[u.cabin], p_seats[u.member],
        coalesce(u.price, prices[u.cabin])
      from unnest(l_member, l_position, l_cabin, l_price) u (member, position, cabin, price)
      where all_held or code[u.member] = 'h';
    insert into ledger (cabin_id, version, booking_id, kind, d_held, d_sold)
      select cabins[u.cabin], versions[u.cabin], p_id[u.member], 'hold', sum(p_seats[u.member]), 0
      from unnest(l_member, l_cabin) u (member, cabin)
      where all_held or code[u.member] = 'h' group by u.member, u.cabin;
    if cardinality(t_member) > 0 then
      insert into passenger (booking_id, position, type, given_name, family_name, born_on, document)
        select p_id[u.member], u.position, u.type, u.given, u.family, u.born, u.document
        from unnest(t_member, t_position, t_type, t_given, t_family, t_born, t_document)
          u (member, position, type, given, family, born, document)
        where code[u.member] = 'h';
    end if;
    if list_totals is not null then
      perform write_price_differences(p_id, p_fare, amounts, list_totals, priced_in, code, at);
    end if;
  end if;
  if not all_held then
    if p_skip then
      -- What was skipped may be locked or may not exist.
      for l in 1 .. cardinality(l_cabin) loop
        if code[l_member[l]] = 'u' and cabins[l_cabin[l]] is null and exists (
          select from cabin c where c.flight_id = c_flight[l_cabin[l]] and c.cabin = c_class[l_cabin[l]])
        then
          code[l_member[l]] := 'l';
        end if;
      end loop;
    end if;
    codes := array_to_string(code, '');
  end if;
  if any_listed then
    leg_prices := l_price;
  end if;
  truths := seat_truths(array_remove(cabins, null) || touched);
end $$;

-- Starts paying for holds. Answers the bookings that moved with their new versions, and those that did not only
-- because their locator is somebody's already: draw another.
create function start_payments(
  p_batch uuid, p_booking uuid[], p_actor uuid[], p_payment uuid[], p_provider text, p_locator text[], p_method text[],
  out moved uuid[], out versions int4[], out redraw uuid[]
) language plpgsql as $$
declare
  ready uuid[];
  ours uuid[];
begin
  insert into batch (id) values (p_batch);
  perform from booking b where b.id = any(p_booking) order by b.id for update;
  -- The deadline is tested by this clock, on the locked rows.
  ready := array(
    select b.id from unnest(p_booking, p_actor) u (id, actor) join booking b on b.id = u.id and b.actor = u.actor
    where b.id = any(p_booking) and b.status = 'held' and b.hold_expires_at > clock_timestamp());
  -- In the order of their codes, as everybody does: two processes may draw the same two.
  with given as (
    insert into record_locator (code, booking_id)
      select u.locator, u.id from unnest(p_booking, p_locator) with ordinality u (id, locator, place)
      where u.id = any(ready) order by u.locator, u.place
      on conflict (code) do nothing returning booking_id
  )
  select coalesce(array_agg(g.booking_id), '{}') into ours from given g;
  redraw := array(select u.id from unnest(ready) u (id) where not u.id = any(ours));
  insert into payment (id, booking_id, provider, amount, currency, method, next_call_at)
    select u.payment, b.id, p_provider, b.price_amount, b.price_currency, u.method, now()
    from unnest(p_booking, p_payment, p_method) u (id, payment, method) join booking b on b.id = u.id
    where b.id = any(ours);
  moved := advance_bookings(ours, '{held}', 'paying', null,
    array(select u.locator from unnest(ours) with ordinality r (id, place)
      join unnest(p_booking, p_locator) u (id, locator) on u.id = r.id order by r.place));
  versions := array(select b.version from unnest(moved) with ordinality u (id, place) join booking b on b.id = u.id
    where b.id = any(moved) order by u.place);
end $$;

-- Merges what providers told into payments, bookings and seats. codes has a letter an event:
--   S A F  merged: succeeded, authorised, failed
--   k      heard before, or it changes nothing: a payment's status only rises
--   n o a  nothing written: no such booking, another booking's or provider's payment, another amount than the payment's
create function settle_payments(
  p_batch uuid, p_provider text[], p_event text[], p_type text[], p_payment uuid[], p_booking uuid[], p_amount int8[],
  p_currency text[],
  out codes text, out truths jsonb
) language plpgsql as $$
declare
  heard int[];
  adopted int[];
  risen int[];
  confirmed uuid[];
  failed uuid[];
  -- Places of events whose money may find no seats.
  late int[];
  unwanted int[];
  surplus int[];
  cabins int4[];
  touched int4[] := '{}';
  place int;
begin
  insert into batch (id) values (p_batch);
  perform from booking b where b.id = any(p_booking) order by b.id for update;
  -- What each event is worth, on the locked rows. Events of a batch have nothing in common.
  select coalesce(string_agg(e.code, '' order by e.place), ''),
      coalesce(array_agg(e.place) filter (where e.is_heard), '{}'),
      -- Money that was collected for a booking must be confirmed or given back, whoever started it.
      coalesce(array_agg(e.place) filter (where e.is_heard and e.was is null), '{}'),
      coalesce(array_agg(e.place) filter (where e.effect is not null), '{}'),
      coalesce(array_agg(e.booking) filter (where e.effect = 'confirm'), '{}'),
      coalesce(array_agg(e.booking) filter (where e.effect = 'fail'), '{}'),
      coalesce(array_agg(e.place order by e.place) filter (where e.effect = 'late'), '{}'),
      coalesce(array_agg(e.place order by e.place) filter (where e.effect = 'unwanted'), '{}'),
      coalesce(array_agg(e.place order by e.place) filter (where e.effect = 'surplus'), '{}')
    into codes, heard, adopted, risen, confirmed, failed, late, unwanted, surplus
  from (
    select t.place, t.booking, t.was, t.code in ('S', 'A', 'F', 'r') as is_heard, replace(t.code, 'r', 'k') as code,
      case
        when t.code not in ('S', 'A', 'F') then null
        when t.code = 'F' then
          -- Another payment of the booking may still come.
          case when t.status = 'paying' and not exists (
            select from payment y where y.booking_id = t.booking and y.id <> t.payment and y.status in ('pending', 'authorised'))
          then 'fail' else 'nothing' end
        -- The booking was confirmed when the money was promised; now it is there.
        when t.was = 'authorised' then 'nothing'
        when t.was in ('voiding', 'voided') then 'surplus'
        -- Even past its deadline: nobody has said so yet, so the seats are still this booking's.
        when t.status in ('held', 'paying') and t.is_price then 'confirm'
        when t.status in ('expired', 'failed') and t.is_price then 'late'
        when t.status = 'cancelled' then 'unwanted'
        -- A second payment, or one of another sum.
        else 'surplus'
      end as effect
    from (
      select u.place::int4, u.booking, u.payment, b.status, y.status as was,
        b.price_amount = u.amount and b.price_currency = u.currency as is_price,
        case
          when b.id is null then 'n'
          when x.event_id is not null then 'k'
          when y.booking_id <> u.booking or y.provider <> u.provider then 'o'
          when y.amount <> u.amount or y.currency <> u.currency then 'a'
          -- A payment's status only rises.
          when array_position('{failed,authorised,succeeded}', substr(u.type, 9))
            <= array_position('{failed,authorised,succeeded}', replace(replace(y.status, 'voiding', 'authorised'), 'voided', 'authorised'))
            then 'r'
          when u.type = 'payment.succeeded' then 'S'
          when u.type = 'payment.authorised' then 'A'
          else 'F'
        end as code
      from unnest(p_provider, p_event, p_type, p_payment, p_booking, p_amount, p_currency)
        with ordinality u (provider, event, type, payment, booking, amount, currency, place)
      left join booking b on b.id = u.booking and b.id = any(p_booking)
      left join payment y on y.id = u.payment and y.id = any(p_payment)
      left join payment_event x on x.provider = u.provider and x.event_id = u.event and x.event_id = any(p_event)
      offset 0
    ) t
    -- Otherwise each code and effect would be found out anew wherever it is used.
    offset 0
  ) e;

  insert into payment_event (provider, event_id, payment_id, type)
    select p_provider[u.place], p_event[u.place], p_payment[u.place], p_type[u.place] from unnest(heard) u (place);
  if cardinality(adopted) > 0 then
    insert into payment (id, booking_id, provider, amount, currency)
      select p_payment[u.place], p_booking[u.place], p_provider[u.place], p_amount[u.place], p_currency[u.place]
      from unnest(adopted) u (place);
  end if;
  update payment y set status = substr(p_type[u.place], 9),
    next_call_at = case when p_type[u.place] = 'payment.authorised' then now() end, calls = 0
    from unnest(risen) u (place) where y.id = p_payment[u.place] and y.id = any(p_payment);

  -- All cabins at once, so that late ones do not break the order.
  cabins := lock_cabins_of(confirmed || failed || array(select p_booking[u.place] from unnest(late) u (place)));
  confirmed := advance_bookings(confirmed, '{held,paying}', 'confirmed', null);
  touched := touched || move_seats(confirmed, 'confirm', cabins);
  if cardinality(failed) > 0 then
    failed := advance_bookings(failed, '{paying}', 'failed', 'The payment was declined.');
    touched := touched || move_seats(failed, 'release', cabins);
  end if;
  foreach place in array late loop
    if exists (
      select from (select g.cabin_id, sum(g.quantity) as seats from booking_leg g where g.booking_id = p_booking[place] group by g.cabin_id) l
      left join cabin c on c.id = l.cabin_id and c.state = 'open' and c.departs_at_utc > clock_timestamp()
        and c.held + c.sold + l.seats <= c.target_capacity
      where c.id is null)
    then
      unwanted := unwanted || place;
    else
      touched := touched || move_seats(
        advance_bookings(array[p_booking[place]], '{expired,failed}', 'confirmed',
          'The payment came late; the seats were still free and were taken again.'), 'retake', cabins);
    end if;
  end loop;
  foreach place in array unwanted || surplus loop
    if p_type[place] = 'payment.authorised' then
      update payment y set status = 'voiding', next_call_at = now() where y.id = p_payment[place];
    elsif add_refund(p_booking[place], p_amount[place], p_currency[place], p_payment[place]) and place = any(unwanted) then
      perform advance_bookings(array[p_booking[place]], '{cancelled}', 'refund_pending',
        'The payment came after the cancellation; the money goes back.');
      perform advance_bookings(array[p_booking[place]], '{expired,failed}', 'refund_pending',
        'The payment came late and the seats were gone; the money goes back.');
    end if;
  end loop;
  truths := seat_truths(touched);
end $$;

-- Cancels bookings for their owners. codes has a letter a member:
--   c cancelled   u was cancelled before   q needs a quote   s the quote is over, used or not the newest
--   w its money is promised but not there yet   x cannot be cancelled   n not found
create function cancel_bookings(
  p_batch uuid, p_booking uuid[], p_actor uuid[], p_quote uuid[], out codes text, out truths jsonb
) language plpgsql as $$
declare
  m record;
  code text;
  told text[] := '{}';
  held uuid[] := '{}';
  sold uuid[] := '{}';
  touched int4[];
  due int8;
  why constant text := 'Cancelled by the traveller.';
begin
  insert into batch (id) values (p_batch);
  perform from booking b where b.id = any(p_booking) order by b.id for update;
  perform lock_cabins_of(p_booking);
  for m in
    select u.id, u.quote, b.status, b.price_amount, b.price_currency,
      exists (select from payment y where y.booking_id = b.id and y.status = 'authorised') as capturing
    from unnest(p_booking, p_actor, p_quote) with ordinality u (id, actor, quote, place)
    left join booking b on b.id = u.id and b.actor = u.actor
    order by u.place
  loop
    code := case when m.status is null then 'n' when m.status in ('cancelled', 'refund_pending', 'refunded') then 'u'
      when m.status not in ('held', 'confirmed') then 'x' else 'c' end;
    if m.status = 'held' then
      held := held || m.id;
    elsif m.status = 'confirmed' then
      if m.capturing then
        code := 'w';
      elsif m.quote is null then
        code := 'q';
      else
        -- A quote that was made while nothing was paid yet says nothing of the price.
        delete from cancel_quote q where q.booking_id = m.id and q.quote_id = m.quote and q.expires_at > clock_timestamp()
            and q.refund_amount + q.penalty_amount = m.price_amount
          returning q.refund_amount into due;
        if not found then
          code := 's';
        else
          sold := sold || m.id;
          if add_refund(m.id, due, m.price_currency) then
            perform advance_bookings(array[m.id], '{confirmed}', 'refund_pending', why);
          else
            perform advance_bookings(array[m.id], '{confirmed}', 'cancelled', why);
          end if;
        end if;
      end if;
    end if;
    told := told || code;
  end loop;
  touched := move_seats(advance_bookings(held, '{held}', 'cancelled', why), 'release') || move_seats(sold, 'return');
  codes := array_to_string(told, '');
  truths := seat_truths(touched);
end $$;

-- Bookings past their deadline, longest first. Rows of which nothing is open any more go.
create function due_bookings(p_limit int4) returns uuid[] language plpgsql as $$
declare
  due uuid[];
begin
  with looked as materialized (
    select h.at, h.batch, h.bookings from hold_deadline h where h.at <= now() order by h.at limit 2000
    for update skip locked
  ), opened as materialized (
    select k.at, k.batch, b.id, b.hold_expires_at from looked k, unnest(k.bookings) u (id)
    join booking b on b.id = u.id and b.status in ('held', 'paying')
  ), gone as (
    delete from hold_deadline h using looked k where h.at = k.at and h.batch = k.batch
      and not exists (select from opened o where o.at = k.at and o.batch = k.batch)
  )
  select coalesce(array_agg(d.id order by d.at), '{}') into due
    from (select o.id, o.at from opened o where o.hold_expires_at <= now() order by o.at limit p_limit) d;
  return due;
end $$;

-- Ends holds that are past their deadline by this clock. Whoever is locked is being decided otherwise.
create function expire_bookings(p_batch uuid, p_booking uuid[], out moved uuid[], out truths jsonb) language plpgsql as $$
begin
  insert into batch (id) values (p_batch);
  moved := array(select b.id from booking b
    where b.id = any(p_booking) and b.status in ('held', 'paying') and b.hold_expires_at <= clock_timestamp()
    order by b.id for update skip locked);
  moved := advance_bookings(moved, '{held,paying}', 'expired', 'The seats were not paid for in time.');
  truths := seat_truths(move_seats(moved, 'release'));
end $$;

-- Ends bookings with a leg on a cancelled flight: holds are given back, confirmed ones refunded in full.
-- One whose money is on its way is met when that is settled.
create function release_bookings(p_batch uuid, p_booking uuid[], out moved uuid[], out truths jsonb) language plpgsql as $$
declare
  m record;
  held uuid[] := '{}';
  paid uuid[] := '{}';
  unpaid uuid[] := '{}';
  why constant text := 'The airline cancelled a flight of this booking.';
begin
  insert into batch (id) values (p_batch);
  perform from booking b where b.id = any(p_booking) order by b.id for update;
  perform lock_cabins_of(p_booking);
  for m in
    select b.id, b.status, b.price_amount, b.price_currency from booking b
    where b.id = any(p_booking) and b.status in ('held', 'confirmed')
      and exists (select from booking_leg g join cabin c on c.id = g.cabin_id where g.booking_id = b.id and c.state = 'cancelled')
      and not exists (select from payment y where y.booking_id = b.id and y.status = 'authorised')
    order by b.id
  loop
    if m.status = 'held' then
      held := held || m.id;
    elsif add_refund(m.id, m.price_amount, m.price_currency) then
      paid := paid || m.id;
    else
      unpaid := unpaid || m.id;
    end if;
  end loop;
  held := advance_bookings(held, '{held}', 'cancelled', why);
  paid := advance_bookings(paid, '{confirmed}', 'refund_pending', why);
  unpaid := advance_bookings(unpaid, '{confirmed}', 'cancelled', why);
  truths := seat_truths(move_seats(held, 'release') || move_seats(paid || unpaid, 'return'));
  moved := held || paid || unpaid;
end $$;

-- Writes down that providers have given money back; a booking is refunded when nothing is pending.
create function complete_refunds(p_batch uuid, p_refund uuid[], p_booking uuid[], out moved uuid[]) language plpgsql as $$
declare
  settled uuid[];
begin
  insert into batch (id) values (p_batch);
  perform from booking b where b.id = any(p_booking) order by b.id for update;
  with done as (
    update refund r set status = 'succeeded', next_call_at = null
    where r.id = any(p_refund) and r.status = 'pending' returning r.booking_id
  )
  select coalesce(array_agg(d.booking_id), '{}') into settled from done d;
  moved := advance_bookings(
    array(select distinct u.id from unnest(settled) u (id)
      where not exists (select from refund r where r.booking_id = u.id and r.status = 'pending')),
    '{refund_pending}', 'refunded', null);
end $$;
