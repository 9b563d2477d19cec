-- Prices as they were seen, alerts about them, and what alerts have told.
-- Breaks no older binary: all tables are new.

create table price_observation (
  provider varchar(40) not null,
  origin varchar(3) not null,
  destination varchar(3) not null,
  cabin text not null,
  trip text not null,
  currency varchar(3) not null,
  depart_date date not null,
  observed_on date not null,
  least_amount bigint not null,
  latest_amount bigint not null,
  samples int not null,
  latest_at timestamptz(3) not null,
  primary key (origin, destination, cabin, trip, depart_date, observed_on, provider, currency)
);
create index price_observation_latest_idx on price_observation (latest_at);
alter table price_observation add constraint price_observation_amount_ck check (least_amount >= 0 and latest_amount >= least_amount);
alter table price_observation add constraint price_observation_cabin_check check (cabin in ('economy', 'premium_economy', 'business', 'first'));
alter table price_observation add constraint price_observation_trip_check check (trip in ('one_way', 'round_trip'));

create table price_alert (
  id uuid not null,
  actor uuid not null,
  body_hash bytea not null,
  origin varchar(3) not null,
  destination varchar(3) not null,
  cabin text not null,
  trip text not null,
  provider varchar(40) null,
  depart_from date not null,
  depart_to date not null,
  kind text not null,
  amount bigint not null,
  currency varchar(3) not null,
  cool_down_minutes int not null default 0,
  quiet_hours jsonb null,
  webhook_url text null,
  mail_to text null,
  is_armed boolean not null default true,
  reference_amount bigint null,
  price_amount bigint null,
  fired int not null default 0,
  fired_at timestamptz(3) null,
  created_at timestamptz(3) not null default now(),
  primary key (id)
);
create index price_alert_actor_idx on price_alert (actor, created_at, id);
create index price_alert_route_idx on price_alert (origin, destination);
alter table price_alert add constraint price_alert_amount_ck check (amount >= 0);
alter table price_alert add constraint price_alert_dates_ck check (depart_to >= depart_from);
alter table price_alert add constraint price_alert_cabin_check check (cabin in ('economy', 'premium_economy', 'business', 'first'));
alter table price_alert add constraint price_alert_trip_check check (trip in ('one_way', 'round_trip'));
alter table price_alert add constraint price_alert_kind_check check (kind in ('target', 'drop'));

create table alert_inbox (
  actor uuid not null,
  subject uuid not null,
  version int not null default 0,
  primary key (actor)
);
alter table alert_inbox add constraint alert_inbox_subject_uq unique (subject);

create table alert_delivery (
  alert_id uuid not null,
  crossing int not null,
  channel text not null,
  status text not null default 'pending',
  payload jsonb not null,
  tries smallint not null default 0,
  next_try_at timestamptz(3) null,
  detail text null,
  created_at timestamptz(3) not null default now(),
  primary key (alert_id, crossing, channel)
);
create index alert_delivery_due_idx on alert_delivery (next_try_at) where next_try_at is not null;
create index alert_delivery_mail_idx on alert_delivery (created_at) where (channel = 'mail'::text);
alter table alert_delivery add constraint alert_delivery_channel_check check (channel in ('webhook', 'mail'));
alter table alert_delivery add constraint alert_delivery_status_check check (status in ('pending', 'delivered', 'given_up'));
