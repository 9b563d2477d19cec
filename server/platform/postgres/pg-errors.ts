/** The only place that spells an SQLSTATE. */
const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

const constraintOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'constraint' in error && typeof error.constraint === 'string'
    ? error.constraint
    : undefined;

/**
 * The transaction lost a race and left nothing behind, so the whole of it may be run again:
 * serialization failure, deadlock, lock timeout.
 */
const retryable = new Set(['40001', '40P01', '55P03']);
export const isRetryable = (error: unknown): boolean => retryable.has(codeOf(error) ?? '');

/** A row stayed locked for longer than we wait. */
export const isLockTimeout = (error: unknown): boolean => codeOf(error) === '55P03';

/** The statement took longer than it may, or no connection came free in time. */
export const isTimeout = (error: unknown): boolean => codeOf(error) === '57014' || isPoolExhausted(error);

export const violatesUnique = (error: unknown, constraint: string): boolean =>
  codeOf(error) === '23505' && constraintOf(error) === constraint;

/** Every connection of the pool was taken for longer than a caller may wait: there is more to do than we can. */
export const isPoolExhausted = (error: unknown): boolean =>
  error instanceof Error && /timeout exceeded when trying to connect/i.test(error.message);

/**
 * The connection is gone or the server is not taking any: shutting down, starting up, crashed, full, or out of disk
 * or memory.
 * Whether a commit that was in flight happened is unknown; the request id answers that on a repeat.
 */
const unavailable = new Set([
  '57P01',
  '57P02',
  '57P03',
  '53100',
  '53200',
  '53300',
  '08000',
  '08003',
  '08006',
  '08001',
  '08004',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
]);
export const isUnavailable = (error: unknown): boolean => {
  const code = codeOf(error);
  if (code !== undefined) return unavailable.has(code);
  // pg reports a cut connection as a plain error.
  return error instanceof Error && /connection terminated|query read timeout|not queryable/i.test(error.message);
};
