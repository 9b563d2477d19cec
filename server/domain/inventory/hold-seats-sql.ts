/**
 * The call of the function that decides holds (migrations/0002_hold_seats.sql tells what it takes and
 * answers). It changes seat counts, so it belongs to this room; the lane that batches calls it.
 */
export const holdSeatsSql = `
  select codes, refused_by, (extract(epoch from at) * 1000)::float8 as at, truths from hold_seats(
    $1::uuid[], $2::uuid[], $3::bytea[], $4::int2[], $5::int8[], $6::text[], $7::int4[], $8::jsonb[],
    $9::int4[], $10::uuid[], $11::int4[], $12::text[], $13::int4[], $14::int8[],
    $15::int4[], $16::text[], $17::text[], $18::text[], $19::text[], $20::jsonb[])`;
