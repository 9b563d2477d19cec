import { type CabinClass, cabinClasses } from '../../../shared/flight.ts';

/** Which compartment a letter of the industry means; any letter that is not here is economy. */
const compartments: Record<string, CabinClass> = {
  F: 'first',
  A: 'first',
  P: 'first',
  R: 'first',
  J: 'business',
  C: 'business',
  D: 'business',
  I: 'business',
  Z: 'business',
  W: 'premium_economy',
};

/** The letter under which we write a compartment down. */
const letters: Record<CabinClass, string> = { first: 'F', business: 'J', premium_economy: 'W', economy: 'Y' };

/**
 * Seats by cabin of an aircraft configuration (`J14W34Y316VV364`): letters each with a number of seats, summed by
 * cabin, up to the first double letter, behind which stand the version of the aircraft (VV) and its freight. Empty
 * if it begins with no letter and number.
 */
export function cabinsOfConfiguration(text: string): { cabin: CabinClass; capacity: number }[] {
  const seats = new Map<CabinClass, number>();
  const pattern = /([A-Z])(\d{1,3})/y;
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    const cabin = compartments[found[1] as string] ?? 'economy';
    seats.set(cabin, (seats.get(cabin) ?? 0) + Number(found[2]));
  }
  return cabinClasses.flatMap((cabin) => {
    const capacity = seats.get(cabin);
    return capacity === undefined ? [] : [{ cabin, capacity }];
  });
}

/** The configuration of twenty columns that `cabinsOfConfiguration` reads again; seats above 999 take several letters. */
export function configurationOfCabins(cabins: readonly { cabin: CabinClass; capacity: number }[]): string | undefined {
  let text = '';
  for (const cabin of ['first', 'business', 'premium_economy', 'economy'] as const) {
    let seats = cabins.find((each) => each.cabin === cabin)?.capacity ?? 0;
    for (; seats > 0; seats -= 999) text += `${letters[cabin]}${Math.min(seats, 999)}`;
  }
  return text.length <= 20 ? text : undefined;
}
