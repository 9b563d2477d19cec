-- What the migrations make of an empty database, as the catalog tells it. Written by `npm run schema:dump`, compared
-- by the tests, and run by nothing: it is here to be read.

create table access_link (
  digest bytea not null,
  booking_id uuid not null,
  expires_at timestamp(3) with time zone not null,
  used_at timestamp(3) with time zone,
  constraint access_link_pkey PRIMARY KEY (digest)
);

create table alert_delivery (
  alert_id uuid not null,
  crossing integer not null,
  channel text not null,
  status text default 'pending'::text not null,
  payload jsonb not null,
  tries smallint default 0 not null,
  next_try_at timestamp(3) with time zone,
  detail text,
  created_at timestamp(3) with time zone default now() not null,
  constraint alert_delivery_pkey PRIMARY KEY (alert_id, crossing, channel),
  constraint alert_delivery_channel_check CHECK ((channel = ANY (ARRAY['webhook'::text, 'mail'::text]))),
  constraint alert_delivery_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'given_up'::text])))
);
CREATE INDEX alert_delivery_due_idx ON public.alert_delivery USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);
CREATE INDEX alert_delivery_mail_idx ON public.alert_delivery USING btree (created_at) WHERE (channel = 'mail'::text);

create table alert_inbox (
  actor uuid not null,
  subject uuid not null,
  version integer default 0 not null,
  constraint alert_inbox_pkey PRIMARY KEY (actor),
  constraint alert_inbox_subject_uq UNIQUE (subject)
);

create table app_user (
  id uuid not null,
  role text not null,
  email character varying(254),
  name character varying(120),
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  password text,
  signed_out_at timestamp(3) with time zone,
  constraint app_user_pkey PRIMARY KEY (id),
  constraint app_user_email_uq UNIQUE (email),
  constraint app_user_email_ck CHECK (((email)::text = lower((email)::text))),
  constraint app_user_role_check CHECK ((role = ANY (ARRAY['traveller'::text, 'operator'::text])))
);
CREATE TRIGGER app_user_touch BEFORE UPDATE ON public.app_user FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table batch (
  id uuid not null,
  at timestamp(3) with time zone default now() not null,
  constraint batch_pkey PRIMARY KEY (id)
);
CREATE INDEX batch_at_idx ON public.batch USING btree (at);

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
  fare jsonb,
  leg_cabins integer[] not null,
  leg_prices bigint[] not null,
  leg_versions integer[] not null,
  constraint booking_pkey PRIMARY KEY (id),
  constraint booking_currency_ck CHECK (((price_currency)::text ~ '^[A-Z]{3}$'::text)),
  constraint booking_legs_ck CHECK (((cardinality(leg_cabins) >= 1) AND (cardinality(leg_prices) = cardinality(leg_cabins)) AND (cardinality(leg_versions) = cardinality(leg_cabins)))),
  constraint booking_price_ck CHECK ((price_amount >= 0)),
  constraint booking_seats_ck CHECK (((seats >= 1) AND (seats <= 9))),
  constraint booking_status_check CHECK ((status = ANY (ARRAY['held'::text, 'paying'::text, 'confirmed'::text, 'failed'::text, 'expired'::text, 'cancelled'::text, 'refund_pending'::text, 'refunded'::text])))
) with (fillfactor=50);
CREATE INDEX booking_actor_idx ON public.booking USING btree (actor, created_at);

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
  ladder bigint[],
  fare_family_id integer,
  constraint cabin_pkey PRIMARY KEY (id),
  constraint cabin_flight_cabin_uq UNIQUE (flight_id, cabin),
  constraint cabin_flight_id_foreign FOREIGN KEY (flight_id) REFERENCES flight(id) ON DELETE CASCADE,
  constraint cabin_cabin_check CHECK ((cabin = ANY (ARRAY['economy'::text, 'premium_economy'::text, 'business'::text, 'first'::text]))),
  constraint cabin_capacity_ck CHECK (((target_capacity >= 0) AND (target_capacity <= 1000000))),
  constraint cabin_currency_ck CHECK (((price_currency)::text ~ '^[A-Z]{3}$'::text)),
  constraint cabin_held_ck CHECK ((held >= 0)),
  constraint cabin_ladder_ck CHECK (((cardinality(ladder) >= 2) AND (cardinality(ladder) <= 16) AND ((cardinality(ladder) % 2) = 0))),
  constraint cabin_no_overbooking_ck CHECK (((held + sold) <= capacity)),
  constraint cabin_price_ck CHECK ((price_amount >= 0)),
  constraint cabin_sold_ck CHECK ((sold >= 0)),
  constraint cabin_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'cancelled'::text]))),
  constraint cabin_target_ck CHECK ((capacity >= target_capacity))
) with (autovacuum_vacuum_scale_factor=0.02, fillfactor=50);
CREATE INDEX cabin_cancelled_idx ON public.cabin USING btree (id) WHERE (state = 'cancelled'::text);
CREATE INDEX cabin_changed_idx ON public.cabin USING brin (updated_at) WITH (pages_per_range='8', autosummarize='on');
CREATE TRIGGER cabin_ladder BEFORE INSERT OR UPDATE ON public.cabin FOR EACH ROW WHEN ((new.ladder IS NOT NULL)) EXECUTE FUNCTION keep_ladder_price();
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
  alliance text,
  constraint carrier_pkey PRIMARY KEY (code),
  constraint carrier_alliance_check CHECK ((alliance = ANY (ARRAY['oneworld'::text, 'skyteam'::text, 'star_alliance'::text]))),
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

