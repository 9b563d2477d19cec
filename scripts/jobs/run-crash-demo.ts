import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { WebSocket } from 'ws';
import { createClient } from '../../client/sdk/create-client.ts';
import { formatMoney } from '../../shared/money.ts';
import { bigJob } from './big-job.ts';
import { openJobStage } from './job-stage.ts';
import { type JobVerdict, judgeJob } from './judge-job.ts';

const width = 40;
const shownEveryMs = 900;
/** Shares of the job that are done when a worker is killed, and when Redis is emptied. */
const killedAt = 0.3;
const flushedAt = 0.6;

/**
 * A job over two workers: one is killed in the middle, Redis is emptied, and the job goes on from its last checkpoint.
 * Answers what the job came to, held against the simulator's seed; that no step had to be resumed is a fault, too.
 *
 * @param say is told what happens, line by line.
 */
export async function runCrashDemo(options: {
  combinations: number;
  latencyMs: number;
  say: (line: string) => void;
}): Promise<JobVerdict> {
  const { combinations, latencyMs, say } = options;
  const settings = { seed: 7, latencyMs, failRate: 0.02, blockRate: 0, emptyRate: 0.1 };
  const dir = mkdtempSync(join(tmpdir(), 'airside-demo-crash-'));
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
      if (isOver || performance.now() - shownAt > shownEveryMs) {
        shownAt = performance.now();
        const filled = Math.round((job.done / job.total) * width);
        const bar = `${'█'.repeat(filled)}${styleText('dim', '░'.repeat(width - filled))}`;
        const best = job.bestPrice ? `  best ${formatMoney(job.bestPrice, 'en')}` : '';
        const again = job.recoveries > 0 ? styleText('green', `  ${job.recoveries} steps resumed`) : '';
        say(`${bar} ${String(job.done).padStart(5)}/${job.total}${best}${again}`);
      }
      if (isOver) break;
      if (!isKilled && job.done > job.total * killedAt) {
        isKilled = true;
        say(styleText('red', `kill -9 ${stage.workers[1]?.pid()}: a worker is gone, with its steps half done`));
        stage.workers[1]?.signal('SIGKILL');
      } else if (!isFlushed && job.done > job.total * flushedAt) {
        isFlushed = true;
        say(styleText('red', 'FLUSHALL: Redis has forgotten every queue'));
        await stage.redis.flush();
      }
    }
    await airside.close();
    const verdict = await judgeJob(stage.db, id, settings);
    if (!isKilled || !isFlushed) verdict.faults.push('the job was over before everything had happened to it');
    else if (verdict.recoveries === 0) verdict.faults.push('the killed worker had nothing in hand');
    return verdict;
  } finally {
    await stage.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
