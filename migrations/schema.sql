-- What the migrations make of an empty database, as the catalog tells it. Written by `npm run schema:dump`, compared
-- by the tests, and run by nothing: it is here to be read.

create table app_user (
  id uuid not null,
  role text not null,
  email character varying(254),
  name character varying(120),
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint app_user_pkey PRIMARY KEY (id),
  constraint app_user_email_uq UNIQUE (email),
  constraint app_user_role_check CHECK ((role = ANY (ARRAY['traveller'::text, 'operator'::text])))
);
CREATE TRIGGER app_user_touch BEFORE UPDATE ON public.app_user FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table booking (
  id uuid not null,
  actor uuid not null,
  body_hash bytea not null,
  status text not null,
  seats smallint not null,
  price_amount bigint not null,
  price_currency character varying(3) not null,
  hold_expires_at timestamp(3) with time zone not null,
  locator character varying(6),
  contact jsonb,
  reason text,
  version integer default 1 not null,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint booking_pkey PRIMARY KEY (id),
  constraint booking_locator_uq UNIQUE (locator),
  constraint booking_currency_ck CHECK (((price_currency)::text ~ '^[A-Z]{3}$'::text)),
  constraint booking_locator_ck CHECK (((locator)::text ~ '^[A-HJ-NP-Z2-9]{6}$'::text)),
  constraint booking_price_ck CHECK ((price_amount >= 0)),
  constraint booking_seats_ck CHECK (((seats >= 1) AND (seats <= 9))),
  constraint booking_status_check CHECK ((status = ANY (ARRAY['held'::text, 'paying'::text, 'confirmed'::text, 'failed'::text, 'expired'::text, 'cancelled'::text, 'refund_pending'::text, 'refunded'::text])))
) with (fillfactor=80);
CREATE INDEX booking_actor_idx ON public.booking USING btree (actor, created_at, id);
CREATE INDEX booking_due_idx ON public.booking USING btree (hold_expires_at) WHERE (status = ANY (ARRAY['held'::text, 'paying'::text]));
CREATE TRIGGER booking_touch BEFORE UPDATE ON public.booking FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table booking_leg (
  booking_id uuid not null,
  position smallint not null,
  flight_id uuid not null,
  cabin_id integer not null,
  cabin text not null,
  quantity smallint not null,
  price_amount bigint not null,
  constraint booking_leg_pkey PRIMARY KEY (booking_id, "position"),
  constraint booking_leg_cabin_check CHECK ((cabin = ANY (ARRAY['economy'::text, 'premium_economy'::text, 'business'::text, 'first'::text]))),
  constraint booking_leg_quantity_ck CHECK (((quantity >= 1) AND (quantity <= 9)))
);
CREATE INDEX booking_leg_cabin_idx ON public.booking_leg USING btree (cabin_id);

create table cabin (
  id integer default nextval('cabin_id_seq'::regclass) not null,
  flight_id uuid not null,
  cabin text not null,
  target_capacity integer not null,
  capacity integer not null,
  held integer default 0 not null,
  sold integer default 0 not null,
  price_amount bigint not null,
  price_currency character varying(3) not null,
  state text default 'open'::text not null,
  departs_at_utc timestamp(0) with time zone not null,
  version integer default 1 not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint cabin_pkey PRIMARY KEY (id),
  constraint cabin_flight_cabin_uq UNIQUE (flight_id, cabin),
  constraint cabin_flight_id_foreign FOREIGN KEY (flight_id) REFERENCES flight(id) ON DELETE CASCADE,
  constraint cabin_cabin_check CHECK ((cabin = ANY (ARRAY['economy'::text, 'premium_economy'::text, 'business'::text, 'first'::text]))),
  constraint cabin_capacity_ck CHECK (((target_capacity >= 0) AND (target_capacity <= 1000000))),
  constraint cabin_currency_ck CHECK (((price_currency)::text ~ '^[A-Z]{3}$'::text)),
  constraint cabin_held_ck CHECK ((held >= 0)),
  constraint cabin_no_overbooking_ck CHECK (((held + sold) <= capacity)),
  constraint cabin_price_ck CHECK ((price_amount >= 0)),
  constraint cabin_sold_ck CHECK ((sold >= 0)),
  constraint cabin_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'cancelled'::text]))),
  constraint cabin_target_ck CHECK ((capacity >= target_capacity))
) with (autovacuum_vacuum_scale_factor=0.02, fillfactor=50);
CREATE TRIGGER cabin_touch BEFORE UPDATE ON public.cabin FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table cancel_quote (
  booking_id uuid not null,
  quote_id uuid not null,
  refund_amount bigint not null,
  penalty_amount bigint not null,
  expires_at timestamp(3) with time zone not null,
  constraint cancel_quote_pkey PRIMARY KEY (booking_id),
  constraint cancel_quote_money_ck CHECK (((refund_amount >= 0) AND (penalty_amount >= 0)))
);

