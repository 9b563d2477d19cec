import type { AskProvidersInput, AskProvidersView } from '../../../shared/provider.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { distinctOffers } from './distinct-offers.ts';
import type { FareQuestion } from './fare-provider.ts';
import { answerClassOf } from './health-book.ts';
import { detailOf, type ProviderRoom } from './provider-room.ts';

const shownMax = 200;

/**
 * Asks one question of several providers at once, through their caches and guards, and merges what they
 * offer. For operators: it spends budgets. Fails: INVALID_INPUT.
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
      const [answer] = await provider.ask([question], { signal, at: isoNow(clock) });
      if (!answer) throw new Error(`${name} did not answer`);
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
