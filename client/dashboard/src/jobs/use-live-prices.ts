import { useSubscription } from '@trpc/tanstack-react-query';
import { useRef, useState } from 'react';
import type { CabinClass } from '../../../../shared/flight.ts';
import type { PriceCell, TripKind } from '../../../../shared/price.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { addDays } from '../flight/flight-times.ts';
import { queryClient } from '../wire/query-client.ts';
import { recordUpdate } from '../wire/replayed.ts';
import { trpc } from '../wire/traveller.ts';

/** What prices are compared by; without a provider those of all. */
export interface PriceRoute {
  origin: string;
  destination: string;
  cabin: CabinClass;
  trip: TripKind;
  provider?: string;
}

/** The server answers for no more at once. */
const spanMax = 370;

/** The newest price of each departure date of a route, all in one currency, patched as prices come in. */
export function useLivePrices(
  { destination, ...route }: PriceRoute,
  [from, to]: [CalendarDate, CalendarDate],
  enabled: boolean,
): ReadonlyMap<CalendarDate, PriceCell> {
  const [cells, setCells] = useState<ReadonlyMap<CalendarDate, PriceCell>>(new Map());
  const isWhole = useRef(true);
  const last = addDays(from, spanMax);
  useSubscription(
    trpc.prices.onCalendar.subscriptionOptions(
      { ...route, destinations: [destination], from, to: to < last ? to : last },
      {
        enabled,
        // Also after a reconnect: what comes first is the whole of it, and what is not in it is no more.
        onStarted: () => {
          isWhole.current = true;
        },
        onData: (patch) => {
          recordUpdate();
          const isPatch = !isWhole.current;
          isWhole.current = false;
          setCells((before) => {
            const currency = patch[0]?.price.currency;
            const kept = isPatch ? [...before.values()].filter((cell) => cell.price.currency === currency) : [];
            return new Map([...kept, ...patch].map((cell) => [cell.departDate, cell]));
          });
          void queryClient.invalidateQueries(trpc.prices.pathFilter());
        },
      },
    ),
  );
  return cells;
}