create table carrier (
  code character varying(2) not null,
  name text not null,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint carrier_pkey PRIMARY KEY (code),
  constraint carrier_code_ck CHECK (((code)::text ~ '^([A-Z][A-Z0-9]|[0-9][A-Z])$'::text))
);
CREATE TRIGGER carrier_touch BEFORE UPDATE ON public.carrier FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table cluster (
  one smallint default 1 not null,
  id uuid default gen_random_uuid() not null,
  epoch integer default 1 not null,
  demo_until character varying(10),
  created_at timestamp(3) with time zone default now() not null,
  constraint cluster_pkey PRIMARY KEY (one),
  constraint cluster_demo_until_ck CHECK (((demo_until)::text ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'::text)),
  constraint cluster_one_ck CHECK ((one = 1))
);

create table flight (
  id uuid not null,
  carrier character varying(2) not null,
  number character varying(5) not null,
  origin character varying(3) not null,
  destination character varying(3) not null,
  departs_at character varying(16) not null,
  arrives_at character varying(16) not null,
  departure_date character varying(10) generated always as ("left"((departs_at)::text, 10)) stored,
  departs_at_utc timestamp(0) with time zone not null,
  arrives_at_utc timestamp(0) with time zone not null,
  state text default 'open'::text not null,
  version integer default 1 not null,
  created_by bytea,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint flight_pkey PRIMARY KEY (id),
  constraint flight_carrier_foreign FOREIGN KEY (carrier) REFERENCES carrier(code) ON DELETE RESTRICT,
  constraint flight_destination_foreign FOREIGN KEY (destination) REFERENCES place(code) ON DELETE RESTRICT,
  constraint flight_origin_foreign FOREIGN KEY (origin) REFERENCES place(code) ON DELETE RESTRICT,
  constraint flight_arrives_at_ck CHECK (((arrives_at)::text ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$'::text)),
  constraint flight_departs_at_ck CHECK (((departs_at)::text ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$'::text)),
  constraint flight_number_ck CHECK (((number)::text ~ '^[0-9]{1,4}[A-Z]?$'::text)),
  constraint flight_route_ck CHECK (((origin)::text <> (destination)::text)),
  constraint flight_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'cancelled'::text]))),
  constraint flight_times_ck CHECK ((arrives_at_utc > departs_at_utc))
);
CREATE INDEX flight_departure_idx ON public.flight USING btree (departure_date, id);
CREATE INDEX flight_designator_idx ON public.flight USING btree (carrier, number, departure_date, origin);
CREATE INDEX flight_market_idx ON public.flight USING btree (origin, destination, departure_date, departs_at_utc, id) INCLUDE (carrier, number, departs_at, arrives_at, arrives_at_utc, state, version);
CREATE TRIGGER flight_touch BEFORE UPDATE ON public.flight FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table ledger (
  id bigint default nextval('ledger_id_seq'::regclass) not null,
  cabin_id integer not null,
  version integer not null,
  booking_id uuid not null,
  kind text not null,
  attempt smallint default 0 not null,
  d_held integer not null,
  d_sold integer not null,
  at timestamp(3) with time zone default now() not null,
  constraint ledger_pkey PRIMARY KEY (id),
  constraint ledger_once_uq UNIQUE (booking_id, cabin_id, kind, attempt),
  constraint ledger_kind_check CHECK ((kind = ANY (ARRAY['hold'::text, 'confirm'::text, 'release'::text, 'retake'::text, 'return'::text, 'repair'::text])))
);
CREATE INDEX ledger_cabin_idx ON public.ledger USING btree (cabin_id);

create table log_horizon (
  one smallint default 1 not null,
  xid xid8 default '0'::xid8 not null,
  id bigint default 0 not null,
  constraint log_horizon_pkey PRIMARY KEY (one),
  constraint log_horizon_one_ck CHECK ((one = 1))
);

create table outbox (
  id bigint default nextval('outbox_id_seq'::regclass) not null,
  xid xid8 default pg_current_xact_id() not null,
  type character varying(60) not null,
  subject uuid,
  version integer,
  data jsonb not null,
  at timestamp(3) with time zone default clock_timestamp() not null,
  constraint outbox_pkey PRIMARY KEY (xid, id)
);
CREATE INDEX outbox_subject_idx ON public.outbox USING btree (subject, version) WHERE (subject IS NOT NULL);

create table passenger (
  booking_id uuid not null,
  position smallint not null,
  type text not null,
  given_name character varying(60) not null,
  family_name character varying(60) not null,
  born_on character varying(10),
  document jsonb,
  constraint passenger_pkey PRIMARY KEY (booking_id, "position"),
  constraint passenger_born_on_ck CHECK (((born_on)::text ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'::text)),
  constraint passenger_type_check CHECK ((type = ANY (ARRAY['adult'::text, 'child'::text, 'infant_on_lap'::text, 'infant_in_seat'::text])))
);

create table payment (
  id uuid not null,
  booking_id uuid not null,
  provider character varying(20) not null,
  amount bigint not null,
  currency character varying(3) not null,
  method character varying(40),
  status text default 'pending'::text not null,
  next_call_at timestamp(3) with time zone,
  calls smallint default 0 not null,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint payment_pkey PRIMARY KEY (id),
  constraint payment_amount_ck CHECK ((amount >= 0)),
  constraint payment_currency_ck CHECK (((currency)::text ~ '^[A-Z]{3}$'::text)),
  constraint payment_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])))
);
CREATE INDEX payment_booking_idx ON public.payment USING btree (booking_id);
CREATE INDEX payment_due_idx ON public.payment USING btree (next_call_at) WHERE (next_call_at IS NOT NULL);
CREATE TRIGGER payment_touch BEFORE UPDATE ON public.payment FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table payment_event (
  provider character varying(20) not null,
  event_id character varying(100) not null,
  payment_id uuid not null,
  type character varying(40) not null,
  received_at timestamp(3) with time zone default now() not null,
  constraint payment_event_pkey PRIMARY KEY (provider, event_id)
);
CREATE INDEX payment_event_payment_idx ON public.payment_event USING btree (payment_id);

