import { median } from './bench-report.ts';

export interface Figure {
  name: string;
  unit: string;
  /** Median of the rounds. */
  value: number;
  rounds: number[];
  /** Where it should be, at the least or at the most; absent: it is only told. */
  bound?: { kind: 'least' | 'most'; value: number };
}

export interface LiveReport {
  at: string;
  machine: { cpus: number; cpuModel: string; node: string; loadAverageAtStart: number };
  options: object;
  figures: Figure[];
}

export function figure(name: string, unit: string, rounds: number[], bound?: Figure['bound']): Figure {
  return { name, unit, value: median(rounds), rounds, ...(bound && { bound }) };
}

const shown = (value: number): string =>
  Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

function verdict({ value, bound, unit }: Figure): string {
  if (!bound) return 'told';
  const isMet = bound.kind === 'least' ? value >= bound.value : value <= bound.value;
  return `${isMet ? 'met' : 'BELOW'}: ${bound.kind === 'least' ? '≥' : '≤'} ${shown(bound.value)} ${unit}`.trimEnd();
}

export function printLiveReport({ machine, figures }: LiveReport): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  return [
    `machine    ${machine.cpus} × ${machine.cpuModel}, Node ${machine.node}, load ${machine.loadAverageAtStart.toFixed(2)} at the start`,
    '',
    ...figures.map((each) => {
      const spread =
        each.rounds.length > 1
          ? `  (rounds ${shown(Math.min(...each.rounds))}–${shown(Math.max(...each.rounds))})`
          : '';
      return `${each.name.padEnd(width)}  ${`${shown(each.value)} ${each.unit}`.padStart(16)}  ${verdict(each)}${spread}`;
    }),
  ].join('\n');
}
