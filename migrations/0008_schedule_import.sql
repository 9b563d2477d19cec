-- Industry timetables: what a flight flies with, imports that are looked at before they are applied and can be undone,
-- minimum connection times, and alliances of carriers.
-- Breaks no older binary: it only adds columns that may be absent, and tables.

alter table flight add column origin_terminal varchar(2);
alter table flight add column destination_terminal varchar(2);
alter table flight add column aircraft varchar(3);
alter table flight add column service_type varchar(1);

alter table carrier add column alliance text;
alter table carrier add constraint carrier_alliance_check check (alliance in ('oneworld', 'skyteam', 'star_alliance'));

-- A timetable that was read and compared with the record. `done` of its `changes` have gone the way that the status
-- says: reading → planned → applying → applied → rolling_back → rolled_back.
create table schedule_import (
  id uuid not null primary key,
  format text not null,
  file_name varchar(200),
  status text not null default 'reading',
  accepted int not null default 0,
  unchanged int not null default 0,
  changes int not null default 0,
  done int not null default 0,
  -- Scopes, rejected lines, notes, bookings that are hit: what was found when it was read.
  findings jsonb not null,
  created_at timestamptz(3) not null default now(),
  applied_at timestamptz(3),
  rolled_back_at timestamptz(3)
);
alter table schedule_import add constraint schedule_import_format_check check (format in ('csv', 'bts', 'ssim'));
alter table schedule_import add constraint schedule_import_status_check
  check (status in ('reading', 'planned', 'applying', 'applied', 'rolling_back', 'rolled_back'));
alter table schedule_import add constraint schedule_import_done_ck check (done >= 0 and done <= changes);
create index schedule_import_created_idx on schedule_import (created_at, id);

-- One change of one flight, in the order of the file. The flight may be gone, so there is no foreign key to it.
create table schedule_change (
  import_id uuid not null,
  position int not null,
  kind text not null,
  flight_id uuid not null,
  line int,
  -- The flight's version that the plan saw, and the one that applying left.
  version int,
  applied_version int,
  before jsonb,
  wanted jsonb,
  -- Bookings, and seats of them, that the change hits.
  bookings int not null default 0,
  seats int not null default 0,
  outcome text,
  reason text,
  applied_at timestamptz(3),
  constraint schedule_change_pkey primary key (import_id, position)
);
alter table schedule_change add constraint schedule_change_import_id_foreign
  foreign key (import_id) references schedule_import (id) on delete cascade;
alter table schedule_change add constraint schedule_change_kind_check check (kind in ('created', 'updated', 'cancelled'));
alter table schedule_change add constraint schedule_change_outcome_check
  check (outcome in ('applied', 'skipped', 'undone', 'kept'));

-- A `*` stands for any; no minutes: such a connection must not be sold.
create table connection_time (
  arrival_airport varchar(3) not null,
  departure_airport varchar(3) not null,
  arrival_terminal varchar(2) not null default '*',
  departure_terminal varchar(2) not null default '*',
  status varchar(2) not null default '*',
  arrival_carrier varchar(2) not null default '*',
  departure_carrier varchar(2) not null default '*',
  minutes smallint,
  constraint connection_time_pkey primary key
    (arrival_airport, departure_airport, arrival_terminal, departure_terminal, status, arrival_carrier, departure_carrier)
);
alter table connection_time add constraint connection_time_minutes_ck check (minutes >= 0 and minutes <= 1440);
alter table connection_time add constraint connection_time_status_ck check (status in ('*', 'DD', 'DI', 'ID', 'II'));
