import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';
import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { Orm } from './orm.ts';
import { type Queryable, transactionBounds, withRetries } from './transaction.ts';

/**
 * A transaction of the ORM's unit of work, with our SQL beside it on the same connection: entities
 * for what an operator edits, statements for seats and the log, one commit for both. The same
 * bounds and retries as `inTransaction`; each run has a fork of its own, so nothing of a failed one
 * is left in memory.
 */
export function inUnitOfWork<T>(orm: Orm, body: (em: EntityManager, tx: Queryable) => Promise<T>): Promise<T> {
  return withRetries(() =>
    orm.em.fork().transactional(async (inner) => {
      const em = inner as EntityManager;
      const tx = queryableOf(em);
      await tx.query(transactionBounds);
      return body(em, tx);
    }),
  );
}

function queryableOf(em: EntityManager): Queryable {
  const query = async (statement: string | QueryConfig, values?: unknown[]): Promise<QueryResult<QueryResultRow>> => {
    const { text, values: own } = typeof statement === 'string' ? { text: statement, values } : statement;
    const result = await em.getKysely().executeQuery<QueryResultRow>(CompiledQuery.raw(text, [...(own ?? [])]));
    const rowCount = result.numAffectedRows === undefined ? result.rows.length : Number(result.numAffectedRows);
    return { rows: result.rows, rowCount, command: '', oid: 0, fields: [] };
  };
  return { query: query as Queryable['query'] };
}
