import type { BenchReport, RatioReport, VariantReport } from './bench-report.ts';

/** The report as text, with the numbers that decide about its worth above those that it is about. */
export function printReport(report: BenchReport): string {
  const { machine, postgres, options } = report;
  return [
    `machine    ${machine.cpus} × ${machine.cpuModel}, Node ${machine.node}, load ${machine.loadAverageAtStart.toFixed(2)} at the start, ${percent(machine.stolen)} taken by the host`,
    `disk       write and fdatasync of a page: p50 ${machine.fdatasyncUs.p50} µs, p99 ${machine.fdatasyncUs.p99} µs`,
    `postgres   ${postgres.version}, fsync ${postgres.fsync}, synchronous_commit ${postgres.synchronous_commit}, full_page_writes ${postgres.full_page_writes}, ${postgres.checkpoints} checkpoints meanwhile; vacuumed between rounds (${postgres.housekeepingSeconds.toFixed(1)} s of CPU)`,
    `load       ${options.sockets} sockets × ${options.inFlight} in flight; fixed rate ${options.rate}/s; medians of ${options.rounds} rounds of ${options.seconds} s${options.adapter === 'stock' ? '; on tRPC’s own socket adapter' : ''}${options.profiled ? '; PROFILED, rates are lower' : ''}`,
    '',
    ...variantLines(report.variants),
    ...report.skipped.map(({ name, why }) => `${name}: not measured, ${why}`),
    '',
    ...ratioLines(report.ratios),
    '',
    ...report.audits.map(
      ({ host, drift, record, acknowledged, faults }) =>
        `audit ${host.padEnd(13)} ${faults.length === 0 ? 'good' : 'BAD '}  record: ${record.held} held, ${record.sold} sold; acknowledged: ${acknowledged.held} and ${acknowledged.sold}, ${acknowledged.unanswered} unanswered; drift ${drift ?? '–'}${faults.map((fault) => `\n  ${fault}`).join('')}`,
    ),
    ...report.batches.flatMap(({ host, sizes }) =>
      sizes.map(
        ({ metric, counts }) =>
          `batches ${host}, ${metric}: ${counts.map(([upTo, times]) => `≤ ${upTo}: ${times}`).join(', ')}`,
      ),
    ),
    ...report.profiles.flatMap(profileLines),
  ].join('\n');
}

const percent = (share: number | null): string => (share === null ? '?' : `${(share * 100).toFixed(1)} %`);
const whole = (value: number): string => Math.round(value).toLocaleString('en');

function variantLines(variants: VariantReport[]): string[] {
  const echo = variants.find(({ name }) => name === 'echo');
  const processes = [...new Set(variants.flatMap(({ cpuUs }) => Object.keys(cpuUs)))];
  const head = ['', 'per second', 'least–most', '÷ echo', ...processes.map((name) => `${name} µs`), 'p50 ms', 'p99 ms'];
  const rows = variants.map((each) => [
    each.title,
    whole(each.perSecond),
    `${whole(each.least)}–${whole(each.most)}`,
    echo ? (each.perSecond / echo.perSecond).toFixed(3) : '',
    ...processes.map((name) => {
      const us = each.cpuUs[name];
      return us === undefined || Number.isNaN(us) ? '–' : us.toFixed(us < 10 ? 1 : 0);
    }),
    each.p50Ms.toFixed(1),
    each.p99Ms.toFixed(1),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
      )
      .join('  ');
  return [
    line(head),
    ...rows.map((row, index) => {
      const errors = Object.entries((variants[index] as VariantReport).errors);
      return line(row) + (errors.length > 0 ? `  ${errors.map(([code, times]) => `${code} ${times}`).join(', ')}` : '');
    }),
  ];
}

function ratioLines(ratios: RatioReport[]): string[] {
  const width = Math.max(0, ...ratios.map(({ name }) => name.length));
  return ratios.map(({ name, value, byRound, least, goal, of, to }) => {
    const verdict = least === null ? 'told' : value >= least ? `≥ ${least}` : `BELOW ${least}`;
    const spread = `${Math.min(...byRound).toFixed(2)}–${Math.max(...byRound).toFixed(2)}`;
    return `${name.padEnd(width)}  ${value.toFixed(3).padStart(8)}  ${verdict}${goal === null ? '' : `, goal ${goal}`}  (rounds ${spread}; ${of} ÷ ${to})`;
  });
}

export function profileLines({
  host,
  busy,
  perCallUs,
  functions,
  packages,
}: BenchReport['profiles'][number]): string[] {
  return [
    '',
    `profile of ${host}: busy ${percent(busy)}, ${perCallUs.toFixed(0)} µs a call`,
    '  by package',
    ...packages
      .slice(0, 20)
      .map(
        ({ name, share }) =>
          `    ${percent(share).padStart(7)} ${(share * perCallUs).toFixed(1).padStart(6)} µs  ${name}`,
      ),
    '  by function, own time',
    ...functions.map(
      ({ name, at, share }) =>
        `    ${percent(share).padStart(7)} ${(share * perCallUs).toFixed(1).padStart(6)} µs  ${name}  ${at}`,
    ),
  ];
}
