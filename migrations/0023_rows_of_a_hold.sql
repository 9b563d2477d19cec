-- A hold writes one row, its booking. Its legs stand in that row, and the ledger has one row of a cabin for all that a
-- call has held there, as the cabin's counters move once a call. As rows of their own they cost most of what a hold cost,
-- and a second leg as much again. Reading is as before, by views.

-- Legs, side by side and so many seats of each as the booking has: the cabin, one seat as agreed, and the cabin's version as
-- the hold left it, which with the cabin is the key in ledger_hold. Flight and class are the cabin's; one that was ever held
-- is never deleted.
alter table booking add column leg_cabins int4[], add column leg_prices int8[], add column leg_versions int4[];
update booking b set (leg_cabins, leg_prices, leg_versions) = (
  select array_agg(g.cabin_id order by g.position), array_agg(g.price_amount order by g.position),
    array_agg(coalesce(l.version, 0) order by g.position)
  from booking_leg g left join ledger l on l.cabin_id = g.cabin_id and l.booking_id = g.booking_id and l.kind = 'hold'
  where g.booking_id = b.id);
alter table booking alter column leg_cabins set not null, alter column leg_prices set not null,
  alter column leg_versions set not null;
alter table booking add constraint booking_legs_ck check (
  cardinality(leg_cabins) >= 1 and cardinality(leg_prices) = cardinality(leg_cabins)
  and cardinality(leg_versions) = cardinality(leg_cabins));
drop table booking_leg;

-- The ledger: what was held, a row a call and cabin with bookings and seats side by side (two legs
-- of a booking in one cabin are two of its entries) ...
create table ledger_hold (
  cabin_id int4 not null,
  version int4 not null,
  at timestamptz(3) not null default now(),
  bookings uuid[] not null,
  seats int2[] not null,
  primary key (cabin_id, version)
);
-- Ids do not get shorter, and trying to takes as long as writing them.
alter table ledger_hold alter column bookings set storage external;
alter table hold_deadline alter column bookings set storage external;
alter table ledger_hold add constraint ledger_hold_lists_ck check (cardinality(bookings) = cardinality(seats));
insert into ledger_hold (cabin_id, version, at, bookings, seats)
  select cabin_id, version, min(at), array_agg(booking_id order by booking_id), array_agg(d_held::int2 order by booking_id)
  from ledger where kind = 'hold' group by cabin_id, version;

-- ... and all that became of it, a row a booking and cabin.
create table ledger_move (
  cabin_id int4 not null,
  version int4 not null,
  booking_id uuid not null,
  kind text check (kind in ('confirm', 'release', 'retake', 'return', 'repair')) not null,
  attempt int2 not null default 0,
  d_held int4 not null,
  d_sold int4 not null,
  at timestamptz(3) not null default now(),
  primary key (cabin_id, booking_id, kind, attempt)
);
insert into ledger_move select cabin_id, version, booking_id, kind, attempt, d_held, d_sold, at from ledger where kind <> 'hold';
drop table ledger;

create view ledger as
  select h.cabin_id, h.version, u.booking_id, 'hold' as kind, 0::int2 as attempt, u.seats::int4 as d_held, 0 as d_sold, h.at
  from ledger_hold h, lateral (
    select b.id as booking_id, sum(b.seats) as seats from unnest(h.bookings, h.seats) b (id, seats) group by b.id) u
  union all
  select cabin_id, version, booking_id, kind, attempt, d_held, d_sold, at from ledger_move;

-- Legs by their booking.
create view booking_leg as
  select b.id as booking_id, g.position::int2 as position, c.flight_id, g.cabin_id, c.cabin, b.seats as quantity, g.price_amount
  from booking b, unnest(b.leg_cabins, b.leg_prices) with ordinality g (cabin_id, price_amount, position)
  left join cabin c on c.id = g.cabin_id;

-- Legs by their cabin, as far as the ledger has their hold: the audit looks for others.
create view cabin_leg as
  select h.cabin_id, b.id as booking_id, g.position::int2 as position, c.flight_id, c.cabin, b.seats as quantity, g.price_amount
  from ledger_hold h, lateral (select distinct unnest(h.bookings) as id) u join booking b on b.id = u.id,
    unnest(b.leg_cabins, b.leg_prices) with ordinality g (cabin_id, price_amount, position)
    left join cabin c on c.id = g.cabin_id
  where g.cabin_id = h.cabin_id;

-- What follows reads and writes there, and is else as it was (0005, 0012, 0021).

