import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guessFormat } from '../../scripts/import.ts';
import { scheduleCsvHeader } from '../../server/domain/schedules/parse-schedule-csv.ts';
import { startServer, type TestServer } from '../support/start-server.ts';

const script = fileURLToPath(new URL('../../scripts/import.ts', import.meta.url));
const exporting = fileURLToPath(new URL('../../scripts/export.ts', import.meta.url));

describe('npm run import', () => {
  let server: TestServer;
  const dir = mkdtempSync(join(tmpdir(), 'airside-import-'));
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true });
    await server.stop();
  });

  /** Runs the command in the directory of its files; not synchronously, because the server lives in this process. */
  function run(args: string[], env: Record<string, string> = { ADMIN_API_KEY: server.apiKey }, file = script) {
    const child = spawn(process.execPath, [file, ...args], { env: { ...process.env, INIT_CWD: dir, ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    return new Promise<{ code: number | null; output: string }>((done) =>
      child.on('close', (code) => done({ code, output })),
    );
  }

  it('[SCHED-11] tries, imports, and finds nothing new the second time; gzip and format are seen', async () => {
    const lines = [
      scheduleCsvHeader,
      'N1,1,JFK,LHR,2031-01-10T19:00,2031-01-11T07:00,180,412.50,,,24,1980,,,USD',
      'N1,2,LHR,QQQ,2031-01-10T19:00,2031-01-11T07:00,180,412.50',
    ];
    writeFileSync(join(dir, 'timetable.gz'), gzipSync(lines.join('\n')));
    const to = ['timetable.gz', '--url', server.url];
    const tried = await run([...to, '--dry-run']);
    expect(tried.output).toContain('1 created, 0 updated, 0 unchanged (dry run');
    const first = await run([...to, '--rejected', 'rejected.csv']);
    expect(first.output).toContain('1 lines accepted, 1 rejected');
    expect(first.output).toContain('1 created, 0 updated, 0 unchanged');
    expect(first.output).toContain('line 3: unknown place QQQ');
    expect(readFileSync(join(dir, 'rejected.csv'), 'utf8')).toBe('line,reason\n3,"unknown place QQQ"\n');
    const again = await run(to);
    expect(again.output).toContain('0 created, 0 updated, 1 unchanged');
    const shifted = await run([...to, '--shift-to', '2031-02-01']);
    expect(shifted.output).toContain('1 created, 0 updated, 0 unchanged');
    expect([tried, first, again, shifted].map((each) => each.code)).toEqual([0, 0, 0, 0]);
  });

  it('[SSIM-10] exports what the server holds, and finds nothing new in it', async () => {
    const out = await run(['held.ssim.gz', '--url', server.url], undefined, exporting);
    expect(out).toMatchObject({ code: 0, output: '2 dated flights\n' });
    const back = await run(['held.ssim.gz', '--url', server.url, '--dry-run']);
    expect(back.output).toContain('held.ssim.gz as ssim, dry run');
    expect(back.output).toContain('0 created, 0 updated, 2 unchanged');
    const wrong = await run(['--from', 'spring', '--url', server.url], undefined, exporting);
    expect(wrong).toEqual({ code: 1, output: 'export: --from spring is not a date like 2026-12-01\n' });
  });

  it('[SCHED-11] ends with one clear line and code 1 when it cannot work', async () => {
    writeFileSync(join(dir, 'one.csv'), `${scheduleCsvHeader}\n`);
    writeFileSync(join(dir, 'odd.csv'), 'a,b\n1,2\n');
    const outcomes = await Promise.all([
      run(['one.csv', '--url', server.url], { ADMIN_API_KEY: 'another-key-than-theirs' }),
      run(['one.csv', '--url', 'http://127.0.0.1:9']),
      run(['absent.csv', '--url', server.url]),
      run(['odd.csv', '--url', server.url]),
      run(['one.csv', '--url', server.url, '--shift-to', 'tomorrow']),
      run(['one.csv', '--url', server.url]),
    ]);
    const said = [
      'does not take this operator key',
      'no answer from http://127.0.0.1:9',
      'cannot read absent.csv',
      'the header does not tell what the file is',
      '--shift-to tomorrow is not a date',
      '0 lines accepted',
    ];
    for (const [index, { code, output }] of outcomes.entries()) {
      expect(output).toContain(said[index]);
      expect(output).not.toMatch(/^\s+at /m);
      expect(code).toBe(1);
    }
  });

  it.each([
    ['csv', `${scheduleCsvHeader}\n`],
    ['bts', 'date,carrier,flight,origin,dest,crs_dep,crs_arr,crs_elapsed_min,distance_mi,tail\n'],
    ['bts', '"FlightDate","Reporting_Airline","CRSElapsedTime"\n'],
    ['places', 'code,kind,name,city,city_code,country,latitude,longitude,zone\n'],
    ['places', 'geoNameId\tname\tlatitude\tlongitude\tiata\n'],
    ['ssim', '1AIRLINE STANDARD SCHEDULE DATA SET'],
    ['mct', 'arrival_airport,status,minutes\n'],
    [undefined, 'a,b,c\n'],
  ])('[SCHED-11] takes a file for %s by its header', (format, text) => {
    expect(guessFormat(text)).toBe(format);
  });
});