create table connection_time (
  arrival_airport character varying(3) not null,
  departure_airport character varying(3) not null,
  arrival_terminal character varying(2) default '*'::character varying not null,
  departure_terminal character varying(2) default '*'::character varying not null,
  status character varying(2) default '*'::character varying not null,
  arrival_carrier character varying(2) default '*'::character varying not null,
  departure_carrier character varying(2) default '*'::character varying not null,
  minutes smallint,
  constraint connection_time_pkey PRIMARY KEY (arrival_airport, departure_airport, arrival_terminal, departure_terminal, status, arrival_carrier, departure_carrier),
  constraint connection_time_minutes_ck CHECK (((minutes >= 0) AND (minutes <= 1440))),
  constraint connection_time_status_ck CHECK (((status)::text = ANY ((ARRAY['*'::character varying, 'DD'::character varying, 'DI'::character varying, 'ID'::character varying, 'II'::character varying])::text[])))
);

create table fare_family (
  id integer default nextval('fare_family_id_seq'::regclass) not null,
  digest bytea not null,
  brands jsonb not null,
  created_at timestamp(3) with time zone default now() not null,
  constraint fare_family_pkey PRIMARY KEY (id),
  constraint fare_family_digest_uq UNIQUE (digest),
  constraint fare_family_brands_ck CHECK ((jsonb_typeof(brands) = 'array'::text))
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
  origin_terminal character varying(2),
  destination_terminal character varying(2),
  aircraft character varying(3),
  service_type character varying(1),
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

create table hold_deadline (
  at timestamp(3) with time zone not null,
  batch uuid not null,
  bookings uuid[] not null,
  constraint hold_deadline_pkey PRIMARY KEY (at, batch)
);

create table job (
  no integer default nextval('job_no_seq'::regclass) not null,
  id uuid not null,
  actor uuid not null,
  body_hash bytea not null,
  status text default 'pending'::text not null,
  priority smallint default 0 not null,
  providers jsonb not null,
  ask jsonb not null,
  plan jsonb not null,
  plan_version integer default 1 not null,
  total integer not null,
  done integer default 0 not null,
  found integer default 0 not null,
  empty integer default 0 not null,
  unknown integer default 0 not null,
  lost integer default 0 not null,
  offers integer default 0 not null,
  open_steps integer not null,
  checkpoints integer default 0 not null,
  recoveries integer default 0 not null,
  best_amount bigint,
  best_currency character varying(3),
  stop_amount bigint,
  stop_currency character varying(3),
  repeat_hours smallint,
  repeat_times smallint,
  repeat_at timestamp(3) with time zone,
  reason text,
  version integer default 1 not null,
  created_at timestamp(3) with time zone default now() not null,
  started_at timestamp(3) with time zone,
  finished_at timestamp(3) with time zone,
  last_checkpoint_at timestamp(3) with time zone,
  removed_at timestamp(3) with time zone,
  constraint job_pkey PRIMARY KEY (no),
  constraint job_id_uq UNIQUE (id),
  constraint job_counts_ck CHECK (((done = ((found + empty) + unknown)) AND (done <= total) AND (open_steps >= 0))),
  constraint job_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX job_actor_idx ON public.job USING btree (actor, created_at, id);
CREATE INDEX job_open_idx ON public.job USING btree (no) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text]));
CREATE INDEX job_removed_idx ON public.job USING btree (no) WHERE (removed_at IS NOT NULL);
CREATE INDEX job_repeat_idx ON public.job USING btree (repeat_at) WHERE (repeat_at IS NOT NULL);

