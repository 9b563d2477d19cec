/**
 * Full-jitter exponential back-off: a random wait between 0 and `baseMs · 2^attempt`, capped.
 * Full jitter because equal waits make the losers of one race meet again in the next.
 */
export function backoffMs(attempt: number, baseMs: number, capMs: number): number {
  return Math.random() * Math.min(capMs, baseMs * 2 ** attempt);
}
