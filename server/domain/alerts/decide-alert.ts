/** What an alert remembers between two looks at the price. */
export interface AlertState {
  kind: 'target' | 'drop';
  /** The target, or by how much the price must fall. */
  amount: number;
  isArmed: boolean;
  referenceAmount: number | null;
  firedAtMs: number | null;
  coolDownMinutes: number;
}

export interface AlertDecision {
  fires: boolean;
  isArmed: boolean;
  referenceAmount: number | null;
  /** What the price was before, for whoever is told. */
  wasAmount: number | null;
}

/** A price must rise this far above a target before it can cross it again: it may waver at it. */
const rearmShare = 0.02;

/**
 * Whether an alert fires at this price, and what it remembers. Pure.
 *
 * A *target* fires when the price is at most the target, and not again before the price was above it, by
 * 2 % at least. A *drop* fires when the price is so much below its height since the last time that it
 * fired; from then on the height is measured anew. While it rests nothing fires, but heights are seen.
 */
export function decideAlert(state: AlertState, price: number, nowMs: number): AlertDecision {
  const rests = state.firedAtMs !== null && nowMs < state.firedAtMs + state.coolDownMinutes * 60_000;
  const wasAmount = state.referenceAmount;
  if (state.kind === 'drop') {
    const height = Math.max(wasAmount ?? price, price);
    const fires = !rests && price <= height - state.amount && state.amount > 0;
    return { fires, isArmed: true, referenceAmount: fires ? price : height, wasAmount };
  }
  if (price > state.amount) {
    const isArmed = state.isArmed || price > state.amount * (1 + rearmShare);
    return { fires: false, isArmed, referenceAmount: price, wasAmount };
  }
  const fires = state.isArmed && !rests;
  return { fires, isArmed: state.isArmed && !fires, referenceAmount: wasAmount, wasAmount };
}
