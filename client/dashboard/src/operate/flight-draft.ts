import {
  type CabinClass,
  type CreateFlightInput,
  cabinClasses,
  createFlightInput,
  type FlightView,
  type UpdateFlightInput,
} from '../../../../shared/flight.ts';
import { amountWanted, moneyText, parseMoney } from '../money/parse-money.ts';

/** A flight as it stands in the form: text as typed. */
export interface FlightDraft {
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  departsAt: string;
  arrivesAt: string;
  state: 'open' | 'closed' | 'cancelled';
  currency: string;
  cabins: { cabin: CabinClass; capacity: string; price: string }[];
}

export const blankDraft: FlightDraft = {
  carrier: '',
  number: '',
  origin: '',
  destination: '',
  departsAt: '',
  arrivesAt: '',
  state: 'open',
  currency: 'USD',
  cabins: [{ cabin: 'economy', capacity: '150', price: '120.00' }],
};

type Cabins = (FlightView['cabins'][number] & { targetCapacity?: number })[];

export const draftOf = (flight: FlightView): FlightDraft => ({
  carrier: flight.carrier,
  number: flight.number,
  origin: flight.origin,
  destination: flight.destination,
  departsAt: flight.departsAt,
  arrivesAt: flight.arrivesAt,
  state: flight.state === 'departed' ? 'open' : flight.state,
  currency: flight.cabins[0]?.price.currency ?? 'USD',
  cabins: (flight.cabins as Cabins).map(({ cabin, capacity, targetCapacity, price }) => ({
    cabin,
    capacity: String(targetCapacity ?? capacity),
    price: moneyText(price),
  })),
});

/** What the schema says about a new flight, by field of the form. */
export function faultsOfNew(draft: FlightDraft): Record<string, string> {
  const parsed = createFlightInput.safeParse(inputOfNew(draft));
  const faults = faultsOfCabins(draft);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const name = path.filter((key) => key !== 'amount' && key !== 'currency').join('.');
      faults[name] ??= message;
    }
  }
  return faults;
}

export function faultsOfCabins(draft: FlightDraft): Record<string, string> {
  const faults: Record<string, string> = {};
  draft.cabins.forEach((cabin, index) => {
    if (!/^\d{1,7}$/.test(cabin.capacity.trim())) faults[`cabins.${index}.capacity`] = 'a whole number';
    if (!parseMoney(cabin.price, draft.currency)) faults[`cabins.${index}.price`] = amountWanted;
  });
  return faults;
}

export const inputOfNew = (draft: FlightDraft): Omit<CreateFlightInput, 'id'> => ({
  carrier: draft.carrier,
  number: draft.number,
  origin: draft.origin,
  destination: draft.destination,
  departsAt: draft.departsAt,
  arrivesAt: draft.arrivesAt,
  cabins: draft.cabins.map(({ cabin, capacity, price }) => ({
    cabin,
    capacity: Number(capacity),
    price: parseMoney(price, draft.currency) ?? { amount: -1, currency: draft.currency },
  })),
});

export type FlightChange = Omit<UpdateFlightInput, 'flightId' | 'expectedVersion'>;

/** Only what differs from where the operator started: so two edits of different fields can both stand. */
export function changeOf(before: FlightDraft, after: FlightDraft): FlightChange {
  const cabins = after.cabins.flatMap(({ cabin, capacity, price }) => {
    const old = before.cabins.find((each) => each.cabin === cabin);
    const amount = parseMoney(price, after.currency);
    const change = {
      cabin,
      ...(capacity.trim() !== old?.capacity && { capacity: Number(capacity) }),
      ...(amount && (price.trim() !== old?.price || before.currency !== after.currency) && { price: amount }),
    };
    return 'capacity' in change || 'price' in change ? [change] : [];
  });
  return {
    ...(after.departsAt !== before.departsAt && { departsAt: after.departsAt }),
    ...(after.arrivesAt !== before.arrivesAt && { arrivesAt: after.arrivesAt }),
    ...(after.state !== before.state && { state: after.state }),
    ...(cabins.length > 0 && { cabins }),
  };
}

/** One field of a flight in words, for comparing two versions of it. */
export function fieldsOf(draft: FlightDraft): { name: string; value: string }[] {
  return [
    { name: 'Departs', value: draft.departsAt.replace('T', ' ') },
    { name: 'Arrives', value: draft.arrivesAt.replace('T', ' ') },
    { name: 'State', value: draft.state },
    ...cabinClasses.flatMap((name) => {
      const cabin = draft.cabins.find((each) => each.cabin === name);
      const label = name.replace('_', ' ');
      return [
        { name: `${label} seats`, value: cabin?.capacity ?? '–' },
        { name: `${label} price`, value: cabin ? `${cabin.price} ${draft.currency}` : '–' },
      ];
    }),
  ];
}
