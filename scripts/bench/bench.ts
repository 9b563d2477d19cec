import type { Closing } from '../../server/platform/runtime/closing.ts';

/** One of the things that `npm run bench -- NAME` measures. */
export interface Bench {
  /** One line, for the list of what there is. */
  about: string;
  /**
   * Measures by what stands behind the name on the command line, and says what was measured.
   *
   * @param closing ends everything that was started, however the bench ends.
   * @param say tells how far it is, a line at a time.
   * @throws Complaint, or parseArgs' own error, about the command line.
   */
  run(args: string[], closing: Closing, say: (line: string) => void): Promise<BenchOutcome>;
}

export interface BenchOutcome {
  /** The report for people. */
  text: string;
  /** Everything that was measured, for `--json`. */
  report: object;
  /** Where the report goes as JSON, as it was typed. */
  json: string | undefined;
  /** False when something was wrong: never because something was slow. */
  ok: boolean;
}
