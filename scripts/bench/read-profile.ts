import { readFileSync } from 'node:fs';

/** Where a process spent its time while it was under load, idle time left out. */
export interface ProfileSummary {
  /** Share of the time in which the process did anything. */
  busy: number;
  /** Microseconds of work a counted call. */
  perCallUs: number;
  functions: { name: string; at: string; share: number }[];
  /** By package, or by folder of ours. */
  packages: { name: string; share: number }[];
}

interface CpuProfile {
  /** Microseconds of the machine's monotonic clock. */
  startTime: number;
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

/** Reads a `.cpuprofile` of V8, within the given windows only: start and warm-up are not what is asked about. */
export function readProfile(file: string, windowsUs: [number, number][], calls: number): ProfileSummary {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const self = new Map<number, number>();
  let at = profile.startTime;
  profile.samples.forEach((node, index) => {
    const delta = profile.timeDeltas[index] as number;
    at += delta;
    if (delta > 0 && windowsUs.some(([from, to]) => at >= from && at <= to))
      self.set(node, (self.get(node) ?? 0) + delta);
  });
  const functions = new Map<string, { name: string; at: string; us: number }>();
  const packages = new Map<string, number>();
  let total = 0;
  let worked = 0;
  for (const { id, callFrame } of profile.nodes) {
    const us = self.get(id) ?? 0;
    if (us === 0) continue;
    total += us;
    const { functionName, url, lineNumber } = callFrame;
    if (functionName === '(idle)') continue;
    worked += us;
    const place = placeOf(functionName, url);
    packages.set(place, (packages.get(place) ?? 0) + us);
    const where = url ? `${url.replace(/^.*\/(?=[^/]+\/[^/]+$)/, '')}:${lineNumber + 1}` : '';
    const key = `${functionName} ${where}`;
    const known = functions.get(key) ?? { name: functionName || '(anonymous)', at: where, us: 0 };
    known.us += us;
    functions.set(key, known);
  }
  const share = (us: number) => us / worked;
  return {
    busy: worked / total,
    perCallUs: worked / Math.max(1, calls),
    functions: [...functions.values()]
      .toSorted((a, b) => b.us - a.us)
      .slice(0, 30)
      .map(({ name, at: where, us }) => ({ name, at: where, share: share(us) })),
    packages: [...packages]
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, us]) => ({ name, share: share(us) }))
      .filter((each) => each.share > 0.002),
  };
}

function placeOf(name: string, url: string): string {
  const ofPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (ofPackage) return ofPackage;
  if (url.startsWith('node:'))
    return `node ${
      url
        .slice(5)
        .replace(/^internal\//, '')
        .split('/')[0]
    }`;
  const ours = /\/((?:server|shared|scripts)\/.*)\/[^/]+$/.exec(url)?.[1];
  if (ours) return ours;
  if (/^\(.*\)$/.test(name)) return name;
  return url || `native ${name}`;
}
