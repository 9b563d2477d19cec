import type { CabinClass } from '../../../shared/flight.ts';
import { money } from '../../../shared/money.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import {
  type AskContext,
  calendarOffer,
  type FareAnswer,
  type FareOffer,
  type FareProvider,
  type FareQuestion,
  questionKey,
  type SimulatorSettings,
} from './fare-provider.ts';

const simulatorDefaults: SimulatorSettings = {
  seed: 1,
  latencyMs: 0,
  failRate: 0,
  blockRate: 0,
  emptyRate: 0.05,
};

/**
 * What becomes of a question at the simulator, by its seed alone. `found` and `empty` are answers. A
 * `blocked` or `failed` one refuses its first attempts, one or two of them, and then answers; or it
 * refuses every attempt (`passesAfter` null). So after three attempts exactly those are unknown whose
 * `passesAfter` is null.
 */
export interface SimulatorFate {
  outcome: 'found' | 'empty';
  refusal: 'blocked' | 'failed' | null;
  /** So many attempts are refused; null: all. 0 where nothing is refused. */
  passesAfter: number | null;
}

/** Of the blocked questions half stay blocked, of the failing ones a tenth fail always. */
const lastingShare = { blocked: 0.5, failed: 0.1 };

/** Long enough for two jobs to share an answer; a large job's answers must not fill Redis for hours. */
const simulatorFreshMs = 60_000;

/** Pure: whoever knows the settings knows the fate of every question before it is asked. */
export const simulatorFate = (settings: SimulatorSettings, question: FareQuestion): SimulatorFate =>
  fateOf(settings, questionKey(question));

/** The same of a call to its calendar: whether dates have flights is each date's own fate. */
export const simulatorCalendarFate = (settings: SimulatorSettings, { origin, destination, cabin }: FareQuestion) =>
  fateOf(settings, `calendar ${origin}-${destination} ${cabin}`);

function fateOf(settings: SimulatorSettings, text: string): SimulatorFate {
  const draw = drawsOf(settings.seed, text);
  const outcome = draw('empty') < settings.emptyRate ? 'empty' : 'found';
  const refused = draw('refused');
  const refusal =
    refused < settings.blockRate ? 'blocked' : refused < settings.blockRate + settings.failRate ? 'failed' : null;
  if (!refusal) return { outcome, refusal, passesAfter: 0 };
  const lasts = draw('lasts') < lastingShare[refusal];
  return { outcome, refusal, passesAfter: lasts ? null : 1 + Math.floor(draw('attempts') * 2) };
}

/**
 * A provider that is none: answers of a seed, for demos, tests and faults. The same seed, question
 * and day (UTC) give the same answer in every process; from day to day prices move. It is as slow,
 * failing, blocking and empty as its settings say (`simulatorFate`).
 */
export function createSimulatorProvider(clock: Clock): FareProvider {
  return {
    name: 'simulator',
    capabilities: { roundTrip: true, questionsPerCall: 1_000, freshMs: () => simulatorFreshMs },
    budget: { requestsPerWindow: null, windowMs: 1_000, concurrency: 64 },
    timeoutMs: 120_000,
    refusesQuestions: true,
    canary: canaryQuestion,
    ask: async (questions, context) => {
      const settings = context.simulator ?? simulatorDefaults;
      if (settings.latencyMs > 0) await clock.sleep(settings.latencyMs, context.signal);
      context.signal.throwIfAborted();
      return questions.map((question) => answerTo(question, settings, context));
    },
    calendar: {
      questionsPerCall: 400,
      ask: async (questions, context) => {
        const settings = context.simulator ?? simulatorDefaults;
        if (settings.latencyMs > 0) await clock.sleep(settings.latencyMs, context.signal);
        context.signal.throwIfAborted();
        return questions.map((question) => calendarAnswerTo(question, settings, context));
      },
    },
  };
}

const canaryQuestion: FareQuestion = {
  origin: 'LHR',
  destination: 'JFK',
  departDate: '2100-01-01',
  returnDate: null,
  cabin: 'economy',
  party: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
};

function answerTo(question: FareQuestion, settings: SimulatorSettings, context: AskContext): FareAnswer {
  const fate = simulatorFate(settings, question);
  if (refuses(fate, context)) return refusalOf(fate, drawsOf(settings.seed, questionKey(question))('how'));
  if (fate.outcome === 'empty') return noFlights;
  return { outcome: 'found', offers: offersFor(question, settings.seed, context.at.slice(0, 10)) };
}

