-- Holding seats in batches: many holds, one call, one commit.
-- Breaks no older binary: it adds a function.
--
-- Members come in the order of their arrival. l_member and t_member point at them (from 1); the legs
-- of a member stand together. codes says of each member
--   h  held
--   x  its id is taken already: a repeat, or somebody else's
--   r  refused by the cabin in refused_by: too few seats, not for sale, or another price by now;
--      nothing of it was written
-- at is when the holds began; truths are the touched cabins as this call leaves them.
create function hold_seats(
  p_id uuid[], p_actor uuid[], p_hash bytea[], p_seats int2[], p_amount int8[], p_currency text[], p_ttl int4[],
  p_contact jsonb[],
  l_member int4[], l_flight uuid[], l_cabin int4[], l_class text[], l_quantity int4[], l_price int8[],
  t_member int4[], t_type text[], t_given text[], t_family text[], t_born text[], t_document jsonb[],
  out codes text[], out refused_by int4[], out at timestamptz, out truths jsonb
) language plpgsql set lock_timeout to '250ms' set statement_timeout to '5s' as $$
#variable_conflict use_variable
declare
  members int := cardinality(p_id);
  legs int := cardinality(l_member);
  known uuid[];
  cabins int4[];
  free int4[];
  amounts int8[];
  currencies text[];
  for_sale bool[];
  taken int4[];
  leg int := 1;
  first_leg int;
  k int;
  fits bool;
begin
  codes := array_fill('h'::text, array[members]);
  refused_by := array_fill(null::int4, array[members]);
  known := array(select b.id from booking b where b.id = any(p_id));

  -- In the order of their ids, as everybody locks cabins.
  select array_agg(x.id order by x.id), array_agg(x.free order by x.id), array_agg(x.price_amount order by x.id),
    array_agg(x.price_currency order by x.id), array_agg(x.for_sale order by x.id)
    into cabins, free, amounts, currencies, for_sale
    from (
      select c.id, c.target_capacity - c.held - c.sold as free, c.price_amount, c.price_currency,
        c.state = 'open' and c.departs_at_utc > clock_timestamp() as for_sale
      from cabin c where c.id = any(l_cabin) order by c.id for update
    ) x;
  taken := array_fill(0, array[coalesce(cardinality(cabins), 0)]);
  -- Columns keep milliseconds; what the caller is told must be what they keep.
  at := date_trunc('milliseconds', clock_timestamp());

  -- First come, first served: each member takes all its seats or none.
  for member in 1 .. members loop
    first_leg := leg;
    fits := not p_id[member] = any(known);
    if not fits then
      codes[member] := 'x';
    end if;
    while leg <= legs and l_member[leg] = member loop
      if fits then
        k := array_position(cabins, l_cabin[leg]);
        if k is null or not for_sale[k] or amounts[k] <> l_price[leg] or currencies[k] <> p_currency[member]
          or free[k] < l_quantity[leg]
        then
          fits := false;
          codes[member] := 'r';
          refused_by[member] := l_cabin[leg];
          for before in first_leg .. leg - 1 loop
            k := array_position(cabins, l_cabin[before]);
            free[k] := free[k] + l_quantity[before];
            taken[k] := taken[k] - l_quantity[before];
          end loop;
        else
          free[k] := free[k] - l_quantity[leg];
          taken[k] := taken[k] + l_quantity[leg];
        end if;
      end if;
      leg := leg + 1;
    end loop;
  end loop;

  if 'h' = any(codes) then
    update cabin c set held = c.held + u.taken, version = c.version + 1
      from unnest(cabins, taken) u (id, taken) where c.id = u.id and u.taken > 0;
    insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at, contact, created_at)
      select u.id, u.actor, u.hash, 'held', u.seats, u.amount, u.currency, at + make_interval(secs => u.ttl), u.contact, at
      from unnest(p_id, p_actor, p_hash, p_seats, p_amount, p_currency, p_ttl, p_contact)
        with ordinality u (id, actor, hash, seats, amount, currency, ttl, contact, member)
      where codes[u.member] = 'h';
    insert into booking_leg (booking_id, position, flight_id, cabin_id, cabin, quantity, price_amount)
      select p_id[u.member], row_number() over (partition by u.member order by u.place), u.flight, u.cabin, u.class,
        u.quantity, u.price
      from unnest(l_member, l_flight, l_cabin, l_class, l_quantity, l_price)
        with ordinality u (member, flight, cabin, class, quantity, price, place)
      where codes[u.member] = 'h';
    insert into ledger (cabin_id, version, booking_id, kind, d_held, d_sold)
      select u.cabin, min(c.version), p_id[u.member], 'hold', sum(u.quantity), 0
      from unnest(l_member, l_cabin, l_quantity) u (member, cabin, quantity) join cabin c on c.id = u.cabin
      where codes[u.member] = 'h' group by u.member, u.cabin;
    insert into passenger (booking_id, position, type, given_name, family_name, born_on, document)
      select p_id[u.member], row_number() over (partition by u.member order by u.place), u.type, u.given, u.family, u.born,
        u.document
      from unnest(t_member, t_type, t_given, t_family, t_born, t_document)
        with ordinality u (member, type, given, family, born, document, place)
      where codes[u.member] = 'h';
  end if;
  truths := (
    select jsonb_agg(jsonb_build_object('cabinId', c.id, 'flightId', c.flight_id, 'cabin', c.cabin,
      'targetCapacity', c.target_capacity, 'capacity', c.capacity, 'held', c.held, 'sold', c.sold,
      'priceAmount', c.price_amount, 'priceCurrency', c.price_currency, 'version', c.version))
    from cabin c where c.id = any(cabins));
end $$;
