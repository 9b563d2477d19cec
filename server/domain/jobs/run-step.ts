import type { JobAsk } from '../../../shared/jobs.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import type { RequestBudget } from '../../platform/queue/request-budget.ts';
import { backoffMs } from '../../platform/runtime/backoff.ts';
import { isoNow } from '../../platform/runtime/clock.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import type { FareAnswer, FareProvider, FareQuestion } from '../providers/fare-provider.ts';
import { type Combination, combinationsOf, type JobPlan } from './job-plan.ts';
import type { JobsRoom } from './jobs-room.ts';
import { type SharedAnswers, sharedKey } from './shared-answers.ts';
import type { ClaimedStep, StepEnd, StepResult, StepStore } from './step-store.ts';

/** What a step needs besides its room. */
export interface StepTools {
  store: StepStore;
  answers: SharedAnswers;
  budgetOf(provider: FareProvider): RequestBudget;
  planOf(step: ClaimedStep): Promise<{ plan: JobPlan; ask: JobAsk }>;
  /** The job moved. */
  onStored(jobId: string, isOver: boolean): void;
}

/** Learnt and not stored is at most so much time. */
const checkpointMs = 1_000;
/** Whoever took it so many times and was never heard of again was killed by it, it must be feared. */
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
  const stored = step.fence > 1 ? await tools.store.stored(step) : new Set<number>();
  const open = [...combinationsOf(plan, step.first, step.last)].filter((each) => !stored.has(each.position));
  const provider = room.providers[step.provider];
  const asking = new Asking(room, tools, step, signal);

  if (!provider || step.losses >= lossesMax) {
    const reason = provider ? 'worker_lost' : 'provider_off';
    for (const each of open) asking.giveUp(each, reason);
    await asking.save({ kind: 'done' }, true);
    return;
  }
  const questions = open.map((combination) => ({ combination, question: questionOf(combination, ask) }));
  const rest = await asking.recall(provider, questions, ask);
  const { questionsPerCall } = provider.capabilities;
  const budget = tools.budgetOf(provider);
  let retryMs = 0;
  let left: 'none' | 'again' | 'later' = 'none';
  let isOurs = true;
  for (let from = 0; from < rest.length && isOurs && !signal.aborted; from += questionsPerCall) {
    const chunk = rest.slice(from, from + questionsPerCall);
    if (!(await budget.take(signal))) break;
    const answers = await asking.ask(provider, chunk, ask);
    if (!answers) break;
    await pausePoint('step: asked');
    for (const [at, { combination }] of chunk.entries()) {
      const answer = answers[at] ?? missing;
      const next = nextTry(answer, step, room.settings.maxRetries);
      if (next) {
        if (left !== 'later') left = next.kind;
        retryMs = Math.max(retryMs, next.ms);
      } else {
        asking.learn(combination, answer);
      }
    }
    const limited = answers.find((each) => each.outcome === 'unknown' && each.reason === 'rate_limited');
    if (limited && 'retryAfterMs' in limited) await budget.pause(limited.retryAfterMs ?? 0).catch(() => undefined);
    if (clock.now() - asking.savedAt >= checkpointMs && from + questionsPerCall < rest.length) {
      isOurs = await asking.save({ kind: 'kept' });
    }
  }
  if (!isOurs) return;
  await pausePoint('step: before the end');
  if (signal.aborted && asking.known < open.length) await asking.save({ kind: 'back' });
  else if (left === 'none') await asking.save({ kind: 'done' });
  else await asking.save({ kind: left, ms: retryMs + backoffMs(step.attempts + step.waits, retryBaseMs, retryCapMs) });
}

/** Whether a question is asked once more, and when; undefined where its answer is final. */
function nextTry(answer: FareAnswer, step: ClaimedStep, maxRetries: number) {
  if (answer.outcome !== 'unknown' || answer.retryAfterMs === undefined) return undefined;
  const ms = answer.retryAfterMs;
  if (answer.wasAsked === false) return step.waits < waitsMax ? ({ kind: 'later', ms } as const) : undefined;
  return step.attempts < maxRetries ? ({ kind: 'again', ms } as const) : undefined;
}

const missing: FareAnswer = { outcome: 'unknown', reason: 'malformed', detail: 'no answer to this question' };

function questionOf(combination: Combination, ask: JobAsk): FareQuestion {
  const { origin, destination, departDate, returnDate } = combination;
  return { origin, destination, departDate, returnDate, cabin: ask.cabin, party: ask.passengers };
}

interface Asked {
  combination: Combination;
  question: FareQuestion;
}

/** One step being asked: what it has learnt since it last stored. */
class Asking {
  readonly #room: JobsRoom;
  readonly #tools: StepTools;
  readonly #step: ClaimedStep;
  readonly #signal: AbortSignal;
  #results: StepResult[] = [];
  #questions = new Map<number, FareQuestion>();
  #asked = 0;
  /** Combinations that have an outcome by this run. */
  known = 0;
  savedAt: number;

  constructor(room: JobsRoom, tools: StepTools, step: ClaimedStep, signal: AbortSignal) {
    this.#room = room;
    this.#tools = tools;
    this.#step = step;
    this.#signal = signal;
    this.savedAt = room.clock.now();
  }

