import type { Bench } from './bench.ts';
import { readBenchOptions } from './bench-options.ts';
import { printReport } from './print-report.ts';
import { runBookingBench } from './run-booking-bench.ts';

export const bookingBench: Bench = {
  about: 'seats sold a second, beside a stock tRPC echo and a hold by the book',
  run: async (args, closing, say) => {
    const options = readBenchOptions(args);
    const report = await runBookingBench(options, closing, say);
    return {
      text: printReport(report),
      report,
      json: options.json,
      ok: report.audits.every(({ faults }) => faults.length === 0),
    };
  },
};
