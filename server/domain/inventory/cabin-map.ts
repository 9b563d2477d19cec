import type { CabinClass } from '../../../shared/flight.ts';

/** Something about cabins, by flight and class. Making one key of both costs more than looking twice. */
export class CabinMap<T> {
  readonly #flights = new Map<string, Partial<Record<CabinClass, T>>>();

  get(flightId: string, cabin: CabinClass): T | undefined {
    return this.#flights.get(flightId)?.[cabin];
  }

  set(flightId: string, cabin: CabinClass, value: T): void {
    const cabins = this.#flights.get(flightId);
    if (cabins) cabins[cabin] = value;
    else this.#flights.set(flightId, { [cabin]: value } as Partial<Record<CabinClass, T>>);
  }

  delete(flightId: string, cabin: CabinClass): void {
    const cabins = this.#flights.get(flightId);
    if (!cabins) return;
    delete cabins[cabin];
    for (const _ in cabins) return;
    this.#flights.delete(flightId);
  }
}
