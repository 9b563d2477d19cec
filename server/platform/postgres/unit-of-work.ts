import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';
import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { Orm } from './orm.ts';
import type { Queryable } from './transaction.ts';

/**
 * A transaction of the ORM's unit of work, with our SQL beside it on the same connection: entities
 * for what an operator edits, statements for seats and the log, one commit for both.
 */
export function inUnitOfWork<T>(orm: Orm, body: (em: EntityManager, tx: Queryable) => Promise<T>): Promise<T> {
  return orm.em.fork().transactional((em) => body(em as EntityManager, queryableOf(em as EntityManager)));
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