create table job_chunk (
  job integer not null,
  n integer not null,
  step integer not null,
  provider character varying(20) not null,
  asked integer not null,
  took_ms integer not null,
  at timestamp(3) with time zone not null,
  routes text[] not null,
  answer_outcome text[] not null,
  answer_reason text[] not null,
  answer_detail text[] not null,
  answer_currency text[] not null,
  answer_kind text[] not null,
  answer_carriers text[] not null,
  answer_stops smallint[] not null,
  answer_verdict text[] not null,
  position integer[] not null,
  route smallint[] not null,
  depart integer[] not null,
  back integer[] not null,
  answer smallint[] not null,
  price bigint[] not null,
  minutes integer[] not null,
  offers smallint[] not null,
  constraint job_chunk_pkey PRIMARY KEY (job, n),
  constraint job_chunk_columns_ck CHECK (((cardinality("position") > 0) AND (cardinality(route) = cardinality("position")) AND (cardinality(depart) = cardinality("position")) AND (cardinality(back) = cardinality("position")) AND (cardinality(answer) = cardinality("position")) AND (cardinality(price) = cardinality("position")) AND (cardinality(minutes) = cardinality("position")) AND (cardinality(offers) = cardinality("position")))),
  constraint job_chunk_outcome_ck CHECK ((answer_outcome <@ ARRAY['found'::text, 'empty'::text, 'unknown'::text]))
) with (toast_tuple_target=8160);
CREATE INDEX job_chunk_rate_idx ON public.job_chunk USING btree (provider, at) WHERE (asked > 0);
CREATE INDEX job_chunk_step_idx ON public.job_chunk USING btree (job, step);

create table job_step (
  job integer not null,
  no integer not null,
  provider character varying(20) not null,
  first integer not null,
  last integer not null,
  is_open boolean default true not null,
  attempts smallint default 0 not null,
  losses smallint default 0 not null,
  waits smallint default 0 not null,
  fence integer default 0 not null,
  due_at timestamp(3) with time zone default now() not null,
  offered_at timestamp(3) with time zone,
  lease_until timestamp(3) with time zone,
  done bit varying,
  constraint job_step_pkey PRIMARY KEY (job, no),
  constraint job_step_range_ck CHECK ((first < last))
) with (fillfactor=70);
CREATE INDEX job_step_open_idx ON public.job_step USING btree (job, provider, no) WHERE is_open;

create table ledger_hold (
  cabin_id integer not null,
  version integer not null,
  at timestamp(3) with time zone default now() not null,
  bookings uuid[] not null,
  seats smallint[] not null,
  constraint ledger_hold_pkey PRIMARY KEY (cabin_id, version),
  constraint ledger_hold_lists_ck CHECK ((cardinality(bookings) = cardinality(seats)))
);

