import type { AskProvidersInput, AskProvidersView } from '../../../shared/provider.ts';
import type { RequestBudget } from '../../platform/queue/request-budget.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { distinctOffers } from './distinct-offers.ts';
import type { FareAnswer, FareProvider, FareQuestion } from './fare-provider.ts';
import { answerClassOf } from './health-book.ts';
import { detailOf, type ProviderRoom } from './provider-room.ts';

const shownMax = 200;
/** So long one waits for a slot of a budget that jobs spend, too. */
const slotWaitMs = 5_000;

/**
 * Asks one question of several providers at once, through their caches and guards, and merges what they
 * offer. For operators: it spends the budgets that jobs spend. Where no slot is free for five seconds, the answer is
 * `rate_limited`, and nobody was asked. Fails: INVALID_INPUT.
 */
export async function askProviders(
  room: ProviderRoom,
  clock: Clock,
  input: AskProvidersInput,
  signal: AbortSignal,
): Promise<AskProvidersView> {
  const { origin, destination, departDate, returnDate = null, cabin, adults } = input;
  if (returnDate !== null && returnDate < departDate) throw invalidInput(['returnDate'], 'not before departDate');
  const question: FareQuestion = {
    origin,
    destination,
    departDate,
    returnDate,
    cabin,
    party: { adults, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
  };
  const asked = await Promise.all(
    (input.providers ?? room.names).map(async (name, index) => {
      const provider = room.get(name);
      if (!provider) throw invalidInput(['providers', index], 'no such provider is on');
      const answer = await askOne(provider, room.budgetOf(name), question, { clock, signal });
      return { provider: name, answer, offers: answer.outcome === 'found' ? answer.offers : [] };
    }),
  );
  return {
    answers: asked.map(({ provider, answer, offers }) => ({
      provider,
      class: answerClassOf(answer),
      detail: detailOf(answer),
      offers: offers.length,
    })),
    offers: distinctOffers(asked).slice(0, shownMax),
  };
}

async function askOne(
  provider: FareProvider,
  budget: RequestBudget,
  question: FareQuestion,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<FareAnswer> {
  const patience = new AbortController();
  const either = AbortSignal.any([signal, patience.signal]);
  const admit = async (): Promise<boolean> => {
    const served = new AbortController();
    void clock.sleep(slotWaitMs, served.signal).then(() => served.signal.aborted || patience.abort());
    const isAdmitted = await budget.take(either);
    served.abort();
    return isAdmitted;
  };
  try {
    const [answer] = await provider.ask([question], { signal: either, at: isoNow(clock), admit });
    if (!answer) throw new Error(`${provider.name} did not answer`);
    return answer;
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    const detail = 'others spend its budget';
    return { outcome: 'unknown', reason: 'rate_limited', detail, retryAfterMs: slotWaitMs, wasAsked: false };
  }
}
