import { type JobAsk, outcomes } from '../../../shared/jobs.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import type { RequestBudget } from '../../platform/queue/request-budget.ts';
import { backoffMs } from '../../platform/runtime/backoff.ts';
import { isoNow } from '../../platform/runtime/clock.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import type { FareAnswer, FareProvider, FareQuestion } from '../providers/fare-provider.ts';
import { type Combination, combinationsOf, type JobPlan } from './job-plan.ts';
import type { JobsRoom } from './jobs-room.ts';
import type { StepResult } from './step-report.ts';
import type { ClaimedStep, StepEnd, StepStore } from './step-store.ts';

/** What a step needs besides its room. */
export interface StepTools {
  store: StepStore;
  budgetOf(provider: FareProvider): RequestBudget;
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
  const open: Open[] = [];
  for (const combination of combinationsOf(plan, step.first, step.last)) {
    if (step.done?.[combination.position - step.first] !== '1')
      open.push({ combination, question: questionOf(combination, ask) });
  }
  const provider = room.providers[step.provider];
  const run = new StepRun(room, tools, step, signal);
  if (!provider || step.losses >= lossesMax) {
    const reason = provider ? 'worker_lost' : 'provider_off';
    for (const each of open) run.giveUp(each, reason);
    await run.save({ kind: 'done' });
    return;
  }

  const budget = tools.budgetOf(provider);
  const { questionsPerCall } = provider.capabilities;
  const simulator = provider.name === 'simulator' ? ask.simulator : undefined;
  let retryMs = 0;
  let left: 'none' | 'again' | 'later' = 'none';
  for (let from = 0; from < open.length && !signal.aborted; from += questionsPerCall) {
    const chunk = open.slice(from, from + questionsPerCall);
    if (!(await budget.take(signal))) break;
    const answers = await run.ask(provider, chunk, simulator);
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
    if (!isLast && clock.now() - run.savedAt >= checkpointMs && !(await run.save({ kind: 'kept' }))) return;
  }
  await pausePoint('step: before the end');
  if (signal.aborted && run.known < open.length) await run.save({ kind: 'back' });
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

interface Open {
  combination: Combination;
  question: FareQuestion;
}

function questionOf({ origin, destination, departDate, returnDate }: Combination, ask: JobAsk): FareQuestion {
  return { origin, destination, departDate, returnDate, cabin: ask.cabin, party: ask.passengers };
}

/** One worker at one step: what it has learnt since it last stored. */
class StepRun {
  readonly #room: JobsRoom;
  readonly #tools: StepTools;
  readonly #step: ClaimedStep;
  readonly #signal: AbortSignal;
  #learnt: (Open & { answer: FareAnswer })[] = [];
  #givenUp: StepResult[] = [];
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
  async ask(provider: FareProvider, chunk: Open[], simulator: JobAsk['simulator']): Promise<FareAnswer[] | undefined> {
    const questions = chunk.map((each) => each.question);
    try {
      const context = {
        signal: this.#signal,
        at: isoNow(this.#room.clock),
        attempt: this.#step.attempts + 1,
        simulator,
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

  learn(each: Open, answer: FareAnswer): void {
    this.known++;
    this.#learnt.push({ ...each, answer });
  }

  /** It ends unknown, and nobody was asked. */
  giveUp({ combination }: Open, reason: string): void {
    this.known++;
    this.#givenUp.push({ combination, ...none, reason });
  }

  /** Stores it. Answers whether the step is still ours. */
  async save(end: StepEnd): Promise<boolean> {
    const { clock, metrics, judge, report } = this.#room;
    const { provider } = this.#step;
    // A verdict is worth waiting for, not worth losing prices for.
    const verdicts = await judge(provider, this.#learnt).catch((error: unknown) => void report(error, { provider }));
    const results = this.#learnt.map(({ combination, answer }, at) => resultOf(combination, answer, verdicts?.[at]));
    results.push(...this.#givenUp);
    const isLost = this.#givenUp.length > 0;
    const how = {
      asked: this.#asked,
      tookMs: clock.now() - this.savedAt,
      at: this.#answeredAt ?? isoNow(clock),
      isLost,
    };
    // Postgres may be away for a while; what was learnt is not lost for that.
    const job = await whenAvailable(clock, this.#signal, () => this.#tools.store.store(this.#step, results, end, how));
    this.#learnt = [];
    this.#givenUp = [];
    this.#asked = 0;
    this.savedAt = clock.now();
    if (!job) return false;
    for (const outcome of outcomes) {
      const count = results.filter((each) => each.outcome === outcome).length;
      if (count > 0) metrics.jobOutcomesTotal.inc({ provider, outcome }, count);
    }
    if (end.kind !== 'kept') metrics.jobStepsTotal.inc({ provider, end: end.kind });
    this.#tools.onStored(job.id, job.status !== 'running');
    return true;
  }
}

const failed: FareAnswer = {
  outcome: 'unknown',
  reason: 'unavailable',
  detail: 'the adapter failed',
  retryAfterMs: 1_000,
};

const carrierCode = /^[A-Z0-9]{2}$/;

/** As one word, and null for none. Neighbours often have the same. */
let lastCarriers: { of: readonly string[]; text: string | null } = { of: [], text: null };
function carriersOf(carriers: readonly string[]): string | null {
  if (lastCarriers.of !== carriers) {
    lastCarriers = { of: carriers, text: carriers.filter((code) => carrierCode.test(code)).join(' ') || null };
  }
  return lastCarriers.text;
}

const none = {
  outcome: 'unknown',
  reason: null,
  detail: null,
  price: null,
  currency: null,
  kind: null,
  carriers: null,
  stops: null,
  minutes: null,
  offers: 0,
  verdict: 'unknown',
} as const satisfies Omit<StepResult, 'combination'>;

function resultOf(
  combination: Combination,
  answer: FareAnswer,
  verdict: StepResult['verdict'] = 'unknown',
): StepResult {
  switch (answer.outcome) {
    case 'empty':
      return { combination, ...none, outcome: 'empty', reason: answer.evidence.slice(0, 200) };
    case 'unknown':
      return { combination, ...none, reason: answer.reason, detail: answer.detail.slice(0, 200) || null };
    case 'found': {
      const best = answer.offers[0];
      if (!best) return { combination, ...none, reason: 'malformed', detail: 'found, without an offer' };
      return {
        combination,
        outcome: 'found',
        reason: null,
        detail: null,
        price: best.price.amount,
        currency: best.price.currency,
        kind: best.priceKind,
        carriers: carriersOf(best.carriers),
        stops: best.stops,
        minutes: best.durationMinutes,
        offers: answer.offers.length === 1 ? 1 : new Set(answer.offers.map((each) => each.key)).size,
        verdict,
      };
    }
  }
}
