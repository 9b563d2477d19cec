import type { Pool } from 'pg';
import type { Clock } from '../../platform/runtime/clock.ts';
import { isoNow } from '../../platform/runtime/clock.ts';
import {
  type FareAnswer,
  type FareProvider,
  type FareQuestion,
  questionKey,
  type SimulatorSettings,
} from '../providers/fare-provider.ts';

/** The same question, whoever asks it; of the simulator, with the same settings. */
export const sharedKey = (question: FareQuestion, simulator: SimulatorSettings | undefined): string =>
  simulator ? `${questionKey(question)} ${Object.values(simulator).join(' ')}` : questionKey(question);

const findSql =
  'select question, answer from fare_answer where provider = $1 and question = any($2) and fresh_until > now()';
const keepSql = `
  insert into fare_answer (provider, question, answer, observed_at, fresh_until)
  select $1, u.question, u.answer, $4, $4::timestamptz + u.ms * interval '1 millisecond'
  from unnest($2::text[], $3::jsonb[], $5::float8[]) u (question, answer, ms)
  on conflict (provider, question) do update set answer = excluded.answer, observed_at = excluded.observed_at,
    fresh_until = excluded.fresh_until`;

/**
 * Answers that are told to every job of everybody while they are fresh: so the same question is asked once. Two that ask
 * it at the same moment ask it twice, unless they are in one process: then the second waits for the first.
 */
export class SharedAnswers {
  readonly #pool: Pool;
  readonly #clock: Clock;
  /** Providers that ever gave an answer which may be shared, or of which that is not known yet. */
  readonly #neverShared = new Set<string>();
  readonly #flying = new Map<string, Promise<FareAnswer | undefined>>();

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** What is known of these questions, by key. */
  async find(provider: FareProvider, keys: string[]): Promise<Map<string, FareAnswer>> {
    if (this.#neverShared.has(provider.name) || keys.length === 0) return new Map();
    const { rows } = await this.#pool.query<{ question: string; answer: FareAnswer }>({
      name: 'find-answers',
      text: findSql,
      values: [provider.name, keys],
    });
    return new Map(rows.map((row) => [row.question, row.answer]));
  }

  /** Somebody in this process asks it at the moment; answers undefined when they could not. */
  flying(provider: FareProvider, key: string): Promise<FareAnswer | undefined> | undefined {
    return this.#flying.get(`${provider.name} ${key}`);
  }

  /** Marks questions as being asked. The result says what came of it. */
  depart(provider: FareProvider, keys: string[]): (answers: FareAnswer[] | undefined) => void {
    if (this.#neverShared.has(provider.name)) return () => undefined;
    const landing = Promise.withResolvers<FareAnswer[] | undefined>();
    const names = keys.map((key) => `${provider.name} ${key}`);
    for (const [at, name] of names.entries()) {
      this.#flying.set(
        name,
        landing.promise.then((answers) => answers?.[at]),
      );
    }
    return (answers) => {
      for (const name of names) this.#flying.delete(name);
      landing.resolve(answers);
    };
  }

  /** Keeps what stays good for a while. */
  async keep(
    provider: FareProvider,
    asked: { key: string; question: FareQuestion; answer: FareAnswer }[],
  ): Promise<void> {
    const at = isoNow(this.#clock);
    const fresh = asked.flatMap(({ key, question, answer }) => {
      const ms = answer.outcome === 'unknown' ? 0 : provider.capabilities.freshMs(question, answer, at);
      return ms > 0 ? [{ key, answer: JSON.stringify(answer), ms }] : [];
    });
    if (fresh.length === 0) {
      const isAnswered = asked.some(({ answer }) => answer.outcome !== 'unknown');
      if (isAnswered) this.#neverShared.add(provider.name);
      return;
    }
    this.#neverShared.delete(provider.name);
    const unique = [...new Map(fresh.map((each) => [each.key, each])).values()];
    await this.#pool.query(keepSql, [
      provider.name,
      unique.map((each) => each.key),
      unique.map((each) => each.answer),
      at,
      unique.map((each) => each.ms),
    ]);
  }
}
