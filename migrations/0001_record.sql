-- The record: places, carriers, users, flights, cabins, ledger, bookings, payments, log.
-- Breaks no older binary: it is the first.

create table booking (
  id uuid not null,
  actor uuid not null,
  body_hash bytea not null,
  status text not null,
  seats smallint not null,
  price_amount bigint not null,
  price_currency varchar(3) not null,
  hold_expires_at timestamptz(3) not null,
  locator varchar(6) null,
  contact jsonb null,
  reason text null,
  version int not null default 1,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (id)
);
create index booking_actor_idx on booking (actor, created_at, id);
create index booking_due_idx on booking (hold_expires_at) where (status = ANY (ARRAY['held'::text, 'paying'::text]));
alter table booking add constraint booking_locator_uq unique (locator);
alter table booking add constraint booking_seats_ck check (seats >= 1 and seats <= 9);
alter table booking add constraint booking_price_ck check (price_amount >= 0);
alter table booking add constraint booking_currency_ck check (price_currency ~ '^[A-Z]{3}$');
alter table booking add constraint booking_locator_ck check (locator ~ '^[A-HJ-NP-Z2-9]{6}$');
alter table booking add constraint booking_status_check check (status in ('held', 'paying', 'confirmed', 'failed', 'expired', 'cancelled', 'refund_pending', 'refunded'));

create table booking_leg (
  booking_id uuid not null,
  position smallint not null,
  flight_id uuid not null,
  cabin_id int not null,
  cabin text not null,
  quantity smallint not null,
  price_amount bigint not null,
  primary key (booking_id, position)
);
create index booking_leg_cabin_idx on booking_leg (cabin_id);
alter table booking_leg add constraint booking_leg_quantity_ck check (quantity >= 1 and quantity <= 9);
alter table booking_leg add constraint booking_leg_cabin_check check (cabin in ('economy', 'premium_economy', 'business', 'first'));

create table cancel_quote (
  booking_id uuid not null,
  quote_id uuid not null,
  refund_amount bigint not null,
  penalty_amount bigint not null,
  expires_at timestamptz(3) not null,
  primary key (booking_id)
);
alter table cancel_quote add constraint cancel_quote_money_ck check (refund_amount >= 0 and penalty_amount >= 0);

create table carrier (
  code varchar(2) not null,
  name text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (code)
);
alter table carrier add constraint carrier_code_ck check (code ~ '^([A-Z][A-Z0-9]|[0-9][A-Z])$');