  /** Learns what is known already, or being asked beside us. Answers the rest. */
  async recall(provider: FareProvider, all: Asked[], ask: JobAsk): Promise<Asked[]> {
    if (all.length === 0) return all;
    const keys = all.map(({ question }) => sharedKey(question, simulatorOf(provider, ask)));
    const known = await this.#tools.answers.find(provider, keys);
    const rest: Asked[] = [];
    for (const [at, each] of all.entries()) {
      const key = keys[at] as string;
      const answer = known.get(key) ?? (await this.#tools.answers.flying(provider, key));
      if (answer && answer.outcome !== 'unknown') this.learn(each.combination, answer);
      else rest.push(each);
    }
    return rest;
  }

  /** Undefined when the signal aborted. */
  async ask(provider: FareProvider, chunk: Asked[], ask: JobAsk): Promise<FareAnswer[] | undefined> {
    const signal = this.#signal;
    const questions = chunk.map((each) => each.question);
    const simulator = simulatorOf(provider, ask);
    const keys = questions.map((question) => sharedKey(question, simulator));
    const land = this.#tools.answers.depart(provider, keys);
    let answers: FareAnswer[] | undefined;
    try {
      answers = await provider.ask(questions, {
        signal,
        at: isoNow(this.#room.clock),
        attempt: this.#step.attempts + 1,
        simulator,
      });
    } catch (error) {
      if (!signal.aborted) {
        // An adapter is to answer, whatever happens; this one has a fault.
        this.#room.report(error, { provider: provider.name });
        const failed = { outcome: 'unknown', reason: 'unavailable', detail: 'the adapter failed', retryAfterMs: 1_000 };
        answers = questions.map(() => failed as FareAnswer);
      }
    }
    land(answers);
    if (!answers) return undefined;
    this.#asked += questions.length;
    const told = answers;
    const asked = keys.flatMap((key, at) => {
      const answer = told[at];
      return answer ? [{ key, question: questions[at] as FareQuestion, answer }] : [];
    });
    // What is not kept is asked again by the next one: no reason to lose what was learnt.
    await this.#tools.answers.keep(provider, asked).catch((error) => this.#room.report(error));
    for (const { combination, question } of chunk) this.#questions.set(combination.position, question);
    return answers;
  }

  learn(combination: Combination, answer: FareAnswer): void {
    this.known++;
    this.#results.push(resultOf(combination, answer));
    this.#count(answer.outcome);
  }

  /** It ends unknown, and nobody was asked. */
  giveUp(combination: Combination, reason: string): void {
    this.#results.push({ ...unknownResult(combination), reason });
    this.#count('unknown');
  }

  #count(outcome: FareAnswer['outcome']): void {
    this.#room.metrics.jobOutcomesTotal.inc({ provider: this.#step.provider, outcome });
  }

  /** Stores it. Answers whether the step is still ours. */
  async save(end: StepEnd, isLost = false): Promise<boolean> {
    const { clock } = this.#room;
    const results = this.#results;
    await this.#judge(results);
    const how = { asked: this.#asked, tookMs: clock.now() - this.savedAt, at: isoNow(clock), isLost };
    // Postgres may be away for a while; what was learnt is not lost for that.
    const job = await whenAvailable(clock, this.#signal, () => this.#tools.store.store(this.#step, results, end, how));
    this.#results = [];
    this.#questions.clear();
    this.#asked = 0;
    this.savedAt = clock.now();
    if (!job) return false;
    if (end.kind !== 'kept') this.#room.metrics.jobStepsTotal.inc({ provider: this.#step.provider, end: end.kind });
    this.#tools.onStored(job.id, job.status !== 'running');
    return true;
  }

  async #judge(results: StepResult[]): Promise<void> {
    const { judge } = this.#room;
    if (!judge) return;
    const found = results.filter((each) => each.price !== null && this.#questions.has(each.combination.position));
    if (found.length === 0) return;
    const seen = found.map((each) => ({
      provider: this.#step.provider,
      question: this.#questions.get(each.combination.position) as FareQuestion,
      price: { amount: each.price as number, currency: each.currency as string },
    }));
    // A verdict is worth waiting for, not worth losing prices for.
    const verdicts = await judge(seen).catch((error: unknown) => {
      this.#room.report(error);
      return undefined;
    });
    for (const [at, each] of found.entries()) each.verdict = verdicts?.[at] ?? 'unknown';
  }
}

const simulatorOf = (provider: FareProvider, ask: JobAsk) =>
  provider.name === 'simulator' ? ask.simulator : undefined;

const carrierCode = /^[A-Z0-9]{2}$/;

function unknownResult(combination: Combination): StepResult {
  const none = { price: null, currency: null, kind: null, carriers: null, stops: null, minutes: null, offers: 0 };
  return { combination, outcome: 'unknown', reason: null, detail: null, ...none, verdict: 'unknown' };
}

function resultOf(combination: Combination, answer: FareAnswer): StepResult {
  const none = unknownResult(combination);
  switch (answer.outcome) {
    case 'empty':
      return { ...none, outcome: 'empty', reason: answer.evidence.slice(0, 200) };
    case 'unknown':
      return { ...none, reason: answer.reason, detail: answer.detail.slice(0, 200) || null };
    case 'found': {
      const best = answer.offers[0];
      if (!best) return { ...none, reason: 'malformed', detail: 'found, without an offer' };
      return {
        ...none,
        outcome: 'found',
        price: best.price.amount,
        currency: best.price.currency,
        kind: best.priceKind,
        carriers: best.carriers.filter((code) => carrierCode.test(code)).join(' ') || null,
        stops: best.stops,
        minutes: best.durationMinutes,
        offers: new Set(answer.offers.map((each) => each.key)).size,
      };
    }
  }
}