create table place (
  code character varying(3) not null,
  kind text not null,
  name text not null,
  city text not null,
  city_code character varying(3),
  country character varying(2) not null,
  latitude double precision not null,
  longitude double precision not null,
  zone text not null,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint place_pkey PRIMARY KEY (code),
  constraint place_city_code_ck CHECK (((city_code)::text ~ '^[A-Z]{3}$'::text)),
  constraint place_code_ck CHECK (((code)::text ~ '^[A-Z]{3}$'::text)),
  constraint place_country_ck CHECK (((country)::text ~ '^[A-Z]{2}$'::text)),
  constraint place_kind_check CHECK ((kind = ANY (ARRAY['airport'::text, 'city'::text]))),
  constraint place_latitude_ck CHECK (((latitude >= '-90'::double precision) AND (latitude <= '90'::double precision))),
  constraint place_longitude_ck CHECK (((longitude >= '-180'::double precision) AND (longitude <= '180'::double precision)))
);
CREATE TRIGGER place_touch BEFORE UPDATE ON public.place FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table refund (
  id uuid not null,
  payment_id uuid not null,
  booking_id uuid not null,
  amount bigint not null,
  currency character varying(3) not null,
  status text default 'pending'::text not null,
  next_call_at timestamp(3) with time zone,
  calls smallint default 0 not null,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint refund_pkey PRIMARY KEY (id),
  constraint refund_payment_uq UNIQUE (payment_id),
  constraint refund_amount_ck CHECK ((amount > 0)),
  constraint refund_currency_ck CHECK (((currency)::text ~ '^[A-Z]{3}$'::text)),
  constraint refund_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text])))
);
CREATE INDEX refund_booking_idx ON public.refund USING btree (booking_id);
CREATE INDEX refund_due_idx ON public.refund USING btree (next_call_at) WHERE (next_call_at IS NOT NULL);
CREATE TRIGGER refund_touch BEFORE UPDATE ON public.refund FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table schema_migration (
  id integer default nextval('schema_migration_id_seq'::regclass) not null,
  name character varying(255) not null,
  executed_at timestamp(6) with time zone default CURRENT_TIMESTAMP(6) not null,
  constraint schema_migration_pkey PRIMARY KEY (id)
);

CREATE OR REPLACE FUNCTION public.begin_epoch()
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  newest xid8 := pg_snapshot_xmax(pg_current_snapshot());
  begun int;
begin
  if exists (select from outbox where xid >= newest) then
    update outbox set xid = '0';
    update log_horizon set xid = '0', id = 0;
  end if;
  update cluster set epoch = epoch + 1 returning epoch into begun;
  return begun;
end $function$;

CREATE OR REPLACE FUNCTION public.hold_seats(p_id uuid[], p_actor uuid[], p_hash bytea[], p_seats smallint[], p_amount bigint[], p_currency text[], p_ttl integer[], p_contact jsonb[], l_member integer[], l_flight uuid[], l_cabin integer[], l_class text[], l_quantity integer[], l_price bigint[], t_member integer[], t_type text[], t_given text[], t_family text[], t_born text[], t_document jsonb[], OUT codes text[], OUT refused_by integer[], OUT at timestamp with time zone, OUT truths jsonb)
 RETURNS record
 LANGUAGE plpgsql
 SET lock_timeout TO '250ms'
 SET statement_timeout TO '5s'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.updated_at := now();
  return new;
end $function$;