create table cluster (
  one smallint not null default 1 primary key,
  id uuid not null default gen_random_uuid(),
  epoch int not null default 1,
  demo_until varchar(10) null,
  created_at timestamptz(3) not null default now()
);
alter table cluster add constraint cluster_demo_until_ck check (demo_until ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$');
alter table cluster add constraint cluster_one_ck check (one = 1);

create table ledger (
  id bigserial primary key,
  cabin_id int not null,
  version int not null,
  booking_id uuid not null,
  kind text not null,
  attempt smallint not null default 0,
  d_held int not null,
  d_sold int not null,
  at timestamptz(3) not null default now()
);
create index ledger_cabin_idx on ledger (cabin_id);
alter table ledger add constraint ledger_once_uq unique (booking_id, cabin_id, kind, attempt);
alter table ledger add constraint ledger_kind_check check (kind in ('hold', 'confirm', 'release', 'retake', 'return', 'repair'));

create table outbox (
  id bigserial primary key,
  xid xid8 not null default pg_current_xact_id(),
  type varchar(60) not null,
  subject uuid null,
  version int null,
  data jsonb not null,
  at timestamptz(3) not null default clock_timestamp()
);
create index outbox_position_idx on outbox (xid, id);
create index outbox_subject_idx on outbox (subject, version) where subject is not null;

create table passenger (
  booking_id uuid not null,
  position smallint not null,
  type text not null,
  given_name varchar(60) not null,
  family_name varchar(60) not null,
  born_on varchar(10) null,
  document jsonb null,
  primary key (booking_id, position)
);
alter table passenger add constraint passenger_born_on_ck check (born_on ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$');
alter table passenger add constraint passenger_type_check check (type in ('adult', 'child', 'infant_on_lap', 'infant_in_seat'));

create table payment (
  id uuid not null,
  booking_id uuid not null,
  provider varchar(20) not null,
  amount bigint not null,
  currency varchar(3) not null,
  method varchar(40) null,
  status text not null default 'pending',
  next_call_at timestamptz(3) null,
  calls smallint not null default 0,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (id)
);
create index payment_booking_idx on payment (booking_id);
create index payment_due_idx on payment (next_call_at) where next_call_at is not null;
alter table payment add constraint payment_amount_ck check (amount >= 0);
alter table payment add constraint payment_currency_ck check (currency ~ '^[A-Z]{3}$');
alter table payment add constraint payment_status_check check (status in ('pending', 'succeeded', 'failed'));

create table payment_event (
  provider varchar(20) not null,
  event_id varchar(100) not null,
  payment_id uuid not null,
  type varchar(40) not null,
  received_at timestamptz(3) not null default now(),
  primary key (provider, event_id)
);
create index payment_event_payment_idx on payment_event (payment_id);

create table place (
  code varchar(3) not null,
  kind text not null,
  name text not null,
  city text not null,
  city_code varchar(3) null,
  country varchar(2) not null,
  latitude double precision not null,
  longitude double precision not null,
  zone text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (code)
);
alter table place add constraint place_code_ck check (code ~ '^[A-Z]{3}$');
alter table place add constraint place_city_code_ck check (city_code ~ '^[A-Z]{3}$');
alter table place add constraint place_country_ck check (country ~ '^[A-Z]{2}$');
alter table place add constraint place_latitude_ck check (latitude >= '-90'::double precision and latitude <= '90'::double precision);
alter table place add constraint place_longitude_ck check (longitude >= '-180'::double precision and longitude <= '180'::double precision);
alter table place add constraint place_kind_check check (kind in ('airport', 'city'));

create table flight (
  id uuid not null,
  carrier varchar(2) not null,
  number varchar(5) not null,
  origin varchar(3) not null,
  destination varchar(3) not null,
  departs_at varchar(16) not null,
  arrives_at varchar(16) not null,
  departure_date varchar(10) generated always as ("left"((departs_at)::text, 10)) stored null,
  departs_at_utc timestamptz(0) not null,
  arrives_at_utc timestamptz(0) not null,
  state text not null default 'open',
  version int not null default 1,
  created_by bytea null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (id)
);
create index flight_market_idx on flight (origin, destination, departure_date, departs_at_utc, id) include (carrier, number, departs_at, arrives_at, arrives_at_utc, state, version);
create index flight_designator_idx on flight (carrier, number, departure_date, origin);
create index flight_departure_idx on flight (departure_date, id);
alter table flight add constraint flight_number_ck check (number ~ '^[0-9]{1,4}[A-Z]?$');
alter table flight add constraint flight_departs_at_ck check (departs_at ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$');
alter table flight add constraint flight_arrives_at_ck check (arrives_at ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$');
alter table flight add constraint flight_times_ck check (arrives_at_utc > departs_at_utc);
alter table flight add constraint flight_route_ck check (origin <> destination);
alter table flight add constraint flight_state_check check (state in ('open', 'closed', 'cancelled'));

create table cabin (
  id serial primary key,
  flight_id uuid not null,
  cabin text not null,
  target_capacity int not null,
  capacity int not null,
  held int not null default 0,
  sold int not null default 0,
  price_amount bigint not null,
  price_currency varchar(3) not null,
  state text not null default 'open',
  departs_at_utc timestamptz(0) not null,
  version int not null default 1,
  updated_at timestamptz(3) not null default now()
);
alter table cabin add constraint cabin_flight_cabin_uq unique (flight_id, cabin);
alter table cabin add constraint cabin_held_ck check (held >= 0);
alter table cabin add constraint cabin_sold_ck check (sold >= 0);
alter table cabin add constraint cabin_no_overbooking_ck check ((held + sold) <= capacity);
alter table cabin add constraint cabin_target_ck check (capacity >= target_capacity);
alter table cabin add constraint cabin_capacity_ck check (target_capacity >= 0 and target_capacity <= 1000000);
alter table cabin add constraint cabin_price_ck check (price_amount >= 0);
alter table cabin add constraint cabin_currency_ck check (price_currency ~ '^[A-Z]{3}$');
alter table cabin add constraint cabin_cabin_check check (cabin in ('economy', 'premium_economy', 'business', 'first'));
alter table cabin add constraint cabin_state_check check (state in ('open', 'closed', 'cancelled'));

create table refund (
  id uuid not null,
  payment_id uuid not null,
  booking_id uuid not null,
  amount bigint not null,
  currency varchar(3) not null,
  status text not null default 'pending',
  next_call_at timestamptz(3) null,
  calls smallint not null default 0,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (id)
);
create index refund_booking_idx on refund (booking_id);
create index refund_due_idx on refund (next_call_at) where next_call_at is not null;
alter table refund add constraint refund_payment_uq unique (payment_id);
alter table refund add constraint refund_amount_ck check (amount > 0);
alter table refund add constraint refund_currency_ck check (currency ~ '^[A-Z]{3}$');
alter table refund add constraint refund_status_check check (status in ('pending', 'succeeded'));

create table app_user (
  id uuid not null,
  role text not null,
  email varchar(254) null,
  name varchar(120) null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (id)
);
alter table app_user add constraint app_user_email_uq unique (email);
alter table app_user add constraint app_user_role_check check (role in ('traveller', 'operator'));

alter table flight add constraint flight_carrier_foreign foreign key (carrier) references carrier (code) on update no action on delete restrict;
alter table flight add constraint flight_origin_foreign foreign key (origin) references place (code) on update no action on delete restrict;
alter table flight add constraint flight_destination_foreign foreign key (destination) references place (code) on update no action on delete restrict;

alter table cabin add constraint cabin_flight_id_foreign foreign key (flight_id) references flight (id) on update no action on delete cascade;

-- updated_at is kept by the database, so that no writer can forget it.
create function touch_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end $$;

create trigger place_touch before update on place for each row execute function touch_updated_at();
create trigger carrier_touch before update on carrier for each row execute function touch_updated_at();
create trigger app_user_touch before update on app_user for each row execute function touch_updated_at();
create trigger flight_touch before update on flight for each row execute function touch_updated_at();
create trigger cabin_touch before update on cabin for each row execute function touch_updated_at();
create trigger booking_touch before update on booking for each row execute function touch_updated_at();
create trigger payment_touch before update on payment for each row execute function touch_updated_at();
create trigger refund_touch before update on refund for each row execute function touch_updated_at();

-- A hot cabin is rewritten thousands of times a second. Half-empty pages keep the new version of the
-- row on its own page (HOT), so no index is touched; eager vacuum keeps the chain short.
alter table cabin set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
alter table booking set (fillfactor = 80);

insert into cluster (one) values (1);
