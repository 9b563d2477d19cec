-- Links that open one booking, mailed to its contact: who has lost the token proves with it that the mail is theirs.
-- Only what a code hashes to is kept, and a code is good once.
create table access_link (
  digest bytea not null primary key,
  booking_id uuid not null,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3) null
);
