import { createHmac } from 'node:crypto';

/** How the mock gateway treats one payment. */
export interface MockScript {
  outcome: 'succeeded' | 'failed' | 'authorised';
  /** When it is decided: after a random delay, after so many milliseconds, or not before somebody asks. */
  decided: 'after the usual delay' | 'when looked at' | { afterMs: number };
  /** How the callback comes. */
  told: 'once' | 'thrice' | 'before the answer' | 'then contradicted' | 'never';
  /** Each kind of call is answered 500 at first: a submission as if it had not come, others after they had their effect. */
  isFlaky: boolean;
}

const plain: MockScript = {
  outcome: 'succeeded',
  decided: 'after the usual delay',
  told: 'once',
  isFlaky: false,
};

const scripts = new Map<string, Partial<MockScript>>([
  ['approve', {}],
  ['decline', { outcome: 'failed' }],
  ['authorise', { outcome: 'authorised' }],
  ['timeout', { decided: 'when looked at' }],
  ['lost', { told: 'never' }],
  ['duplicate', { told: 'thrice' }],
  ['early', { decided: { afterMs: 0 }, told: 'before the answer' }],
  ['reordered', { told: 'then contradicted' }],
  ['flaky', { isFlaky: true }],
]);

/**
 * What a payment's `method` asks for; any other word, or none, draws the outcome from the payment's
 * id. The same id draws the same, so a payment that is sent again after a crash of the gateway ends
 * as it would have.
 */
export function scriptOf({ id, method }: { id: string; method: string | null }, successRate: number): MockScript {
  const script = scripts.get(method ?? '');
  if (script) return { ...plain, ...script };
  const late = /^late-(\d{1,6})s?$/.exec(method ?? '')?.[1];
  if (late) return { ...plain, decided: { afterMs: Number(late) * 1_000 } };
  const draw = createHmac('sha256', 'mock-gateway').update(id).digest().readUInt32BE(0) / 2 ** 32;
  return { ...plain, outcome: draw < successRate ? 'succeeded' : 'failed' };
}
