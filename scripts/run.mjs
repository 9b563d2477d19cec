// The door behind every npm script. It must run on whatever Node the machine has (20 or newer) before anything is
// installed, so it is plain JavaScript without dependencies; all it does is make sure that the packages and the
// right Node are there, and hand over.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { v8Flags } from './v8-flags.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);
const oldestLauncherNode = 20;
const oldestNode = 24;
const lockPatienceMs = 600_000;
const dashboardConfig = 'client/dashboard/vite.config.ts';

class Refusal extends Error {}

/** We were told to stop while something was being prepared; the code is the shells' for that signal. */
class Interrupted extends Error {
  constructor(signal) {
    super(`stopped by ${signal}`);
    this.code = 128 + constants.signals[signal];
  }
}

/** @type {Record<string, { about: string, run: (node: string, args: string[]) => Promise<number> }>} */
const commands = {
  start: { about: 'everything on one port', run: start },
  test: { about: 'the whole suite; arguments go to vitest', run: test },
  check: { about: 'every gate, up to the first that fails', run: check },
};

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    say(error instanceof Refusal || error instanceof Interrupted ? error.message : error.stack);
    process.exitCode = error instanceof Interrupted ? error.code : 1;
  },
);

async function main([name, ...args]) {
  refuseOldSystems();
  const script = name && !Object.hasOwn(commands, name) ? scriptOf(name) : undefined;
  if (!name || (!script && !Object.hasOwn(commands, name))) throw new Refusal(usage(name));
  // npm changes to the project's root; a file named on the command line is meant from where the user stands.
  process.env.INIT_CWD ??= process.cwd();
  await installWhatIsMissing();
  const node = findNode();
  if (script) return runChild(node, [...nodeFlags(), script, ...args], { env: childEnv(node) });
  return commands[name].run(node, args);
}

// ---- commands --------------------------------------------------------------------------------------------------------

async function start(node, args) {
  if ((await buildDashboard(node)) !== 0) say('the dashboard could not be built; everything else starts without it');
  // Through the channel the server sees our death, even by SIGKILL.
  return runChild(node, [...nodeFlags(), ...v8Flags, at('server/main.ts'), ...args], {
    env: childEnv(node),
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    stopWithNpm: true,
  });
}

async function test(node, args) {
  const built = await buildDashboard(node);
  return built || runChild(node, [binOf('vitest'), 'run', ...args], { env: childEnv(node) });
}

async function check(node) {
  const gates = [
    ['biome', [binOf('@biomejs/biome', 'biome'), 'check', '.']],
    ['types', [binOf('typescript', 'tsc'), '-p', 'tsconfig.json']],
    ['types of the dashboard', [binOf('typescript', 'tsc'), '-p', 'client/dashboard/tsconfig.json']],
    ['knip', [binOf('knip')]],
    ['lock', [at('scripts/check-lock.ts')]],
    ['dashboard build', null],
    ['tests', [binOf('vitest'), 'run']],
  ];
  const lines = [];
  for (const [gate, args] of gates) {
    if (args?.includes('client/dashboard/tsconfig.json') && !existsSync(at('client/dashboard/tsconfig.json'))) {
      lines.push(`  skipped  ${gate}: there is no client/dashboard/tsconfig.json`);
      continue;
    }
    const began = performance.now();
    const code = args ? await runChild(node, args, { env: childEnv(node) }) : await buildDashboard(node);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    lines.push(`  ${code === 0 ? 'passed ' : 'FAILED '}  ${gate} (${seconds} s)`);
    if (code !== 0) {
      const rest = gates.slice(gates.findIndex(([name]) => name === gate) + 1).map(([name]) => name);
      if (rest.length) lines.push(`  not run  ${rest.join(', ')}`);
      say(`check failed at ${gate}\n${lines.join('\n')}`);
      return code;
    }
  }
  say(`all gates passed\n${lines.join('\n')}`);
  return 0;
}

function scriptOf(name) {
  const file = at('scripts', `${name.replaceAll(':', '-')}.ts`);
  return /^[a-z][a-z0-9:-]*$/.test(name) && existsSync(file) ? file : undefined;
}

function usage(name) {
  const scripts = readdirSync(at('scripts')).filter((file) => file.endsWith('.ts'));
  return [
    name ? `there is no command «${name}»` : 'which command?',
    ...Object.entries(commands).map(([command, { about }]) => `  ${command.padEnd(16)}${about}`),
    ...scripts.map((file) => `  ${file.slice(0, -3).padEnd(16)}scripts/${file}`),
  ].join('\n');
}

// ---- the system ------------------------------------------------------------------------------------------------------

