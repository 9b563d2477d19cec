import { type JobAsk, type JobStatus, outcomes } from '../../../shared/jobs.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import { backoffMs } from '../../platform/runtime/backoff.ts';
import { isoNow } from '../../platform/runtime/clock.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import type { AskContext, FareAnswer, FareProvider } from '../providers/fare-provider.ts';
import { combinationsOf, type JobPlan } from './job-plan.ts';
import type { JobsRoom } from './jobs-room.ts';
import { type StepAnswer, type StepQuestion, StepReport } from './step-report.ts';
import type { ClaimedStep, StepEnd, StepStore } from './step-store.ts';

/** What a step needs besides its room. */
export interface StepTools {
  store: StepStore;
  planOf(step: ClaimedStep): Promise<{ plan: JobPlan; ask: JobAsk }>;
  /** The job moved. */
  onStored(jobId: string, isOver: boolean): void;
}

/** What was learnt and is not stored is never older. */
const checkpointMs = 1_000;
/** Whoever had it was lost so many times in a row, and nothing was stored: it is the step that kills them. */
const lossesMax = 8;
const retryBaseMs = 500;
const retryCapMs = 60_000;
/** About an hour; whoever cannot be asked for so long has refused. */
const waitsMax = 64;

/**
 * Asks what a claimed step has left, and stores it. Questions are asked outside any transaction; what was learnt is
 * stored in one, together with counters and log, under the step's fence. Whoever has lost the step stops there.
 *
 * When the signal aborts, what was learnt is stored and the step given back.
 */
export async function runStep(room: JobsRoom, tools: StepTools, step: ClaimedStep, signal: AbortSignal): Promise<void> {
  const { clock } = room;
  const { plan, ask } = await tools.planOf(step);
  const open: StepQuestion[] = [];
  for (const each of combinationsOf(plan, step.first, step.last)) {
    if (step.done?.[each.position - step.first] === '1') continue;
    const { position, origin, destination, departDate, returnDate } = each;
    open.push({ position, origin, destination, departDate, returnDate, cabin: ask.cabin, party: ask.passengers });
  }
  const provider = room.providers[step.provider];
  const run = new StepRun(room, tools, step, signal);
  if (!provider || step.losses >= lossesMax) {
    const reason = provider ? 'worker_lost' : 'provider_off';
    for (const each of open) run.learn(each, { outcome: 'unknown', reason, detail: '' });
    await run.save({ kind: 'done' }, true);
    return;
  }

  const budget = room.budgetOf(provider.name);
  const { questionsPerCall } = provider.capabilities;
  const simulator = provider.name === 'simulator' ? ask.simulator : undefined;
  let retryMs = 0;
  let left: 'none' | 'again' | 'later' = 'none';
  let isPaused = false;
  for (let from = 0; from < open.length && !signal.aborted; from += questionsPerCall) {
    const chunk = open.slice(from, from + questionsPerCall);
    const answers = await run.ask(provider, chunk, { simulator, admit: () => budget.take(signal) });
    if (!answers) break;
    await pausePoint('step: asked');
    for (const [at, each] of chunk.entries()) {
      const answer = answers[at] ?? missing;
      const next = nextTry(answer, step, room.settings.maxRetries);
      if (next) {
        if (left !== 'later') left = next.kind;
        retryMs = Math.max(retryMs, next.ms);
      } else {
        run.learn(each, answer);
      }
    }
    const limited = answers.find((each) => each.outcome === 'unknown' && each.reason === 'rate_limited');
    if (limited && 'retryAfterMs' in limited) await budget.pause(limited.retryAfterMs ?? 0).catch(() => undefined);
    const isLast = from + questionsPerCall >= open.length;
    if (isLast || clock.now() - run.savedAt < checkpointMs) continue;
    const status = await run.save({ kind: 'kept' });
    if (!status) return;
    // Whoever paused it says so at once, through Redis; if that was away, this is where it is noticed.
    isPaused = status === 'paused';
    if (isPaused) break;
  }
  await pausePoint('step: before the end');
  if ((signal.aborted || isPaused) && run.known < open.length) await run.save({ kind: 'back' });
  else if (left === 'none') await run.save({ kind: 'done' });
  else
    await run.save({
      kind: left,
      ms: retryMs + backoffMs(step[left === 'again' ? 'attempts' : 'waits'], retryBaseMs, retryCapMs),
    });
}

