-- Holding asks whether any of a batch's ids is known. While `booking` is small, or is thought to be, Postgres takes an index
-- that has the id in it for as good as any, and walks through all of it: a millisecond of each hold after some thousand.
-- Without the id only the primary key can answer; a list of an actor's bookings sorts those of one instant itself.
drop index booking_actor_idx;
create index booking_actor_idx on booking (actor, created_at);
