import { type JobAsk, type JobStatus, outcomes } from '../../../shared/jobs.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import type { RequestBudget } from '../../platform/queue/request-budget.ts';
import { backoffMs } from '../../platform/runtime/backoff.ts';
import { isoNow } from '../../platform/runtime/clock.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import type { FareAnswer, FareCalendar, FareProvider } from '../providers/fare-provider.ts';
import { combinationsOf, type JobPlan } from './job-plan.ts';
import type { JobsRoom } from './jobs-room.ts';
import { calendarFor } from './plan-job.ts';
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

  const how = {
    simulator: provider.name === 'simulator' ? ask.simulator : undefined,
    budget: room.budgetOf(provider.name),
    maxRetries: room.settings.maxRetries,
  };
  let rest = open;
  // Only the cheap pass stores at once what it has come to: a step with nothing done has not passed.
  const calendar = calendarFor(provider, ask, plan);
  if (calendar && ask.shortlist !== undefined && step.done === null && open.length > ask.shortlist) {
    const chosen = await choose(run, calendar, open, ask.shortlist, how);
    if (!chosen) return;
    rest = chosen;
  }
  await askAll(run, provider, rest, how);
}

interface AskHow {
  simulator: JobAsk['simulator'];
  budget: RequestBudget;
  maxRetries: number;
}

/** Asks exactly, call by call, and ends the step. */
async function askAll(run: StepRun, provider: FareProvider, open: StepQuestion[], how: AskHow): Promise<void> {
  const { questionsPerCall } = provider.capabilities;
  const end = new EndOfRun(run);
  const knownBefore = run.known;
  let isPaused = false;
  for (let from = 0; from < open.length && !run.signal.aborted; from += questionsPerCall) {
    const asked = open.slice(from, from + questionsPerCall);
    const answers = await run.ask(provider, asked, how);
    if (!answers) break;
    run.asked += asked.length;
    await pausePoint('step: asked');
    for (const [at, each] of asked.entries()) {
      const answer = answers[at] ?? missing;
      if (!end.isLater(answer, how)) run.learn(each, answer);
    }
    const isLast = from + questionsPerCall >= open.length;
    if (isLast || !run.isDue()) continue;
    const status = await run.save({ kind: 'kept' });
    if (!status) return;
    // Whoever paused it says so at once, through Redis; if that was away, this is where it is noticed.
    isPaused = status === 'paused';
    if (isPaused) break;
  }
  await pausePoint('step: before the end');
  const isBroken = (run.signal.aborted || isPaused) && run.known - knownBefore < open.length;
  await run.save(isBroken ? { kind: 'back' } : end.of());
}

/**
 * The cheap pass: asks the calendar for all, and stores what it says of those that are not among its cheapest. Answers
 * those, which are to be asked exactly; undefined: the step has ended, or will come again.
 */
async function choose(
  run: StepRun,
  calendar: FareCalendar,
  open: StepQuestion[],
  count: number,
  how: AskHow,
): Promise<StepQuestion[] | undefined> {
  const end = new EndOfRun(run);
  const told: { question: StepQuestion; answer: FareAnswer }[] = [];
  for (let from = 0; from < open.length; from += calendar.questionsPerCall) {
    const asked = open.slice(from, from + calendar.questionsPerCall);
    const answers = await run.ask(calendar, asked, how);
    if (!answers) {
      await run.save({ kind: 'back' });
      return undefined;
    }
    await pausePoint('step: calendar read');
    for (const [at, question] of asked.entries()) {
      const answer = answers[at] ?? missing;
      if (!end.isLater(answer, how)) told.push({ question, answer });
    }
  }
  // A short list of a part would be another one: all of it is asked again, and what is known is with the shared answers.
  const ending = end.of();
  if (ending.kind !== 'done') {
    await run.save(ending);
    return undefined;
  }
  const priceOf = ({ answer }: (typeof told)[number]) =>
    answer.outcome === 'found' ? (answer.offers[0]?.price.amount ?? Infinity) : Infinity;
  const priced = told.filter((each) => priceOf(each) < Infinity).sort((a, b) => priceOf(a) - priceOf(b));
  const chosen = new Set(priced.slice(0, count).map(({ question }) => question));
  for (const { question, answer } of told) if (!chosen.has(question)) run.learn(question, answer);
  const status = await run.save(chosen.size > 0 ? { kind: 'kept' } : { kind: 'done' });
  if (!status || chosen.size === 0) return undefined;
  if (status === 'paused') {
    await run.save({ kind: 'back' });
    return undefined;
  }
  return open.filter((each) => chosen.has(each));
}

