-- Most of the log is sales, written by the batch. What is written one by one (flights, timetables, rules) is followed by
-- every process, which need not read the sales for it.
alter table outbox add column rare bool not null default false;
create index outbox_rare_idx on outbox (xid, id) where rare;