create table ledger_move (
  cabin_id integer not null,
  version integer not null,
  booking_id uuid not null,
  kind text not null,
  attempt smallint default 0 not null,
  d_held integer not null,
  d_sold integer not null,
  at timestamp(3) with time zone default now() not null,
  constraint ledger_move_pkey PRIMARY KEY (cabin_id, booking_id, kind, attempt),
  constraint ledger_move_kind_check CHECK ((kind = ANY (ARRAY['confirm'::text, 'release'::text, 'retake'::text, 'return'::text, 'repair'::text])))
);

create table log_horizon (
  one smallint default 1 not null,
  xid xid8 default '0'::xid8 not null,
  id bigint default 0 not null,
  constraint log_horizon_pkey PRIMARY KEY (one),
  constraint log_horizon_one_ck CHECK ((one = 1))
);

create table operator_key (
  id uuid not null,
  name character varying(80) not null,
  digest bytea not null,
  scopes text[] not null,
  addresses text[],
  expires_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint operator_key_pkey PRIMARY KEY (id),
  constraint operator_key_digest_uq UNIQUE (digest)
);
CREATE TRIGGER operator_key_touch BEFORE UPDATE ON public.operator_key FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table outbox (
  id bigint default nextval('outbox_id_seq'::regclass) not null,
  xid xid8 default pg_current_xact_id() not null,
  type character varying(60) not null,
  subject uuid,
  version integer,
  data json not null,
  at timestamp(3) with time zone default clock_timestamp() not null,
  rare boolean default false not null,
  constraint outbox_pkey PRIMARY KEY (xid, id)
);
CREATE INDEX outbox_rare_idx ON public.outbox USING btree (xid, id) WHERE rare;
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
  constraint payment_pkey PRIMARY KEY (id),
  constraint payment_amount_ck CHECK ((amount >= 0)),
  constraint payment_currency_ck CHECK (((currency)::text ~ '^[A-Z]{3}$'::text)),
  constraint payment_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'failed'::text, 'authorised'::text, 'voiding'::text, 'voided'::text, 'succeeded'::text])))
);
CREATE INDEX payment_booking_idx ON public.payment USING btree (booking_id);
CREATE INDEX payment_due_idx ON public.payment USING btree (next_call_at) WHERE (next_call_at IS NOT NULL);
CREATE INDEX payment_stuck_idx ON public.payment USING btree (id) WHERE ((next_call_at IS NULL) AND (status = ANY (ARRAY['pending'::text, 'authorised'::text, 'voiding'::text])));

