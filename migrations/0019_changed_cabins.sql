-- Which cabins changed lately: the audit asks every few seconds, and read all of them for it. A summary of page ranges
-- serves it; unlike any other index it leaves a sale its HOT update (Postgres 16 or newer; before, sales are slower).
create index cabin_changed_idx on cabin using brin (updated_at) with (pages_per_range = 8, autosummarize = on);
