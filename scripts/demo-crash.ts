import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { WebSocket } from 'ws';
import { createClient } from '../client/sdk/create-client.ts';
import { formatMoney } from '../shared/money.ts';
import { bigJob } from './jobs/big-job.ts';
import { openJobStage } from './jobs/job-stage.ts';
import { judgeJob } from './jobs/judge-job.ts';

// A job of 5,000 combinations over two workers: one is killed in the middle, Redis is emptied, and the job goes on from
// its last checkpoint. It takes about half a minute.

const combinations = 5_000;
const settings = { seed: 7, latencyMs: 400, failRate: 0.02, blockRate: 0, emptyRate: 0.1 };
const width = 40;

const dir = mkdtempSync(join(tmpdir(), 'airside-demo-crash-'));
const startedAt = performance.now();
const say = (line: string): void => {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5);
  console.log(`${styleText('dim', `${seconds} s`)}  ${line}`);
};

say('starting Postgres, Redis, a server and two workers');
const stage = await openJobStage({ dir, workers: 2, onLost: (error) => say(String(error)) });
try {
  const airside = createClient({ url: stage.web.url, WebSocket: WebSocket as never });
  await airside.auth.guest();
  const { id, total } = await airside.jobs.create(bigJob(combinations, settings));
  say(`a job of ${total} combinations, in steps of a hundred`);
  let isKilled = false;
  let isFlushed = false;
  let shownAt = 0;
  for await (const job of airside.jobs.watch(id)) {
    const isOver = job.status === 'completed' || job.status === 'failed';
    if (isOver || performance.now() - shownAt > 900) {
      shownAt = performance.now();
      const filled = Math.round((job.done / job.total) * width);
      const bar = `${'█'.repeat(filled)}${styleText('dim', '░'.repeat(width - filled))}`;
      const best = job.bestPrice ? `  best ${formatMoney(job.bestPrice, 'en')}` : '';
      const again = job.recoveries > 0 ? styleText('green', `  ${job.recoveries} steps resumed`) : '';
      say(`${bar} ${String(job.done).padStart(5)}/${job.total}${best}${again}`);
    }
    if (isOver) break;
    if (!isKilled && job.done > job.total * 0.3) {
      isKilled = true;
      say(styleText('red', `kill -9 ${stage.workers[1]?.pid()}: a worker is gone, with its steps half done`));
      stage.workers[1]?.signal('SIGKILL');
    } else if (!isFlushed && job.done > job.total * 0.6) {
      isFlushed = true;
      say(styleText('red', 'FLUSHALL: Redis has forgotten every queue'));
      await stage.redis.flush();
    }
  }
  await airside.close();
  await sleep(100);
  const { faults, found, empty, unknown, recoveries } = await judgeJob(stage.db, id, settings);
  if (faults.length > 0) {
    say(styleText('red', faults.join('; ')));
    process.exitCode = 1;
  } else {
    say(
      styleText('green', `${found} found, ${empty} empty, ${unknown} unknown: each of ${total} once, as the seed says`),
    );
    say(`${recoveries} steps were taken up from the killed worker; nothing was asked twice that had an outcome`);
  }
} finally {
  await stage.close();
  rmSync(dir, { recursive: true, force: true });
}
