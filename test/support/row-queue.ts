import type pg from 'pg';

/** How long Postgres lets anybody wait for a row; beyond it a waiter starts over and loses its place. */
const patienceMs = 220;
const attemptsMax = 5;

/**
 * Decides the order of two calls that want the same row, from outside and whatever engine they run
 * on: a transaction of the test holds the row, the first call is seen to wait for it, then the second
 * is seen to wait as well, then the row is let go. Who waits first is served first; but whoever comes in the moment
 * of the letting go may slip through, so an order that was not seen is tried anew. (Where the second waits for the first
 * in its own process, it cannot be seen, and cannot slip through either.)
 *
 * @param arrange makes a fresh case: the row to hold, and the two calls.
 * @returns what the calls ended with, and the case.
 */
export async function inOrder<C extends { lock: string; of: unknown[] }, A, B>(
  db: pg.Pool,
  arrange: () => Promise<C>,
  first: (arranged: C) => Promise<A>,
  second: (arranged: C) => Promise<B>,
): Promise<{ arranged: C; first: PromiseSettledResult<A>; second: PromiseSettledResult<B> }> {
  for (let attempt = 1; ; attempt++) {
    const arranged = await arrange();
    const holder = await db.connect();
    try {
      await holder.query('begin');
      await holder.query(`${arranged.lock} for update`, arranged.of);
      const startedAt = performance.now();
      const one = first(arranged);
      one.catch(() => undefined);
      await waitingFor(db, 1, one);
      const other = second(arranged);
      other.catch(() => undefined);
      const seen = await waitingFor(db, 2, other, startedAt + patienceMs / 2);
      await holder.query('rollback');
      const certain = seen && performance.now() - startedAt < patienceMs;
      const [a, b] = await Promise.allSettled([one, other]);
      if (certain || attempt === attemptsMax) return { arranged, first: a, second: b };
    } finally {
      holder.release();
    }
  }
}

/** Until so many wait for a lock in this database, the call is over, or it is too late to go on waiting. */
async function waitingFor(
  db: pg.Pool,
  count: number,
  call: Promise<unknown>,
  until = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  let over = false;
  const end = () => {
    over = true;
  };
  call.then(end, end);
  while (!over && performance.now() < until) {
    const { rows } = await db.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database()
         and wait_event_type = 'Lock' and wait_event in ('transactionid', 'tuple')`,
    );
    if ((rows[0]?.n ?? 0) >= count) return true;
  }
  // What ended without waiting has no order to lose.
  return over;
}