create table payment_event (
  provider character varying(20) not null,
  event_id character varying(100) not null,
  payment_id uuid not null,
  type character varying(40) not null,
  received_at timestamp(3) with time zone default now() not null,
  constraint payment_event_pkey PRIMARY KEY (event_id, provider)
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

create table price_alert (
  id uuid not null,
  actor uuid not null,
  body_hash bytea not null,
  origin character varying(3) not null,
  destination character varying(3) not null,
  cabin text not null,
  trip text not null,
  provider character varying(40),
  depart_from date not null,
  depart_to date not null,
  kind text not null,
  amount bigint not null,
  currency character varying(3) not null,
  cool_down_minutes integer default 0 not null,
  quiet_hours jsonb,
  webhook_url text,
  mail_to text,
  is_armed boolean default true not null,
  reference_amount bigint,
  price_amount bigint,
  fired integer default 0 not null,
  fired_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone default now() not null,
  constraint price_alert_pkey PRIMARY KEY (id),
  constraint price_alert_amount_ck CHECK ((amount >= 0)),
  constraint price_alert_cabin_check CHECK ((cabin = ANY (ARRAY['economy'::text, 'premium_economy'::text, 'business'::text, 'first'::text]))),
  constraint price_alert_dates_ck CHECK ((depart_to >= depart_from)),
  constraint price_alert_kind_check CHECK ((kind = ANY (ARRAY['target'::text, 'drop'::text]))),
  constraint price_alert_trip_check CHECK ((trip = ANY (ARRAY['one_way'::text, 'round_trip'::text])))
);
CREATE INDEX price_alert_actor_idx ON public.price_alert USING btree (actor, created_at, id);
CREATE INDEX price_alert_route_idx ON public.price_alert USING btree (origin, destination);

create table price_difference (
  booking_id uuid not null,
  stage text not null,
  reason text not null,
  was_amount bigint not null,
  now_amount bigint not null,
  charged_amount bigint not null,
  currency character varying(3) not null,
  at timestamp(3) with time zone default now() not null,
  constraint price_difference_pkey PRIMARY KEY (booking_id, stage),
  constraint price_difference_money_ck CHECK ((was_amount <> now_amount)),
  constraint price_difference_reason_check CHECK ((reason = ANY (ARRAY['seats'::text, 'price_set'::text, 'brand_gone'::text, 'guaranteed'::text]))),
  constraint price_difference_stage_check CHECK ((stage = ANY (ARRAY['offer'::text, 'hold'::text])))
);

create table price_observation (
  provider character varying(40) not null,
  origin character varying(3) not null,
  destination character varying(3) not null,
  cabin text not null,
  trip text not null,
  currency character varying(3) not null,
  depart_date date not null,
  observed_on date not null,
  least_amount bigint not null,
  latest_amount bigint not null,
  samples integer not null,
  latest_at timestamp(3) with time zone not null,
  constraint price_observation_pkey PRIMARY KEY (origin, destination, cabin, trip, depart_date, observed_on, provider, currency),
  constraint price_observation_amount_ck CHECK (((least_amount >= 0) AND (latest_amount >= least_amount))),
  constraint price_observation_cabin_check CHECK ((cabin = ANY (ARRAY['economy'::text, 'premium_economy'::text, 'business'::text, 'first'::text]))),
  constraint price_observation_trip_check CHECK ((trip = ANY (ARRAY['one_way'::text, 'round_trip'::text])))
);
CREATE INDEX price_observation_latest_idx ON public.price_observation USING btree (latest_at);

create table record_locator (
  code character varying(6) not null,
  booking_id uuid not null,
  constraint record_locator_pkey PRIMARY KEY (code),
  constraint record_locator_code_ck CHECK (((code)::text ~ '^[A-HJ-NP-Z2-9]{6}$'::text))
);

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
CREATE INDEX refund_stuck_idx ON public.refund USING btree (id) WHERE ((next_call_at IS NULL) AND (status = 'pending'::text));
CREATE TRIGGER refund_touch BEFORE UPDATE ON public.refund FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

create table schedule_change (
  import_id uuid not null,
  position integer not null,
  kind text not null,
  flight_id uuid not null,
  line integer,
  version integer,
  applied_version integer,
  before jsonb,
  wanted jsonb,
  bookings integer default 0 not null,
  seats integer default 0 not null,
  outcome text,
  reason text,
  applied_at timestamp(3) with time zone,
  constraint schedule_change_pkey PRIMARY KEY (import_id, "position"),
  constraint schedule_change_import_id_foreign FOREIGN KEY (import_id) REFERENCES schedule_import(id) ON DELETE CASCADE,
  constraint schedule_change_kind_check CHECK ((kind = ANY (ARRAY['created'::text, 'updated'::text, 'cancelled'::text]))),
  constraint schedule_change_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'skipped'::text, 'undone'::text, 'kept'::text])))
);

create table schedule_import (
  id uuid not null,
  format text not null,
  file_name character varying(200),
  status text default 'reading'::text not null,
  accepted integer default 0 not null,
  unchanged integer default 0 not null,
  changes integer default 0 not null,
  done integer default 0 not null,
  findings jsonb not null,
  created_at timestamp(3) with time zone default now() not null,
  applied_at timestamp(3) with time zone,
  rolled_back_at timestamp(3) with time zone,
  constraint schedule_import_pkey PRIMARY KEY (id),
  constraint schedule_import_done_ck CHECK (((done >= 0) AND (done <= changes))),
  constraint schedule_import_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'bts'::text, 'ssim'::text]))),
  constraint schedule_import_status_check CHECK ((status = ANY (ARRAY['reading'::text, 'planned'::text, 'applying'::text, 'applied'::text, 'rolling_back'::text, 'rolled_back'::text])))
);
CREATE INDEX schedule_import_created_idx ON public.schedule_import USING btree (created_at, id);

