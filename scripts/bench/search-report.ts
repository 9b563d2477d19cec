export interface Times {
  p50: number;
  p95: number;
  p99: number;
}

/** What the questions of one kind took, in milliseconds, and Postgres' times over the engine's. */
export interface TimedRow {
  stops: 1 | 2;
  postgres: Times;
  all: Times;
  served: Times;
  ratioOfAll: { p50: number; p95: number };
  ratio: { p50: number; p95: number };
}

export interface SearchReport {
  world: string;
  flights: number;
  airports: number;
  markets: number;
  buildMs: number;
  compared: number;
  /** Questions on which the engine and SQL differ. */
  differ: string[];
  rows: TimedRow[];
  bytesPerFlight: { searched: number; all: number; postgres: number };
  plans: string[];
}

const ms = (value: number): string => value.toFixed(3).padStart(9);

export function reportText(report: SearchReport): string {
  const { bytesPerFlight: bytes } = report;
  const line = (name: string, times: Times) => `  ${name.padEnd(34)}${ms(times.p50)}${ms(times.p95)}${ms(times.p99)}`;
  return [
    `${report.world}: ${report.flights} flights, ${report.airports} airports, ${report.markets} markets`,
    `in memory after ${(report.buildMs / 1000).toFixed(2)} s`,
    `answers compared: ${report.compared}, differ: ${report.differ.length}`,
    ...report.differ.slice(0, 10),
    ...report.rows.flatMap((row) => [
      '',
      `${row.stops === 1 ? 'at most one stop' : 'two stops (the engine: at most two)'}, ms      p50      p95      p99`,
      line('Postgres, counting', row.postgres),
      line('engine, all journeys, no bounds', row.all),
      line('engine, as the server asks it', row.served),
      `  Postgres ÷ engine, all journeys: ${row.ratioOfAll.p50.toFixed(1)} / ${row.ratioOfAll.p95.toFixed(1)}, as served: ${row.ratio.p50.toFixed(1)} / ${row.ratio.p95.toFixed(1)}`,
    ]),
    '',
    `bytes a flight: ${bytes.searched.toFixed(1)} that a search reads, ${bytes.all.toFixed(1)} with everything; Postgres ${bytes.postgres.toFixed(1)} (${(bytes.postgres / bytes.searched).toFixed(1)} and ${(bytes.postgres / bytes.all).toFixed(1)} times)`,
    ...(report.plans.length > 0 ? ['', ...report.plans] : []),
  ].join('\n');
}