function refuseOldSystems() {
  if (Number.parseInt(process.versions.node, 10) < oldestLauncherNode) {
    throw new Refusal(`Node ${oldestLauncherNode} or newer is needed to start; this is ${process.version}`);
  }
  if (process.platform === 'win32') throw new Refusal('Airside runs on Linux and macOS; on Windows use WSL');
}

/** The Node that the lock pins where npm has one for this system, else our own if it is new enough. */
function findNode() {
  const packaged = at('node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (process.execPath === packaged) return packaged;
  let complaint = 'npm has no Node package for this system';
  if (existsSync(packaged)) {
    const probe = spawnSync(packaged, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    if (probe.status === 0 && Number.parseInt(probe.stdout, 10) >= oldestNode) return packaged;
    complaint = `the packaged Node does not run here: ${probe.error?.message ?? probe.stderr.trim()}`;
  }
  if (Number.parseInt(process.versions.node, 10) >= oldestNode) return process.execPath;
  throw new Refusal(
    `Node ${oldestNode} or newer is needed and this is ${process.version} (${complaint}). ` +
      `Install Node ${oldestNode}, or on Linux x64 and arm64 run: npm ci --include=optional`,
  );
}

function nodeFlags() {
  // Node remarks on a missing file at every start, so the flag is there only with the file.
  return existsSync(at('.env')) ? [`--env-file-if-exists=${at('.env')}`] : [];
}

function childEnv(node) {
  return {
    ...process.env,
    PATH: [at('node_modules/.bin'), dirname(node), process.env.PATH].join(delimiter),
    // A process starts in half the time when what it runs was compiled before.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? at('node_modules/.cache/node'),
  };
}

function binOf(name, bin = name) {
  const home = at('node_modules', name);
  const declared = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).bin;
  return join(home, typeof declared === 'string' ? declared : declared[bin]);
}

// ---- packages --------------------------------------------------------------------------------------------------------

async function installWhatIsMissing() {
  if (packagesAreFresh()) return;
  await withLock('install', async (hold) => {
    if (packagesAreFresh()) return;
    say(
      existsSync(at('node_modules'))
        ? 'installing dependencies (what is there does not match the lock)…'
        : 'installing dependencies (first start)…',
    );
    const code = await runChild(...npmCommand(), {
      // Standard output belongs to whatever was asked for.
      stdio: ['ignore', 2, 2],
      env: process.env,
      onSpawn: hold,
      prepares: true,
    });
    if (code !== 0) throw new Refusal(`npm ci failed with code ${code}; what it said stands above`);
    writeFileSync(stampFile(), fingerprint());
  });
}

function npmCommand() {
  // With NODE_ENV=production npm would leave out what builds the dashboard and runs the tests. `engines` asks for
  // the Node that this very install brings.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev', '--engine-strict=false'];
  const cli = process.env.npm_execpath;
  return cli?.endsWith('npm-cli.js') ? [process.execPath, [cli, ...args]] : ['npm', args];
}

function stampFile() {
  return at('node_modules/.airside-install');
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'package.json']) hash.update(readFileSync(at(file)));
  return hash.digest('hex');
}

function packagesAreFresh() {
  const stamp = readIfThere(stampFile());
  if (stamp === fingerprint()) return true;
  // Installed by hand, or only a script in package.json was edited: npm's own record of what it installed decides.
  if (!installedMatchesLock()) return false;
  writeFileSync(stampFile(), fingerprint());
  return true;
}

function installedMatchesLock() {
  const record = readIfThere(at('node_modules/.package-lock.json'));
  if (record === null) return false;
  const installed = JSON.parse(record).packages;
  const { '': top, ...locked } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
  const asked = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    if (sorted(top[kind]) !== sorted(asked[kind])) return false;
  }
  return (
    Object.keys(installed).every((path) => path in locked) &&
    Object.entries(locked).every(([path, { version, integrity, optional, devOptional }]) =>
      path in installed
        ? installed[path].version === version && installed[path].integrity === integrity
        : optional || devOptional,
    )
  );
}

