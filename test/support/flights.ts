import type { CabinClass, CreateFlightInput, OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import type { Connected } from './connect.ts';

/** `days` from today, as a calendar date. */
export const dateIn = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** A flight JFK → LHR in thirty days with one economy cabin, or whatever is asked for. */
export function flightInput(
  options: Partial<CreateFlightInput> & { seats?: number; price?: number; cabin?: CabinClass } = {},
): CreateFlightInput {
  const { seats = 10, price = 45_000, cabin = 'economy', ...rest } = options;
  const date = dateIn(30);
  return {
    id: newId(),
    carrier: 'QX',
    number: String(1 + Math.floor(Math.random() * 9_998)),
    origin: 'JFK',
    destination: 'LHR',
    departsAt: `${date}T10:00`,
    arrivesAt: `${date}T22:00`,
    cabins: [{ cabin, capacity: seats, price: { amount: price, currency: 'USD' } }],
    ...rest,
  };
}

export const createFlight = (
  operator: Connected,
  options?: Parameters<typeof flightInput>[0],
): Promise<OperatorFlightView> => operator.trpc.admin.flights.create.mutate(flightInput(options));
