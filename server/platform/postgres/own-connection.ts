import pg, { type QueryConfig, type QueryResultRow } from 'pg';

/**
 * One Postgres connection for one caller. A statement is written to the socket in the turn in which it is asked for
 * (a pool would wait for the next), also behind one that is under way: each is a transaction of its own, and they are
 * done in this order. A storm in the pool does not hold it up. A lost connection fails the statements under way; the
 * next one connects again.
 */
export interface OwnConnection {
  query<Row extends QueryResultRow>(config: QueryConfig): Promise<Row[]>;
  close(): Promise<void>;
}

/**
 * A row stays locked no longer than this while we wait for it, and a statement never takes longer. Everything here is
 * found by an index: a plan that was made while a table was empty, and scans it, would be kept until the next
 * statistics. One plan serves batches of all sizes: a plan for just these members costs a small batch more than its work.
 */
const bounds = [
  'lock_timeout=250ms',
  'statement_timeout=5s',
  'enable_seqscan=off',
  'enable_nestloop=off',
  'jit=off',
  'plan_cache_mode=force_generic_plan',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');
/**
 * The server should have answered before, unless a statement stood behind one that took all its time; a connection that
 * has not by then is given up.
 */
const answerTimeoutMs = 8_000;

export function ownConnection(url: string, name: string): OwnConnection {
  let client: pg.Client | undefined;
  let connecting: Promise<pg.Client> | undefined;
  let closed = false;

  const drop = (lost: pg.Client) => {
    if (client === lost) client = undefined;
    lost.end().catch(() => undefined);
  };

  const connect = async (): Promise<pg.Client> => {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: `airside ${name}`,
      options: bounds,
      query_timeout: answerTimeoutMs,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      pipeline: true,
    });
    // A connection that is lost while idle tells it here; without a listener the process would end.
    fresh.on('error', () => drop(fresh));
    fresh.on('end', () => drop(fresh));
    await fresh.connect();
    if (closed) drop(fresh);
    return fresh;
  };

  return {
    query: async <Row extends QueryResultRow>(config: QueryConfig): Promise<Row[]> => {
      if (!client) {
        connecting ??= connect().finally(() => {
          connecting = undefined;
        });
        client = await connecting;
      }
      const used = client;
      try {
        const { rows } = await used.query<Row>(config);
        return rows;
      } catch (error) {
        // An error without an SQLSTATE did not come from the server: the connection is of no use any more.
        if (!(error instanceof pg.DatabaseError)) drop(used);
        throw error;
      }
    },
    close: async () => {
      closed = true;
      await client?.end().catch(() => undefined);
    },
  };
}
