import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readAnswer } from '../server/domain/google-flights/read-answer.ts';
import { backTest } from '../server/domain/prices/back-test.ts';

const usage = 'npm run backtest -- FILE…   (lists of daily prices as JSON, or recorded answers with a price history)';

/** The series of a file, oldest price first. Throws for a file that has none. */
function seriesOf(file: string): number[][] {
  const text = readFileSync(resolve(process.env.INIT_CWD ?? '.', file), 'utf8');
  const answer = readAnswer({ status: 200, body: text }, 'USD');
  const history = answer.class === 'ok' ? (answer.results.insight?.history ?? []) : [];
  if (history.length > 0) return [history.map(({ price }) => price.amount)];
  const parsed: unknown = JSON.parse(text);
  const lists = Array.isArray(parsed) ? parsed : [];
  const isSeries = (each: unknown): each is number[] =>
    Array.isArray(each) && each.every((price) => Number.isFinite(price));
  if (lists.length === 0 || !lists.every(isSeries)) throw new Error(`${file}: no series of prices`);
  return lists;
}

const percent = (part: number, of: number): string => (of === 0 ? '–' : `${Math.round((100 * part) / of)} %`);

const files = process.argv.slice(2);
try {
  if (files.length === 0) throw new Error(usage);
  const { judged, low, lowRight, anyRight } = backTest(files.flatMap(seriesOf));
  console.log(`judged ${judged} days`);
  console.log(`"low" said ${low} times, right ${lowRight} times (${percent(lowRight, low)})`);
  console.log(`any word would have been right on ${anyRight} days (${percent(anyRight, judged)})`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
