-- Who may ask: accounts with a password, signing out everywhere, operators' keys.
-- Breaks no older binary: whatever is new may be absent.

-- argon2id as a PHC string. Guests and users of an outside issuer have none.
alter table app_user add column password text null;
-- Tokens that were issued up to then are over.
alter table app_user add column signed_out_at timestamptz(3) null;
-- One account an address, however it is written.
alter table app_user add constraint app_user_email_ck check (email = lower(email));

-- Keys of operators beside the one in the settings. Only the digest is kept: a key has 256 random bits.
create table operator_key (
  id uuid not null,
  name varchar(80) not null,
  digest bytea not null,
  scopes text[] not null,
  addresses text[] null,
  expires_at timestamptz(3) null,
  revoked_at timestamptz(3) null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (id)
);
alter table operator_key add constraint operator_key_digest_uq unique (digest);
create trigger operator_key_touch before update on operator_key for each row execute function touch_updated_at();