create table schema_migration (
  id integer default nextval('schema_migration_id_seq'::regclass) not null,
  name character varying(255) not null,
  executed_at timestamp(6) with time zone default CURRENT_TIMESTAMP(6) not null,
  constraint schema_migration_pkey PRIMARY KEY (id)
);

create view booking_leg as
SELECT b.id AS booking_id,
    (g."position")::smallint AS "position",
    c.flight_id,
    g.cabin_id,
    c.cabin,
    b.seats AS quantity,
    g.price_amount
   FROM booking b,
    (LATERAL UNNEST(b.leg_cabins, b.leg_prices) WITH ORDINALITY g(cabin_id, price_amount, "position")
     LEFT JOIN cabin c ON ((c.id = g.cabin_id)));

create view cabin_leg as
SELECT h.cabin_id,
    b.id AS booking_id,
    (g."position")::smallint AS "position",
    c.flight_id,
    c.cabin,
    b.seats AS quantity,
    g.price_amount
   FROM ledger_hold h,
    (LATERAL ( SELECT DISTINCT unnest(h.bookings) AS id) u
     JOIN booking b ON ((b.id = u.id))),
    (LATERAL UNNEST(b.leg_cabins, b.leg_prices) WITH ORDINALITY g(cabin_id, price_amount, "position")
     LEFT JOIN cabin c ON ((c.id = g.cabin_id)))
  WHERE (g.cabin_id = h.cabin_id);

create view job_result as
SELECT c.job,
    r."position",
    c.n AS checkpoint,
    c.step,
    "left"(c.routes[r.route], 3) AS origin,
    "right"(c.routes[r.route], 3) AS destination,
    ('1970-01-01'::date + r.depart) AS depart_date,
    ('1970-01-01'::date + r.back) AS return_date,
    (c.provider)::text AS provider,
    c.answer_outcome[r.answer] AS outcome,
    c.answer_reason[r.answer] AS reason,
    c.answer_detail[r.answer] AS detail,
    r.price AS price_amount,
    c.answer_currency[r.answer] AS price_currency,
    c.answer_kind[r.answer] AS price_kind,
    c.answer_carriers[r.answer] AS carriers,
    c.answer_stops[r.answer] AS stops,
    r.minutes AS duration_minutes,
    r.offers,
    c.answer_verdict[r.answer] AS verdict,
    c.at AS observed_at
   FROM (job_chunk c
     CROSS JOIN LATERAL UNNEST(c."position", c.route, c.depart, c.back, c.answer, c.price, c.minutes, c.offers) r("position", route, depart, back, answer, price, minutes, offers));

create view ledger as
SELECT h.cabin_id,
    h.version,
    u.booking_id,
    'hold'::text AS kind,
    (0)::smallint AS attempt,
    (u.seats)::integer AS d_held,
    0 AS d_sold,
    h.at
   FROM ledger_hold h,
    LATERAL ( SELECT b.id AS booking_id,
            sum(b.seats) AS seats
           FROM UNNEST(h.bookings, h.seats) b(id, seats)
          GROUP BY b.id) u
UNION ALL
 SELECT ledger_move.cabin_id,
    ledger_move.version,
    ledger_move.booking_id,
    ledger_move.kind,
    ledger_move.attempt,
    ledger_move.d_held,
    ledger_move.d_sold,
    ledger_move.at
   FROM ledger_move;

CREATE OR REPLACE FUNCTION public.add_refund(p_booking uuid, p_amount bigint, p_currency text, p_payment uuid DEFAULT NULL::uuid)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.advance_bookings(p_ids uuid[], p_from text[], p_to text, p_reason text)
 RETURNS uuid[]
 LANGUAGE plpgsql
