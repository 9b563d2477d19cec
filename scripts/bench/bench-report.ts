import type { SalesAudit } from './audit-sales.ts';
import type { Adapter } from './bench-options.ts';
import type { RatioPlan } from './booking-variants.ts';
import type { RoundResult } from './load-plan.ts';
import type { DiskSync } from './measure-disk-sync.ts';
import type { BatchSizes } from './read-metrics.ts';
import type { ProfileSummary } from './read-profile.ts';

export interface BenchReport {
  at: string;
  machine: {
    cpus: number;
    cpuModel: string;
    node: string;
    loadAverageAtStart: number;
    /** Share of the run's CPU time that the host gave to other machines; null where unknown. */
    stolen: number | null;
    /** Microseconds of a page's write and fdatasync, in the directory of the record. */
    fdatasyncUs: DiskSync;
  };
  postgres: {
    version: string;
    fsync: string;
    synchronous_commit: string;
    full_page_writes: string;
    checkpoints: number;
    /** Its CPU for vacuum and analyze between the rounds, of all databases together, in seconds. */
    housekeepingSeconds: number;
  };
  options: {
    rounds: number;
    seconds: number;
    sockets: number;
    inFlight: number;
    rate: number;
    profiled: boolean;
    adapter: Adapter;
  };
  variants: VariantReport[];
  ratios: RatioReport[];
  audits: ({ host: string } & SalesAudit)[];
  batches: { host: string; sizes: BatchSizes[] }[];
  profiles: ({ host: string } & ProfileSummary)[];
  /** Variants that could not be measured, and why. */
  skipped: { name: string; why: string }[];
}

export interface VariantReport {
  name: string;
  title: string;
  /** Medians of the rounds. */
  perSecond: number;
  least: number;
  most: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU microseconds for each of what is counted, by process; NaN travels as null. */
  cpuUs: Record<string, number>;
  errors: Record<string, number>;
  rounds: RoundResult[];
}

export interface RatioReport {
  name: string;
  value: number;
  /** The same, round by round: how far it can be trusted. */
  byRound: number[];
  of: string;
  to: string;
  least: number | null;
  goal: number | null;
}

export function median(values: number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[half] as number) : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

const countOf = (round: RoundResult, counts: 'ok' | 'soldOut'): number => round[counts];

export function variantReport(
  plan: { name: string; title: string; counts: 'ok' | 'soldOut' },
  rounds: RoundResult[],
): VariantReport {
  const rates = rounds.map((round) => countOf(round, plan.counts) / round.seconds);
  const processes = Object.keys(rounds[0]?.cpu ?? {});
  const errors: Record<string, number> = {};
  for (const round of rounds) {
    const other = plan.counts === 'ok' ? { SOLD_OUT: round.soldOut } : { 'not refused': round.ok };
    for (const [code, times] of Object.entries({ ...round.errors, ...other, 'not sent': round.skipped }))
      if (times > 0) errors[code] = (errors[code] ?? 0) + times;
  }
  return {
    name: plan.name,
    title: plan.title,
    perSecond: median(rates),
    least: Math.min(...rates),
    most: Math.max(...rates),
    p50Ms: median(rounds.map((round) => round.p50Ms)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    cpuUs: Object.fromEntries(
      processes.map((name) => [
        name,
        median(rounds.map((round) => ((round.cpu[name] as number) * 1e6) / Math.max(1, countOf(round, plan.counts)))),
      ]),
    ),
    errors,
    rounds,
  };
}

/** The quotient of medians, best numerator by best denominator. Undefined where one side was not measured. */
export function ratioReport(plan: RatioPlan, measured: VariantReport[]): RatioReport | undefined {
  const better = (a: VariantReport, b: VariantReport): VariantReport => (b.perSecond > a.perSecond ? b : a);
  const bestOf = (names: string[]): VariantReport | undefined => {
    const present = measured.filter(({ name }) => names.includes(name));
    return present.length > 0 ? present.reduce(better) : undefined;
  };
  const [of, to] = [bestOf(plan.of), bestOf(plan.to)];
  if (!of || !to) return undefined;
  const inRound = (variant: VariantReport, round: number): number => {
    const result = variant.rounds[round];
    if (!result) return Number.NaN;
    if (plan.measure === 'p99Ms') return result.p99Ms;
    return (variant.name === 'sold-out' ? result.soldOut : result.ok) / result.seconds;
  };
  return {
    name: plan.name,
    value: of[plan.measure] / to[plan.measure],
    byRound: of.rounds.map((_, round) => inRound(of, round) / inRound(to, round)),
    of: of.name,
    to: to.name,
    least: plan.least,
    goal: plan.goal,
  };
}
