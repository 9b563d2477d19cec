import { ManualClock } from '../support/manual-clock.ts';

/** Sleepers wait for the test, but the time is the real one: signatures that are made by it are checked elsewhere. */
export class PatientClock extends ManualClock {
  override now(): number {
    return Date.now();
  }
}