AS $function$
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
end $function$;

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

CREATE OR REPLACE FUNCTION public.booking_rows(p_ids uuid[])
 RETURNS jsonb
 LANGUAGE sql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.booking_told(p_status text, p_reason text, p_locator text, p_payment text, p_refund json)
 RETURNS json
 LANGUAGE sql
 STABLE
AS $function$
  select ('{"status":"' || p_status || '","reason":' || coalesce(to_json(p_reason)::text, 'null')
    || ',"locator":' || coalesce('"' || p_locator || '"', 'null') || ',"payment":' || coalesce(p_payment, 'null')
    || ',"refund":' || coalesce(p_refund::text, 'null') || '}')::json
$function$;

CREATE OR REPLACE FUNCTION public.brand_price(p_amount bigint, p_percent integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case when coalesce(p_percent, 0) = 0 then p_amount else p_amount + (p_amount * p_percent + 50) / 100 end
$function$;

CREATE OR REPLACE FUNCTION public.cancel_bookings(p_batch uuid, p_booking uuid[], p_actor uuid[], p_quote uuid[], OUT codes text, OUT truths jsonb)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.claim_steps(p_job integer[], p_no integer[], p_lease_ms integer)
 RETURNS TABLE(job integer, no integer, provider text, first integer, last integer, attempts integer, losses integer, waits integer, fence integer, plan_version integer, done text)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.complete_refunds(p_batch uuid, p_refund uuid[], p_booking uuid[], OUT moved uuid[])
 RETURNS uuid[]
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.due_bookings(p_limit integer)
 RETURNS uuid[]
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.expire_bookings(p_batch uuid, p_booking uuid[], OUT moved uuid[], OUT truths jsonb)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
begin
  insert into batch (id) values (p_batch);
  moved := array(select b.id from booking b
    where b.id = any(p_booking) and b.status in ('held', 'paying') and b.hold_expires_at <= clock_timestamp()
    order by b.id for update skip locked);
  moved := advance_bookings(moved, '{held,paying}', 'expired', 'The seats were not paid for in time.');
  truths := seat_truths(move_seats(moved, 'release'));
end $function$;

CREATE OR REPLACE FUNCTION public.hold_seats(p_batch uuid, c_flight uuid[], c_class text[], c_need integer[], p_id uuid[], p_actor uuid[], p_hash text[], p_seats integer[], p_legs integer[], p_expected bigint[], p_expected_in text[], p_ttl integer[], p_contact jsonb[], p_fare jsonb[], l_member integer[], l_position integer[], l_cabin integer[], l_price bigint[], t_member integer[], t_position integer[], t_type text[], t_given text[], t_family text[], t_born text[], t_document jsonb[], p_skip boolean, OUT codes text, OUT refused_leg integer[], OUT at timestamp with time zone, OUT truths jsonb, OUT leg_prices bigint[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.hold_together(p_batch uuid, c_flight uuid[], c_class text[], c_need integer[], p_id uuid[], p_actor uuid[], p_hash text[], p_seats integer[], p_legs integer[], p_expected bigint[], p_expected_in text[], p_ttl integer[], p_contact jsonb[], p_fare jsonb[], l_member integer[], l_position integer[], l_cabin integer[], l_price bigint[], t_member integer[], t_position integer[], t_type text[], t_given text[], t_family text[], t_born text[], t_document jsonb[], p_skip boolean, OUT codes text, OUT refused_leg integer[], OUT at timestamp with time zone, OUT truths jsonb, OUT leg_prices bigint[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.keep_ladder_price()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.ladder_price(p_ladder bigint[], p_free integer, p_seats integer)
 RETURNS bigint
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  for at in 1 .. cardinality(p_ladder) - 3 by 2 loop
    if p_free - p_seats >= p_ladder[at] then
      return p_ladder[at + 1];
    end if;
  end loop;
  return p_ladder[cardinality(p_ladder)];
end $function$;

CREATE OR REPLACE FUNCTION public.lock_cabins_of(p_bookings uuid[])
 RETURNS integer[]
 LANGUAGE plpgsql
AS $function$
declare
  cabins int4[] := array(select distinct g.id from booking b, unnest(b.leg_cabins) g (id) where b.id = any(p_bookings));
begin
  perform from cabin c where c.id = any(cabins) order by c.id for update;
  return cabins;
end $function$;

CREATE OR REPLACE FUNCTION public.merge_payments(p_batch uuid, p_provider text[], p_event text[], p_type text[], p_payment uuid[], p_booking uuid[], p_amount bigint[], p_currency text[], OUT codes text, OUT truths jsonb)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.move_seats(p_bookings uuid[], p_kind text, p_cabins integer[] DEFAULT NULL::integer[])
 RETURNS integer[]
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.payment_told(p_id uuid, p_status text, p_amount bigint, p_currency text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select '{"id":"' || p_id || '","amount":{"amount":' || p_amount || ',"currency":"' || p_currency || '"},"status":"'
    || p_status || '"}'
$function$;

CREATE OR REPLACE FUNCTION public.reclaim_due(p_short integer[], p_locked integer[])
 RETURNS integer[]
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.release_bookings(p_batch uuid, p_booking uuid[], OUT moved uuid[], OUT truths jsonb)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.seat_truths(p_cabins integer[])
 RETURNS jsonb
 LANGUAGE sql
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('cabinId', c.id, 'flightId', c.flight_id, 'cabin', c.cabin,
    'targetCapacity', c.target_capacity, 'capacity', c.capacity, 'held', c.held, 'sold', c.sold,
    'priceAmount', c.price_amount, 'priceCurrency', c.price_currency, 'state', c.state, 'version', c.version)), '[]')
  from cabin c where c.id = any(p_cabins)
$function$;

CREATE OR REPLACE FUNCTION public.settle_payments(p_batch uuid, p_provider text[], p_event text[], p_type text[], p_payment uuid[], p_booking uuid[], p_amount bigint[], p_currency text[], OUT codes text, OUT truths jsonb)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.start_payments(p_batch uuid, p_booking uuid[], p_actor uuid[], p_payment uuid[], p_provider text, p_locator text[], p_method text[], OUT versions integer[])
 RETURNS integer[]
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.store_steps(p_reports json, p_position integer[], p_route smallint[], p_depart integer[], p_back integer[], p_answer smallint[], p_price bigint[], p_minutes integer[], p_offers smallint[])
 RETURNS TABLE(place integer, id uuid, status text, stored integer)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.tell_job(p_no integer, p_type text)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into outbox (type, subject, version, data)
  select p_type, id, version, jsonb_build_object(
    'status', status, 'reason', reason, 'total', total, 'done', done, 'found', found, 'empty', empty, 'unknown', unknown,
    'offers', offers, 'bestAmount', best_amount, 'bestCurrency', best_currency, 'recoveries', recoveries)
  from job where no = p_no
$function$;

CREATE OR REPLACE FUNCTION public.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.updated_at := now();
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.write_price_differences(p_id uuid[], p_fare jsonb[], p_amount bigint[], p_listed bigint[], p_currency text[], p_code text[], p_at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into price_difference (booking_id, stage, reason, was_amount, now_amount, charged_amount, currency, at)
  select m.id, d.stage, d.reason, d.was, d.now, m.amount, m.currency, p_at
  from unnest(p_id, p_fare, p_amount, p_listed, p_currency, p_code) m (id, fare, amount, listed, currency, code)
  cross join lateral (values
    ('offer', m.fare -> 'first' ->> 'reason', (m.fare -> 'first' ->> 'amount')::int8, m.amount),
    ('hold', 'guaranteed', m.amount, m.listed)
  ) d (stage, reason, was, now)
  where m.code = 'h' and m.fare is not null and d.was <> d.now
$function$;