/** As calendars are: whole dollars, and some days behind; within a tenth of the cheapest offer. */
function calendarAnswerTo(question: FareQuestion, settings: SimulatorSettings, context: AskContext): FareAnswer {
  const fate = simulatorCalendarFate(settings, question);
  const draw = drawsOf(settings.seed, `calendar ${questionKey(question)}`);
  if (refuses(fate, context)) return refusalOf(fate, draw('how'));
  if (simulatorFate(settings, question).outcome === 'empty') return noFlights;
  const [cheapest] = offersFor(question, settings.seed, context.at.slice(0, 10));
  const exact = (cheapest as FareOffer).price;
  const dollars = Math.max(1, Math.round((exact.amount * (0.92 + draw('behind') * 0.16)) / 100));
  return { outcome: 'found', offers: [calendarOffer(money(dollars * 100, exact.currency))] };
}

const noFlights: FareAnswer = { outcome: 'empty', evidence: 'the simulator has no flights here' };

const refuses = ({ refusal, passesAfter }: SimulatorFate, { attempt = 1 }: AskContext): boolean =>
  refusal !== null && (passesAfter === null || attempt <= passesAfter);

const refusalOf = ({ refusal }: SimulatorFate, how: number): FareAnswer =>
  refusal === 'blocked'
    ? { outcome: 'unknown', reason: 'blocked', detail: 'the simulator blocks this question', retryAfterMs: 1_000 }
    : failureOf(how);

function failureOf(how: number): FareAnswer {
  const reason = how < 0.4 ? 'unavailable' : how < 0.8 ? 'timed_out' : 'malformed';
  return { outcome: 'unknown', reason, detail: 'the simulator fails at this question', retryAfterMs: 200 };
}

const carriers = ['AS', 'BZ', 'CQ', 'DN', 'EV', 'FJ', 'GX', 'HV'];
const cabinFactor: Record<CabinClass, number> = { economy: 1, premium_economy: 1.6, business: 3.2, first: 5 };
const dayMs = 86_400_000;

/** Between one and five offers, cheapest first, in US dollars for the whole party. */
function offersFor(question: FareQuestion, seed: number, day: string): FareOffer[] {
  const { origin, destination, departDate, returnDate, cabin, party } = question;
  const route = drawsOf(seed, `${origin}-${destination} ${cabin}`);
  const trip = drawsOf(seed, questionKey(question));
  const today = drawsOf(seed, `${questionKey(question)} ${day}`);
  const people = party.adults + party.children * 0.75 + party.infantsInSeat * 0.75 + party.infantsOnLap * 0.1;
  const leadDays = Math.max(0, (Date.parse(departDate) - Date.parse(day)) / dayMs);
  // Routes differ by a factor of twelve; late buyers pay up to double; each day moves by an eighth either way.
  const base = (6_000 + route('base') * 66_000) * cabinFactor[cabin] * (1 + Math.exp(-leadDays / 9));
  const level = base * (0.8 + trip('date') * 0.4) * (0.875 + today('move') * 0.25) * people * (returnDate ? 1.8 : 1);
  const minutes = Math.round(70 + route('distance') * 700);
  const count = 1 + Math.floor(trip('count') * 5);
  const offers = Array.from({ length: count }, (_, index): FareOffer => {
    const own = drawsOf(seed, `${questionKey(question)} #${index}`);
    const carrier = carriers[Math.floor(own('carrier') * carriers.length)] as string;
    const stops = Math.floor(own('stops') * 2.4);
    const departs = `${departDate}T${twoDigits(5 + Math.floor(own('hour') * 18))}:${twoDigits(Math.floor(own('minute') * 12) * 5)}`;
    const number = 100 + Math.floor(own('number') * 8_900);
    const slices = returnDate ? [departDate, returnDate] : [departDate];
    return {
      key: slices.map((date, slice) => `${carrier}${number + slice}@${date}`).join('/'),
      price: money(Math.round(level * (1 + index * 0.07 + own('spread') * 0.05)), 'USD'),
      priceKind: returnDate ? 'round_trip' : 'one_way',
      carriers: [carrier],
      stops,
      durationMinutes: (minutes + stops * 95) * slices.length,
      departsAt: departs,
    };
  });
  return offers.sort((a, b) => a.price.amount - b.price.amount);
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** Even numbers in [0, 1) by name: FNV-1a over seed, text and name, stirred as MurmurHash3 ends. */
function drawsOf(seed: number, text: string): (name: string) => number {
  const start = fnv1a(fnv1a(0x811c9dc5, String(seed)), `|${text}|`);
  return (name) => {
    let hash = fnv1a(start, name);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
  };
}

function fnv1a(hash: number, text: string): number {
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
