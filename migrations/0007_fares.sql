-- Fares: brands of a cabin with their conditions, prices by the seats that are left, and where a price changed on the
-- way from an offer to a booking.
-- Breaks no older binary: it adds columns that may be empty, tables and functions. (hold_seats and booking_rows of
-- 0005_selling speak of them.)

-- The brands of a cabin, cheapest first, as one value. A family is never changed: other brands are another family, so
-- an offer that names one keeps its conditions. The digest is of the text, so that the same brands are one row.
create table fare_family (
  id serial primary key,
  digest bytea not null,
  brands jsonb not null,
  created_at timestamptz(3) not null default now()
);
alter table fare_family add constraint fare_family_digest_uq unique (digest);
alter table fare_family add constraint fare_family_brands_ck check (jsonb_typeof(brands) = 'array');

alter table cabin add column fare_family_id int4 null;
-- Pairs of above and amount: a seat costs the amount as long as more than above seats are left.
alter table cabin add constraint cabin_ladder_ck check (cardinality(ladder) >= 2 and cardinality(ladder) <= 16 and (cardinality(ladder) % 2) = 0);

-- A price on its way to a booking became another: was and now, and what the traveller pays.
--   offer  between what was shown first and the hold; the traveller has agreed
--   hold   the list price had changed when the seats were held; a guarantee kept the traveller's
create table price_difference (
  booking_id uuid not null,
  stage text not null,
  reason text not null,
  was_amount bigint not null,
  now_amount bigint not null,
  charged_amount bigint not null,
  currency varchar(3) not null,
  at timestamptz(3) not null default now(),
  primary key (booking_id, stage)
);
alter table price_difference add constraint price_difference_stage_check check (stage in ('offer', 'hold'));
alter table price_difference add constraint price_difference_reason_check check (reason in ('seats', 'price_set', 'brand_gone', 'guaranteed'));
alter table price_difference add constraint price_difference_money_ck check (was_amount <> now_amount);

-- One seat for a party of so many while so many are free: the cheapest step that can seat all of it
-- (server/domain/offers/party-price.ts is the same).
create function ladder_price(p_ladder int8[], p_free int4, p_seats int4) returns int8 language plpgsql immutable as $$
begin
  for at in 1 .. cardinality(p_ladder) - 3 by 2 loop
    if p_free - p_seats >= p_ladder[at] then
      return p_ladder[at + 1];
    end if;
  end loop;
  return p_ladder[cardinality(p_ladder)];
end $$;

-- One seat in a brand that adds so many percent.
create function brand_price(p_amount int8, p_percent int4) returns int8 language sql immutable as $$
  select case when coalesce(p_percent, 0) = 0 then p_amount else p_amount + (p_amount * p_percent + 50) / 100 end
$$;

-- The price of a cabin with a ladder is its present step, whoever writes. Others never come here.
create function keep_ladder_price() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new.ladder is distinct from old.ladder then
    for at in 1 .. cardinality(new.ladder) by 2 loop
      if new.ladder[at] < 0 or new.ladder[at + 1] < 0
        or at > 1 and (new.ladder[at] >= new.ladder[at - 2] or new.ladder[at + 1] <= new.ladder[at - 1])
      then
        raise check_violation using constraint = 'cabin_ladder_ck', message = 'a ladder has fewer seats and a higher price from step to step';
      end if;
    end loop;
    if new.ladder[cardinality(new.ladder) - 1] is distinct from 0 then
      raise check_violation using constraint = 'cabin_ladder_ck', message = 'the last step of a ladder is above 0';
    end if;
  end if;
  new.price_amount := ladder_price(new.ladder, new.target_capacity - new.held - new.sold, 1);
  return new;
end $$;
create trigger cabin_ladder before insert or update on cabin
  for each row when (new.ladder is not null) execute function keep_ladder_price();

-- What hold_seats keeps of the prices of bookings that were made from offers: what was shown first against what is
-- charged, and what is charged against what it would cost now.
create function write_price_differences(
  p_id uuid[], p_fare jsonb[], p_amount int8[], p_listed int8[], p_currency text[], p_code text[], p_at timestamptz
) returns void language sql as $$
  insert into price_difference (booking_id, stage, reason, was_amount, now_amount, charged_amount, currency, at)
  select m.id, d.stage, d.reason, d.was, d.now, m.amount, m.currency, p_at
  from unnest(p_id, p_fare, p_amount, p_listed, p_currency, p_code) m (id, fare, amount, listed, currency, code)
  cross join lateral (values
    ('offer', m.fare -> 'first' ->> 'reason', (m.fare -> 'first' ->> 'amount')::int8, m.amount),
    ('hold', 'guaranteed', m.amount, m.listed)
  ) d (stage, reason, was, now)
  where m.code = 'h' and m.fare is not null and d.was <> d.now
$$;
