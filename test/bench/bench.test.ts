import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BenchReport, median, ratioReport, variantReport } from '../../scripts/bench/bench-report.ts';
import type { LiveReport } from '../../scripts/bench/live-report.ts';
import type { RoundResult } from '../../scripts/bench/load-plan.ts';
import type { CallResult } from '../../scripts/bench/timed-calls.ts';

const script = fileURLToPath(new URL('../../scripts/bench.ts', import.meta.url));

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bench-test-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function run(
  args: string[],
  settings: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  // Its temporary directories are ours to look into.
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, TMPDIR: dir, INIT_CWD: dir, ...settings };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

describe('npm run bench', () => {
  test('[BENCH-1] measures echo and hold in one run, finds every acknowledged seat, and leaves nothing behind', async () => {
    const args = ['booking', '--only', 'echo,hold', '--rounds', '1', '--seconds', '0.3', '--json', 'report.json'];
    const { code, out, err } = await run([...args, '--sockets', '4', '--in-flight', '2']);
    expect(code, err).toBe(0);
    const report = JSON.parse(await readFile(join(dir, 'report.json'), 'utf8')) as BenchReport;
    expect(report).toMatchObject({
      machine: { fdatasyncUs: { p50: expect.any(Number), p99: expect.any(Number) } },
      postgres: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
      options: { rounds: 1, sockets: 4, inFlight: 2, profiled: false },
      variants: [
        { name: 'echo', errors: {}, cpuUs: { server: expect.any(Number), load: expect.any(Number) } },
        { name: 'hold', errors: {}, cpuUs: { server: expect.any(Number), postgres: expect.any(Number) } },
      ],
      ratios: [{ name: 'holds ÷ echo', of: 'hold', to: 'echo', least: 0.7, goal: 0.9 }],
      audits: [{ host: 'hold', drift: 0, faults: [], acknowledged: { unanswered: 0 } }],
      skipped: [],
    });
    for (const { perSecond, p50Ms, p99Ms } of report.variants) {
      expect(perSecond).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    }
    const [audit] = report.audits as [BenchReport['audits'][number]];
    expect(audit.record).toEqual({ held: audit.acknowledged.held, sold: 0 });
    expect(audit.record.held).toBeGreaterThan(0);
    expect(out).toMatch(/^hold, one hot flight +[\d,]+ /m);
    expect(out).toMatch(/^holds ÷ echo +\d/m);
    expect(await readdir(dir)).toEqual(['report.json']);
  }, 120_000);

  test('[BENCH-1] measures the same on tRPC’s own adapter, where that is asked for', async () => {
    const args = ['booking', '--only', 'hold', '--rounds', '1', '--seconds', '0.3', '--adapter', 'stock'];
    const { code, out, err } = await run([...args, '--sockets', '4', '--in-flight', '2']);
    expect(code, err).toBe(0);
    expect(out).toMatch(/^load .*; on tRPC’s own socket adapter$/m);
    expect(out).toMatch(/^audit hold +good/m);
  }, 120_000);

  test('[BENCH-4] measures our adapter beside the stock one', async () => {
    const args = ['wire', '--only', 'echo,own-echo', '--rounds', '1', '--seconds', '0.3', '--sockets', '4'];
    const { code, out, err } = await run([...args, '--in-flight', '2']);
    expect(code, err).toBe(0);
    expect(out).toMatch(/^echo on our adapter +[\d,]+ /m);
    expect(out).toMatch(/^echo on ours ÷ stock echo +\d+\.\d+ +(≥|BELOW) 1\.6, goal 2\.1/m);
  }, 120_000);

  test('[BENCH-4] measures those who watch beside a raw broadcast and stock subscriptions', async () => {
    const args = ['live', '--only', 'fanout,latency,storm', '--rounds', '1', '--seconds', '0.5', '--watchers', '20'];
    const { code, out, err } = await run([...args, '--holds', '3', '--json', 'live.json']);
    expect(code, err).toBe(0);
    const { figures } = JSON.parse(await readFile(join(dir, 'live.json'), 'utf8')) as LiveReport;
    const figureOf = (name: RegExp) => figures.find((each) => name.test(each.name))?.value;
    for (const host of ['ours', 'raw ws', 'stock subscriptions']) {
      expect(figureOf(new RegExp(`^deliveries a CPU second, ${host}$`))).toBeGreaterThan(0);
    }
    expect(figureOf(/^hold sent → last of 20 watchers, p99$/)).toBeGreaterThan(0);
    expect(figureOf(/^storm: all 20 are back$/)).toBeGreaterThan(0);
    expect(out).toMatch(/^deliveries a CPU second, ours ÷ raw ws +\d.* (met: ≥|BELOW: ≥) 0\.700/m);
    await rm(join(dir, 'live.json'));
  }, 120_000);

  test('[BENCH-5] searches beside Postgres and Redis, over the socket and while changes come in, and all answers are equal', async () => {
    const args = ['search', '--only', 'journeys,nonstop,events,socket', '--share', '0.004', '--rounds', '1'];
    const { code, out, err } = await run([...args, '--queries', '20', '--timed', '10', '--json', 'search.json']);
    expect(code, err).toBe(0);
    const report = JSON.parse(await readFile(join(dir, 'search.json'), 'utf8')) as Record<string, unknown>;
    const compared = { differ: [], compared: expect.any(Number) };
    const times = { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) };
    expect(report).toMatchObject({
      journeys: { ...compared, rows: [{ stops: 1, postgres: times, served: times }, { stops: 2 }] },
      nonstop: { ...compared, redis: times, engine: times },
      events: { ...compared, rows: [{ perSecond: null }, ...Array(3).fill({ perSecond: expect.any(Number) })] },
      socket: { ...compared, socket: times, engine: times },
    });
    const { journeys, nonstop } = report as {
      journeys: { bytesAFlight: { all: number; searched: number; parts: Record<string, number> } };
      nonstop: { found: number };
    };
    expect(nonstop.found).toBeGreaterThan(20);
    const { all, searched, parts } = journeys.bytesAFlight;
    expect(all).toBeGreaterThan(searched);
    expect(Object.values(parts).reduce((sum, part) => sum + part)).toBeCloseTo(all);
    expect(out).toMatch(/^ {2}Redis ÷ engine: \d/m);
    await rm(join(dir, 'search.json'));
    expect((await readdir(dir)).filter((name) => name.startsWith('airside-'))).toEqual([]);
  }, 120_000);

  test('[BENCH-6] sales are measured alone, with pings and with searches beside, and who used the CPU is told', async () => {
    const args = ['search', '--only', 'sales', '--share', '0.004', '--rounds', '1', '--seconds', '1'];
    const { code, out, err } = await run([...args, '--json', 'sales.json']);
    expect(code, err).toBe(0);
    const { sales } = JSON.parse(await readFile(join(dir, 'sales.json'), 'utf8')) as { sales: object };
    const phase = (beside: object | null) => ({
      holds: { answered: expect.any(Number), p95Ms: expect.any(Number) },
      beside,
      cpu: Object.fromEntries(
        ['server: main', 'server: search', 'postgres', 'redis', 'generators'].map((name) => [name, expect.any(Number)]),
      ),
      loop: { p90Ms: expect.any(Number), p99Ms: expect.any(Number) },
    });
    const calls = { answered: expect.any(Number), refused: 0 };
    expect(sales).toMatchObject({
      phases: { alone: phase(null), pings: phase(calls), searches: phase(calls) },
      ratios: [
        { of: 'searches', to: 'alone', byRound: [expect.any(Number)] },
        { of: 'pings', to: 'alone' },
        { of: 'searches', to: 'pings' },
      ],
    });
    const { phases } = sales as Record<'phases', Record<string, { cpu: Record<string, number>; holds: CallResult }>>;
    expect(phases.alone?.holds.answered).toBeGreaterThan(0);
    for (const used of Object.values(phases.searches?.cpu ?? {})) expect(used).toBeGreaterThan(0);
    // Nobody searches beside pings.
    expect(phases.pings?.cpu['server: search']).toBeLessThan(phases.searches?.cpu['server: search'] as number);
    expect(out).toMatch(/^ {2}holds' p95, searches ÷ alone: \d+\.\d\d \(mark: at most 1\.2\); by round \d/m);
    await rm(join(dir, 'sales.json'));
  }, 120_000);

  test('[BENCH-2] peers that cannot be installed are one line and exit code 1', async () => {
    // Nothing listens there.
    const { code, err } = await run(['search', '--only', 'peers'], { npm_config_registry: 'http://127.0.0.1:9' });
    expect(err).toMatch(/^bench: the peers need npm's registry, and npm could not install .+ \(ECONNREFUSED\)$/m);
    expect(err).not.toMatch(/^ +at /m);
    expect(code).toBe(1);
  }, 60_000);

  test.concurrent.each([
    [['booking', '--only', 'echo,nothing'], 'bench: there is no variant nothing; there are echo, hold,'],
    [['booking', '--rounds', '0'], 'bench: --rounds 0 is not from 1 to 50'],
    [['booking', '--what'], "bench: Unknown option '--what'"],
    [['booking', '--adapter', 'none'], 'bench: --adapter none is neither own nor stock'],
    [['live', '--watchers', '9000'], 'bench: --watchers 9000 is not from 20 to 8000'],
    [['live', '--only', 'nothing'], 'bench: there is no part nothing; there are fanout,'],
    [['search', '--only', 'nothing'], 'bench: there is no part nothing; there are journeys,'],
    [['search', '--share', '2'], 'bench: --share 2 is not above 0 and up to 1'],
  ])('[BENCH-2] %s is one line and exit code 1', async (args, line) => {
    const { code, err } = await run(args);
    expect(err).toMatch(new RegExp(`^${RegExp.escape(line)}[^\n]*\n$`));
    expect(code).toBe(1);
  });
});

describe('the report', () => {
  const round = (ok: number, cpu: number): RoundResult => ({
    seconds: 2,
    ok,
    soldOut: 0,
    errors: ok === 1_000 ? { BUSY: 3 } : {},
    skipped: 0,
    p50Ms: 1,
    p99Ms: 2,
    maxMs: 3,
    cpu: { server: cpu },
    windowUs: [0, 1],
  });
  const plan = { counts: 'ok' as const, title: '' };

  test('[BENCH-3] has medians of the rounds, and ratios of medians with those of each round beside', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    const echo = variantReport({ ...plan, name: 'echo' }, [round(4_000, 1), round(2_000, 1), round(8_000, 1)]);
    const hold = variantReport({ ...plan, name: 'hold' }, [round(1_000, 1), round(2_000, 1), round(3_000, 0.3)]);
    expect(hold).toMatchObject({
      perSecond: 1_000,
      least: 500,
      most: 1_500,
      cpuUs: { server: 500 },
      errors: { BUSY: 3 },
    });
    const ratio = {
      name: 'r',
      of: ['hold'],
      to: ['other', 'echo'],
      measure: 'perSecond' as const,
      least: 0.7,
      goal: 0.9,
    };
    expect(ratioReport(ratio, [echo, hold])).toMatchObject({ value: 0.5, byRound: [0.25, 1, 0.375], to: 'echo' });
    expect(ratioReport(ratio, [hold])).toBeUndefined();
  });
});