-- Locks the cabins of these bookings in the order of their ids, as everybody does.
create or replace function lock_cabins_of(p_bookings uuid[]) returns int4[] language plpgsql as $$
declare
  cabins int4[] := array(select distinct g.id from booking b, unnest(b.leg_cabins) g (id) where b.id = any(p_bookings));
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
create or replace function move_seats(p_bookings uuid[], p_kind text, p_cabins int4[] default null) returns int4[]
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
    select b.id as booking_id, g.cabin_id, sum(b.seats)::int4 as seats
    from booking b, unnest(b.leg_cabins) g (cabin_id) where b.id = any(p_bookings) group by b.id, g.cabin_id
  ), moved as (
    update cabin c set held = c.held + w.seats * by_held, sold = c.sold + w.seats * by_sold, version = c.version + 1,
      -- Above its target a cabin has only what was promised before the cut: freed seats are not sold again.
      capacity = case when by_held + by_sold < 0
        then greatest(c.target_capacity, c.held + c.sold + w.seats * (by_held + by_sold)) else c.capacity end
    from (select l.cabin_id, sum(l.seats)::int4 as seats from legs l group by l.cabin_id) w
    where c.id = w.cabin_id and c.id = any(cabins)
    returning c.id, c.version
  ), written as (
    insert into ledger_move (cabin_id, version, booking_id, kind, d_held, d_sold)
    select l.cabin_id, m.version, l.booking_id, p_kind, l.seats * by_held, l.seats * by_sold
    from legs l join moved m on m.id = l.cabin_id
  )
  select coalesce(array_agg(m.id), '{}') into cabins from moved m;
  return cabins;
end $$;

-- Due holds that keep seats of these (locked) cabins are ended, so that a dead sweeper strands nothing.
-- Nothing here waits for a lock: whoever has one is about to decide the same booking or cabin.
create or replace function reclaim_due(p_short int4[], p_locked int4[]) returns int4[] language plpgsql as $$
declare
  due uuid[];
  others int4[];
begin
  due := array(select u.id
    from (select h.bookings from hold_deadline h where h.at <= clock_timestamp() order by h.at limit 2000) d, unnest(d.bookings) u (id)
    limit 2000);
  if cardinality(due) = 2000 then
    -- Nobody has swept for a while; these cabins' own bookings are the shorter list.
    due := array(select distinct u.id from ledger_hold h, unnest(h.bookings) u (id) where h.cabin_id = any(p_short));
  end if;
  due := array(select b.id from booking b
    where b.id = any(due) and b.status in ('held', 'paying') and b.hold_expires_at <= clock_timestamp()
      and b.leg_cabins && p_short
    order by b.hold_expires_at limit 500 for update skip locked);
  if cardinality(due) = 0 then
    return '{}';
  end if;
  others := array(select c.id from cabin c
    where c.id in (select unnest(b.leg_cabins) from booking b where b.id = any(due)) and not c.id = any(p_locked)
    order by c.id for update skip locked);
  due := array(select b.id from booking b where b.id = any(due) and b.leg_cabins <@ (p_locked || others));
  due := advance_bookings(due, '{held,paying}', 'expired', 'The seats were not paid for in time.');
  return move_seats(due, 'release');
end $$;

