import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import type { CabinClass } from '../../../../shared/flight.ts';
import { formatMoney } from '../../../../shared/money.ts';
import type { OfferView } from '../../../../shared/offer.ts';
import { trpc } from '../wire/traveller.ts';
import styles from './fare-choice.module.css';
import { FareTerms } from './fare-terms.tsx';

/** Asked again before its promises end. */
const offersLifeMs = 300_000;

/** What a party may buy a cabin as. Empty where there is nothing to choose, or no answer. */
export function useOffers(asked: {
  flightId: string;
  cabin: CabinClass;
  seats: number;
  enabled: boolean;
}): OfferView[] {
  const { flightId, cabin, seats, enabled } = asked;
  const query = useQuery(
    trpc.offers.list.queryOptions(
      { legs: [{ flightId, cabin }], seats },
      { enabled, staleTime: offersLifeMs, refetchInterval: offersLifeMs, retry: false },
    ),
  );
  const offers = query.data?.offers ?? [];
  return offers.length > 1 ? offers : [];
}

/** The brands of a cabin: price, conditions, one of them chosen. */
export function FareChoice({
  offers,
  chosen,
  onChoose,
}: {
  offers: OfferView[];
  chosen: string;
  onChoose: (brand: string) => void;
}) {
  const group = useId();
  return (
    <fieldset className={styles.fares}>
      <legend className={styles.legend}>Fare</legend>
      {offers.map((offer) => (
        <label key={offer.brand} className={styles.fare} data-chosen={offer.brand === chosen || undefined}>
          <span className="row between">
            <span className={styles.name}>
              <input
                type="radio"
                name={group}
                checked={offer.brand === chosen}
                onChange={() => onChoose(offer.brand)}
              />
              {offer.name}
            </span>
            <strong>{formatMoney(offer.price)}</strong>
          </span>
          {offer.brand === chosen && <FareTerms conditions={offer.conditions} />}
        </label>
      ))}
    </fieldset>
  );
}
