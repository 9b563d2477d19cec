import type { Totals } from './run-chaos.ts';

const listOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([code, times]) => `${code} ${times}`)
    .join(', ') || 'none';

const sumOf = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, each) => sum + each, 0);

/** What a run came to, as lines of words and numbers. */
export function tableOf(totals: Totals): string {
  const { tally } = totals;
  const seconds = (ms: number | undefined) =>
    ms === undefined ? '' : `  back after at most ${(ms / 1_000).toFixed(1)} s`;
  const kinds = Object.entries(totals.killsByKind).sort(([, a], [, b]) => b - a);
  const wide = Math.max(0, ...kinds.map(([kind]) => kind.length));
  const slowest = Object.entries(totals.slowestRecovery).sort(([, a], [, b]) => b - a)[0];
  return [
    `seed ${totals.seed}: ${totals.kills} kills in ${totals.rounds} rounds, ${totals.seconds} s`,
    ...kinds.map(
      ([kind, times]) => `  ${kind.padEnd(wide)} ${String(times).padStart(5)}${seconds(totals.slowestRecovery[kind])}`,
    ),
    `acknowledged ${sumOf(tally.acknowledged)} (${listOf(tally.acknowledged)})`,
    `refused ${sumOf(tally.refused)} (${listOf(tally.refused)})`,
    `answers that were none ${sumOf(tally.repeated)} (${listOf(tally.repeated)})`,
    `unknown outcomes resolved by repeating ${tally.unknown.calls}; of holds: had happened ${tally.unknown.heldBefore}, happened then ${tally.unknown.heldByRepeat}, refused ${tally.unknown.refused}`,
    `belated holds that expired ${tally.belated}`,
    `seats sold ${totals.sold}, each flight to the last`,
    `judged ${totals.judged} bookings id by id, ${totals.glances} snapshots in mid-sale, ${totals.frames} live frames`,
    `slowest recovery ${slowest ? `${(slowest[1] / 1_000).toFixed(1)} s (${slowest[0]})` : 'none'}, slowest way to rest ${(totals.slowestRest / 1_000).toFixed(1)} s`,
  ].join('\n');
}