-- Holds any seats: many holds, one call, one commit.
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
create or replace function hold_together(
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
  all_held bool;
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

  -- Mostly there is enough for everybody, at the cabins' own prices; then nobody needs to be looked at.
  all_held := cardinality(known) = 0 and p_fare is null and l_price is null and not exists (
    select from unnest(free, c_need, for_sale, laddered, currencies) u (free, need, for_sale, laddered, currency)
    where u.free < u.need or u.free is null or not u.for_sale or u.laddered or u.currency <> currencies[1]);
  if all_held then
    amounts := array(select sum(prices[u.cabin] * p_seats[u.member])::int8 from unnest(l_member, l_cabin) u (member, cabin)
      group by u.member order by u.member);
    priced_in := array_fill(currencies[1], array[members]);
    all_held := not exists (select from unnest(amounts, p_expected, p_expected_in) u (amount, expected, expected_in)
      where u.amount > 9007199254740991 or u.expected <> u.amount or u.expected_in <> currencies[1]);
  end if;
  if all_held then
    any_held := true;
    taken := c_need;
  else
    all_held := true;
    l_price := coalesce(l_price, array_fill(null::int8, array[cardinality(l_cabin)]));
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
  end if;

  if any_held then
    with moved as (
      update cabin c set held = c.held + u.taken, version = c.version + 1
      from unnest(cabins, taken) u (id, taken) where c.id = u.id and c.id = any(cabins) and u.taken > 0
      returning c.id, c.version
    )
    select array_agg(m.version order by u.place) into versions
      from unnest(cabins) with ordinality u (id, place) left join moved m on m.id = u.id;
    insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at, contact, fare, created_at,
        leg_cabins, leg_prices, leg_versions)
      select p_id[g.member], p_actor[g.member], decode(p_hash[g.member], 'hex'), 'held', p_seats[g.member], amounts[g.member],
        priced_in[g.member], at + make_interval(secs => p_ttl[g.member]), p_contact[g.member], p_fare[g.member], at,
        g.cabins, g.prices, g.versions
      from (
        select l.member, array_agg(cabins[l.cabin]) as cabins, array_agg(coalesce(l.price, prices[l.cabin])) as prices,
          array_agg(versions[l.cabin]) as versions
        from (
          select unnest(l_member) as member, unnest(l_position) as position, unnest(l_cabin) as cabin, unnest(l_price) as price
          order by 1, 2
        ) l group by l.member
      ) g
      where all_held or code[g.member] = 'h';
    insert into hold_deadline (at, batch, bookings)
      select at + make_interval(secs => u.ttl), p_batch, array_agg(u.id)
      from unnest(p_id, p_ttl, code) u (id, ttl, code) where u.code = 'h' group by u.ttl;
    insert into ledger_hold (cabin_id, version, bookings, seats)
      select cabins[l.cabin], versions[l.cabin], array_agg(p_id[l.member]), array_agg(p_seats[l.member]::int2)
      from (select unnest(l_member) as member, unnest(l_cabin) as cabin) l
      where all_held or code[l.member] = 'h' group by l.cabin;
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

-- The ordinary lone hold is decided here, all others by hold_together, which tells of arguments and answers.
create or replace function hold_seats(
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
  alone_in int4;
  alone_currency text;
  total int8;
begin
  if cardinality(p_id) = 1 and cardinality(l_cabin) = 1 and p_fare is null and l_price is null and not p_skip
    and cardinality(t_member) = 0
  then
    select c.id, c.price_amount * p_seats[1], c.price_currency into alone_in, total, alone_currency from cabin c
      where c.flight_id = c_flight[1] and c.cabin = c_class[1] and c.state = 'open' and c.departs_at_utc > clock_timestamp()
        and c.ladder is null and c.target_capacity - c.held - c.sold >= p_seats[1]
      for update;
    -- The id is looked for behind the lock: a repeat that waited for its first attempt sees it.
    if found and total <= 9007199254740991
      and (p_expected[1] is null or (p_expected[1] = total and p_expected_in[1] = alone_currency))
      and not exists (select from booking b where b.id = p_id[1])
    then
      at := date_trunc('milliseconds', clock_timestamp());
      with fenced as (
        insert into batch (id) values (p_batch)
      ), moved as (
        update cabin c set held = c.held + p_seats[1], version = c.version + 1 where c.id = alone_in returning c.*
      ), booked as (
        insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at, contact, created_at,
            leg_cabins, leg_prices, leg_versions)
          select p_id[1], p_actor[1], decode(p_hash[1], 'hex'), 'held', p_seats[1], total, alone_currency,
            at + make_interval(secs => p_ttl[1]), p_contact[1], at,
            array[m.id], array[m.price_amount], array[m.version] from moved m
      ), due as (
        insert into hold_deadline (at, batch, bookings) values (at + make_interval(secs => p_ttl[1]), p_batch, p_id)
      ), entered as (
        insert into ledger_hold (cabin_id, version, bookings, seats)
          select m.id, m.version, p_id, array[p_seats[1]::int2] from moved m
      )
      -- As seat_truths has it, which would read the row again.
      select jsonb_build_array(jsonb_build_object('cabinId', m.id, 'flightId', m.flight_id, 'cabin', m.cabin,
        'targetCapacity', m.target_capacity, 'capacity', m.capacity, 'held', m.held, 'sold', m.sold,
        'priceAmount', m.price_amount, 'priceCurrency', m.price_currency, 'state', m.state, 'version', m.version))
        into truths from moved m;
      refused_leg := array[null::int4];
      return;
    end if;
  end if;
  select t.codes, t.refused_leg, t.at, t.truths, t.leg_prices into codes, refused_leg, at, truths, leg_prices
    from hold_together(p_batch, c_flight, c_class, c_need, p_id, p_actor, p_hash, p_seats, p_legs, p_expected, p_expected_in,
      p_ttl, p_contact, p_fare, l_member, l_position, l_cabin, l_price, t_member, t_position, t_type, t_given, t_family,
      t_born, t_document, p_skip) t;
end $$;
