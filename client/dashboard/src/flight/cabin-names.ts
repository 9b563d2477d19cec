import type { CabinClass } from '../../../../shared/flight.ts';

export const cabinNames: Record<CabinClass, string> = {
  economy: 'Economy',
  premium_economy: 'Premium',
  business: 'Business',
  first: 'First',
};