function sorted(record = {}) {
  return JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

// ---- dashboard -------------------------------------------------------------------------------------------------------

async function buildDashboard(node) {
  if (!existsSync(at(dashboardConfig))) {
    say(`no dashboard to build: there is no ${dashboardConfig}`);
    return 0;
  }
  if (dashboardIsFresh()) return 0;
  return withLock('dashboard', async (hold) => {
    if (dashboardIsFresh()) return 0;
    say('building the dashboard…');
    // The stamp bears the time of the start: what changes while we build counts as newer.
    const began = new Date();
    const code = await runChild(node, [binOf('vite'), 'build', '--config', dashboardConfig, '--logLevel', 'warn'], {
      stdio: ['ignore', 2, 2],
      env: { ...childEnv(node), NODE_ENV: 'production' },
      onSpawn: hold,
      prepares: true,
    });
    if (code === 0) {
      writeFileSync(at('dist/.built'), '');
      utimesSync(at('dist/.built'), began, began);
    }
    return code;
  });
}

function dashboardIsFresh() {
  if (!existsSync(at('dist/dashboard/index.html')) || !existsSync(at('dist/.built'))) return false;
  const built = statSync(at('dist/.built')).mtimeMs;
  return newest(at('client')) <= built && newest(at('shared')) <= built && statSync(stampFile()).mtimeMs <= built;
}

/** Newest change below a directory (ms); directories count, since a removed file changes only them. */
function newest(dir) {
  let time = statSync(dir).mtimeMs;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const path = join(dir, entry.name);
    // An editor's temporary file may be gone by now.
    time = Math.max(
      time,
      entry.isDirectory() ? newest(path) : (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0),
    );
  }
  return time;
}

// ---- one at a time ---------------------------------------------------------------------------------------------------

/**
 * Runs `work` while no other launcher of this tree does the same. The lock is a directory with a file for each
 * process that works under it: our own, and the children that `work` names, since npm goes on installing when only
 * its launcher is killed. When all are dead the lock is broken.
 */
async function withLock(name, work) {
  const lock = at('.cache', `${name}.lock`);
  mkdirSync(dirname(lock), { recursive: true });
  const deadline = performance.now() + lockPatienceMs;
  let told = false;
  while (!tryLock(lock)) {
    if (lockIsStale(lock)) {
      // Renamed first: of several that see it stale one gets it, and a fresh lock is never deleted by its name.
      const aside = `${lock}.stale-${process.pid}`;
      try {
        renameSync(lock, aside);
      } catch {
        continue;
      }
      rmSync(aside, { recursive: true, force: true });
      continue;
    }
    if (!told) say(`another run is busy with the same (${name}); waiting for it…`);
    told = true;
    if (performance.now() > deadline) {
      throw new Refusal(`gave up waiting for another run; if there is none, delete ${lock}`);
    }
    await sleep(200);
  }
  try {
    return await work((pid) => writeFileSync(join(lock, String(pid)), ''));
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function tryLock(lock) {
  try {
    mkdirSync(lock);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(lock, String(process.pid)), '');
  return true;
}

function lockIsStale(lock) {
  try {
    const age = Date.now() - statSync(lock).mtimeMs;
    const pids = readdirSync(lock).map(Number);
    if (pids.length === 0) return age > 5_000;
    // A pid may have passed to somebody else: no lock is worth more than a long install takes.
    return !pids.some(isAlive) || age > lockPatienceMs;
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// ---- children --------------------------------------------------------------------------------------------------------

/**
 * Runs a program to its end, passing on the signals that we get. A terminal sends Ctrl-C to the child as well; the
 * child cannot tell, so it must take two signals in quick succession for one. Of a child that only prepares, being
 * told to stop is the end of everything.
 *
 * @returns its exit code, or 128 + the signal's number as shells do.
 */
function runChild(program, args, { stdio = 'inherit', env, stopWithNpm = false, onSpawn, prepares = false }) {
  const child = spawn(program, args, { cwd: root, stdio, env });
  if (child.pid) onSpawn?.(child.pid);
  let interruptedBy;
  const pass = (signal) => {
    interruptedBy = signal;
    child.kill(signal);
  };
  // The last asks the server to replace its web processes; everything else ends by it, as by the others.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'];
  for (const signal of signals) process.on(signal, pass);
  const watch = stopWithNpm ? watchNpm(() => pass('SIGTERM')) : undefined;
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Refusal(`cannot run ${program}: ${error.message}`)));
    child.once('exit', (code, signal) => {
      // What was prepared has no point any more, whether or not the child was quicker than the signal.
      if (prepares && interruptedBy) reject(new Interrupted(interruptedBy));
      else resolve(code ?? 128 + constants.signals[signal]);
    });
  }).finally(() => {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, pass);
  });
}

/** Calls back when the npm that started us is gone: killed outright, it could pass no signal on. */
function watchNpm(whenGone) {
  if (!process.env.npm_lifecycle_event) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    whenGone();
  }, 500);
  return watch.unref();
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Standard error, because standard output belongs to the command. */
function say(text) {
  process.stderr.write(`airside: ${text}\n`);
}