/** How a run of a step ends, by the answers that it got. */
class EndOfRun {
  readonly #run: StepRun;
  #kind: 'done' | 'again' | 'later' = 'done';
  #ms = 0;

  constructor(run: StepRun) {
    this.#run = run;
  }

  /** True: the question is to be asked once more, in another run. */
  isLater(answer: FareAnswer, { maxRetries }: Pick<AskHow, 'maxRetries'>): boolean {
    const next = nextTry(answer, this.#run.step, maxRetries);
    if (!next) return false;
    if (this.#kind !== 'later') this.#kind = next.kind;
    this.#ms = Math.max(this.#ms, next.ms);
    return true;
  }

  of(): StepEnd {
    const { attempts, waits } = this.#run.step;
    if (this.#kind === 'done') return { kind: 'done' };
    const pause = backoffMs(this.#kind === 'again' ? attempts : waits, retryBaseMs, retryCapMs);
    return { kind: this.#kind, ms: this.#ms + pause };
  }
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
  readonly step: ClaimedStep;
  readonly signal: AbortSignal;
  #questions: StepQuestion[] = [];
  #answers: StepAnswer[] = [];
  /** Combinations that were asked for exactly since it last stored: they tell the rate. */
  asked = 0;
  /** When the newest answer came. */
  #answeredAt: string | undefined;
  /** Combinations that came to an outcome in this run. */
  known = 0;
  savedAt: number;

  constructor(room: JobsRoom, tools: StepTools, step: ClaimedStep, signal: AbortSignal) {
    this.#room = room;
    this.#tools = tools;
    this.step = step;
    this.signal = signal;
    this.savedAt = room.clock.now();
  }

  /** Undefined when the signal aborted. */
  async ask(
    whom: Pick<FareProvider | FareCalendar, 'ask'>,
    questions: StepQuestion[],
    { simulator, budget }: Pick<AskHow, 'simulator' | 'budget'>,
  ): Promise<FareAnswer[] | undefined> {
    const { clock, report } = this.#room;
    try {
      const answers = await whom.ask(questions, {
        signal: this.signal,
        at: isoNow(clock),
        attempt: this.step.attempts + 1,
        simulator,
        admit: () => budget.take(this.signal),
      });
      this.#answeredAt = isoNow(clock);
      const limited = answers.find((each) => each.outcome === 'unknown' && each.reason === 'rate_limited');
      if (limited && 'retryAfterMs' in limited) await budget.pause(limited.retryAfterMs ?? 0).catch(() => undefined);
      return answers;
    } catch (error) {
      if (this.signal.aborted) return undefined;
      // An adapter is to answer, whatever happens; this one has a fault.
      report(error, { provider: this.step.provider });
      return questions.map(() => failed);
    }
  }

  /** Whether what was learnt has waited long enough to be stored. */
  isDue(): boolean {
    return this.#room.clock.now() - this.savedAt >= checkpointMs;
  }

  learn(question: StepQuestion, answer: StepAnswer): void {
    this.known++;
    this.#questions.push(question);
    this.#answers.push(answer);
  }

  /** Stores it; `isLost`: nobody could be asked. Answers the job's status; undefined: the step is no longer ours. */
  async save(end: StepEnd, isLost = false): Promise<JobStatus | undefined> {
    const { clock, metrics, judge, report } = this.#room;
    const { provider } = this.step;
    const [questions, answers] = [this.#questions, this.#answers];
    [this.#questions, this.#answers] = [[], []];
    // A verdict is worth waiting for, not worth losing prices for.
    const verdicts = await judge(provider, questions, answers).catch(
      (error: unknown) => void report(error, { provider }),
    );
    const told = new StepReport(this.step);
    for (const [at, question] of questions.entries())
      told.add(question, answers[at] as StepAnswer, verdicts?.[at] ?? 'unknown');
    const how = {
      asked: this.asked,
      tookMs: clock.now() - this.savedAt,
      at: this.#answeredAt ?? isoNow(clock),
      isLost,
    };
    // Postgres may be away for a while; what was learnt is not lost for that.
    const job = await whenAvailable(clock, this.signal, () => this.#tools.store.store(this.step, told, end, how));
    this.asked = 0;
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
