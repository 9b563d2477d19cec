-- Whether an event is known is asked by its id (settle_payments). With the provider first in the key, Postgres before 18
-- reads all of it for that. Nobody settles while the key is built again.
alter table payment_event
  drop constraint payment_event_pkey,
  add constraint payment_event_pkey primary key (event_id, provider);