/** Whether a question is asked once more, and when; undefined where its answer is final. */
function nextTry(answer: FareAnswer, step: ClaimedStep, maxRetries: number) {
  if (answer.outcome !== 'unknown' || answer.retryAfterMs === undefined) return undefined;
  const ms = answer.retryAfterMs;
  if (answer.wasAsked === false) return step.waits < waitsMax ? ({ kind: 'later', ms } as const) : undefined;
  return step.attempts < maxRetries ? ({ kind: 'again', ms } as const) : undefined;
}

const missing: FareAnswer = { outcome: 'unknown', reason: 'malformed', detail: 'no answer to this question' };

/** One worker at one step: what it has learnt since it last stored. */
class StepRun {
  readonly #room: JobsRoom;
  readonly #tools: StepTools;
  readonly #step: ClaimedStep;
  readonly #signal: AbortSignal;
  #questions: StepQuestion[] = [];
  #answers: StepAnswer[] = [];
  #asked = 0;
  /** When the newest answer came. */
  #answeredAt: string | undefined;
  /** Combinations that came to an outcome in this run. */
  known = 0;
  savedAt: number;

  constructor(room: JobsRoom, tools: StepTools, step: ClaimedStep, signal: AbortSignal) {
    this.#room = room;
    this.#tools = tools;
    this.#step = step;
    this.#signal = signal;
    this.savedAt = room.clock.now();
  }

  /** Undefined when the signal aborted. */
  async ask(
    provider: FareProvider,
    questions: StepQuestion[],
    how: Pick<AskContext, 'admit'> & { simulator: JobAsk['simulator'] },
  ): Promise<FareAnswer[] | undefined> {
    try {
      const context = {
        signal: this.#signal,
        at: isoNow(this.#room.clock),
        attempt: this.#step.attempts + 1,
        ...how,
      };
      const answers = await provider.ask(questions, context);
      this.#asked += questions.length;
      this.#answeredAt = isoNow(this.#room.clock);
      return answers;
    } catch (error) {
      if (this.#signal.aborted) return undefined;
      // An adapter is to answer, whatever happens; this one has a fault.
      this.#room.report(error, { provider: provider.name });
      return questions.map(() => failed);
    }
  }

  learn(question: StepQuestion, answer: StepAnswer): void {
    this.known++;
    this.#questions.push(question);
    this.#answers.push(answer);
  }

  /** Stores it; `isLost`: nobody could be asked. Answers the job's status; undefined: the step is no longer ours. */
  async save(end: StepEnd, isLost = false): Promise<JobStatus | undefined> {
    const { clock, metrics, judge, report } = this.#room;
    const { provider } = this.#step;
    const [questions, answers] = [this.#questions, this.#answers];
    [this.#questions, this.#answers] = [[], []];
    // A verdict is worth waiting for, not worth losing prices for.
    const verdicts = await judge(provider, questions, answers).catch(
      (error: unknown) => void report(error, { provider }),
    );
    const told = new StepReport(this.#step);
    for (const [at, question] of questions.entries())
      told.add(question, answers[at] as StepAnswer, verdicts?.[at] ?? 'unknown');
    const how = {
      asked: this.#asked,
      tookMs: clock.now() - this.savedAt,
      at: this.#answeredAt ?? isoNow(clock),
      isLost,
    };
    // Postgres may be away for a while; what was learnt is not lost for that.
    const job = await whenAvailable(clock, this.#signal, () => this.#tools.store.store(this.#step, told, end, how));
    this.#asked = 0;
    this.savedAt = clock.now();
    if (!job) return undefined;
    for (const outcome of outcomes) {
      if (told.count[outcome] > 0) metrics.jobOutcomesTotal.inc({ provider, outcome }, told.count[outcome]);
    }
    if (end.kind !== 'kept') metrics.jobStepsTotal.inc({ provider, end: end.kind });
    this.#tools.onStored(job.id, job.status !== 'running');
    return job.status;
  }
}

const failed: FareAnswer = {
  outcome: 'unknown',
  reason: 'unavailable',
  detail: 'the adapter failed',
  retryAfterMs: 1_000,
};
