import type { OperatorFlightView } from '../../shared/flight.ts';
import type { Sale, Tally } from './journal.ts';

/** What the buyers of a round share with whoever judges it. */
export interface Round {
  flights: OperatorFlightView[];
  /**
   * `fire`: buyers hold, pay, cancel and walk away while things are killed. `finish`: nothing is killed any more,
   * and they buy what there is. `over`: they go home.
   */
  phase: 'fire' | 'finish' | 'over';
  sales: Map<string, Sale>;
  tally: Tally;
  /** Cancellations that are being asked for: the round is not at rest before they are answered. */
  cancelling: number;
  /** What must never happen and did. */
  violations: string[];
  /** A definite answer of the web process at this place, to a call that was sent at this time (Unix ms). */
  onAnswer: (web: number, sentAt: number) => void;
}
