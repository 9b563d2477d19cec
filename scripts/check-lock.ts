import { readFileSync } from 'node:fs';

interface LockedPackage {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export interface Lock {
  packages: Record<string, LockedPackage>;
}

const registry = 'https://registry.npmjs.org/';

/**
 * What would make `npm ci` fail or install something else on another machine: packages without a checksum, from
 * elsewhere than the public registry, or named by another package and missing (npm notices such a hole in an
 * optional package of another platform only at the next `npm ci`).
 *
 * @returns one sentence each; empty when the lock is whole.
 */
export function lockProblems({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([path, entry]) => {
    const problems: string[] = [];
    const name = path || 'the project';
    if (path && !entry.link && !entry.integrity) problems.push(`${name} has no checksum`);
    if (entry.resolved && !entry.link && !entry.resolved.startsWith(registry)) {
      problems.push(`${name} comes from ${entry.resolved}, not from ${registry}`);
    }
    const optionalPeers = entry.peerDependenciesMeta ?? {};
    const peers = Object.keys(entry.peerDependencies ?? {}).filter((peer) => !optionalPeers[peer]?.optional);
    const needed = [entry.dependencies, entry.optionalDependencies, path ? {} : entry.devDependencies].flatMap((kind) =>
      Object.keys(kind ?? {}),
    );
    for (const dependency of new Set([...needed, ...peers])) {
      if (!isLocked(packages, path, dependency)) problems.push(`${name} needs ${dependency}, which is not in the lock`);
    }
    return problems;
  });
}

/** Looks where Node would: beside the package's own node_modules, then in every one above it. */
function isLocked(packages: Lock['packages'], from: string, dependency: string): boolean {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
    if (`${place ? `${place}/` : ''}node_modules/${dependency}` in packages) return true;
    if (place === '') return false;
  }
}

if (import.meta.main) {
  const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  const lock = JSON.parse(read('package-lock.json')) as Lock;
  const problems = lockProblems(lock);
  if (/^\s*(?:@[^:]+:)?registry\s*=/m.test(read('.npmrc'))) problems.push('.npmrc names a registry');
  const { '': top } = lock.packages;
  const asked = JSON.parse(read('package.json')) as LockedPackage;
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
    for (const [name, range] of Object.entries(asked[kind] ?? {})) {
      if (top?.[kind]?.[name] !== range) problems.push(`package.json asks for ${name} ${range}, the lock does not`);
    }
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`the lock is whole: ${Object.keys(lock.packages).length - 1} packages`);
}
