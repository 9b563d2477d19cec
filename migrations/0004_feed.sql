-- The log, cheap to write and bounded: its key is the position by which it is read, so that an entry costs one index
-- less; what lies behind the horizon may have been pruned; and a restored record begins a new epoch with one call.
-- Breaks no older binary: what it reads and writes is still there.

alter table outbox drop constraint outbox_pkey;
drop index outbox_position_idx;
alter table outbox add constraint outbox_pkey primary key (xid, id);

-- Everything after this position is still there. Entries before it may have been pruned.
create table log_horizon (
  one smallint not null default 1 primary key,
  xid xid8 not null default '0',
  id bigint not null default 0
);
alter table log_horizon add constraint log_horizon_one_ck check (one = 1);
insert into log_horizon (one) values (1);

-- For whoever restored an older state, before the first start. A dump that was loaded into another server brings
-- transaction ids that this one has yet to reach; their entries would stay invisible, so they move before all others,
-- in the order in which they were written.
create function begin_epoch() returns int language plpgsql as $$
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
end $$;
