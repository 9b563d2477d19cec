import type { Bench } from './bench.ts';
import { readBenchOptions } from './bench-options.ts';
import { namesOf, type SalesPlan } from './booking-variants.ts';
import { printReport } from './print-report.ts';
import { runSalesBench } from './run-sales-bench.ts';

/** A bench that calls servers of ours and of others in turn, and audits what was sold. */
export function salesBench(name: string, about: string, purpose: string, plan: SalesPlan): Bench {
  return {
    about,
    run: async (args, closing, say) => {
      const options = readBenchOptions(args, { name, purpose, variants: namesOf(plan) });
      const report = await runSalesBench(plan, options, closing, say);
      return {
        text: printReport(report),
        report,
        json: options.json,
        ok: report.audits.every(({ faults }) => faults.length === 0),
      };
    },
  };
}
