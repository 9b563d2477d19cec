import type { JobAsk, JobQuote } from '../../../shared/jobs.ts';
import type { FareProvider } from '../providers/fare-provider.ts';
import { combinationsOf, type JobPlan, type PlannedStep } from './job-plan.ts';
import type { JobsRoom } from './jobs-room.ts';
import { calendarFor, planJob } from './plan-job.ts';

/** Milliseconds a combination, of the newest two hundred checkpoints of a provider. */
const ratesSql = `
  select p.provider, r.p50, r.p95, r.n
  from unnest($1::text[]) p (provider)
  cross join lateral (
    select percentile_cont(0.5) within group (order by c.ms) as p50, percentile_cont(0.95) within group (order by c.ms) as p95,
      count(*)::int as n
    from (
      select took_ms::float8 / asked as ms from job_chunk where provider = p.provider and asked > 0
      order by at desc limit 200
    ) c
  ) r`;

/** Of providers that nobody has asked yet. */
const assumedMs = { p50: 50, p95: 250 };

/**
 * What a job would take: combinations and requests, and seconds if it had the workers of one process to itself, from
 * rates that were measured here. Fails as `createJob` does.
 */
export async function quoteJob(room: JobsRoom, ask: JobAsk): Promise<JobQuote> {
  const planned = planJob(room, ask);
  const { steps, total, pruned, providers } = planned;
  const { rows } = await room.pool.query<{ provider: string; p50: number | null; p95: number | null; n: number }>(
    ratesSql,
    [providers],
  );
  const quotes = providers.map((name) => {
    const provider = room.providers[name] as JobsRoom['providers'][string];
    const { budget } = provider;
    const own = steps.filter((step) => step.provider === name);
    const combinations = own.reduce((sum, step) => sum + step.count, 0);
    const costs = own.map((step) => costOf(step, provider, planned.plan, ask));
    const asked = costs.reduce((sum, each) => sum + each.asked, 0);
    const calls = costs.reduce((sum, each) => sum + each.calendarCalls, 0);
    const requests = costs.reduce((sum, each) => sum + each.requests, calls);
    const measured = rows.find((row) => row.provider === name);
    const atOnce = Math.max(1, Math.min(room.settings.concurrency, budget.concurrency, own.length));
    const leastMs = budget.requestsPerWindow === null ? 0 : (requests / budget.requestsPerWindow) * budget.windowMs;
    const seconds = (ms: number): number => round(Math.max(leastMs, ((asked + calls) * ms) / atOnce) / 1_000);
    return {
      name,
      combinations,
      asked,
      requests,
      secondsP50: seconds(measured?.p50 ?? assumedMs.p50),
      secondsP95: seconds(measured?.p95 ?? assumedMs.p95),
      budget,
      measuredOn: measured?.n ?? 0,
    };
  });
  // Providers are asked beside each other.
  const longest = (of: 'secondsP50' | 'secondsP95'): number => Math.max(...quotes.map((each) => each[of]));
  return {
    combinations: total,
    requests: quotes.reduce((sum, each) => sum + each.requests, 0),
    secondsP50: longest('secondsP50'),
    secondsP95: longest('secondsP95'),
    pruned: Object.values(pruned).reduce((sum, count) => sum + count, 0),
    prunedBecause: pruned,
    providers: quotes,
  };
}

/** What a step takes: combinations that are asked for exactly, the requests for those, and calls to the calendar. */
function costOf(step: PlannedStep, provider: FareProvider, plan: JobPlan, { shortlist, cabin, passengers }: JobAsk) {
  const { capabilities } = provider;
  const calendar = calendarFor(provider, { shortlist }, plan);
  const isChosen = calendar !== undefined && shortlist !== undefined && step.count > shortlist;
  const asked = isChosen ? shortlist : step.count;
  const requests = Math.ceil(asked / capabilities.questionsPerCall);
  if (!isChosen) return { asked, requests, calendarCalls: 0 };
  if (!calendar.callsFor) return { asked, requests, calendarCalls: Math.ceil(step.count / calendar.questionsPerCall) };
  const questions = Array.from(combinationsOf(plan, step.first, step.last), (each) => ({
    ...each,
    cabin,
    party: passengers,
  }));
  return { asked, requests, calendarCalls: calendar.callsFor(questions) };
}

/** Two digits that mean something are enough of an estimate. */
const round = (seconds: number): number => (seconds === 0 ? 0 : Number(seconds.toPrecision(2)));
