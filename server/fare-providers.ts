import type { Environment } from './config.ts';
import { createDuffelProvider, duffelUrl } from './domain/duffel/duffel-provider.ts';
import { createGoogleProvider } from './domain/google-flights/google-provider.ts';
import type { PlaceDirectory } from './domain/places/place-directory.ts';
import type { FareProvider } from './domain/providers/fare-provider.ts';
import { createInventoryProvider, type FindOneWays } from './domain/providers/inventory-provider.ts';
import { createSimulatorProvider } from './domain/providers/simulator-provider.ts';
import type { Clock } from './platform/runtime/clock.ts';

/**
 * The providers that the settings switch on, in their order and each once. A new provider is a file
 * with its adapter and a line here. Google Flights is on only where an operator names it, Duffel only
 * with a token.
 */
export function fareProviders(
  config: Pick<Environment, 'PROVIDERS' | 'DUFFEL_TOKEN' | 'DUFFEL_URL'>,
  {
    clock,
    places,
    findOneWays,
  }: { clock: Clock; places: Pick<PlaceDirectory, 'airportsOf'>; findOneWays: FindOneWays },
): FareProvider[] {
  const { DUFFEL_TOKEN: token, DUFFEL_URL: url = duffelUrl } = config;
  const makers: Record<Environment['PROVIDERS'][number], () => FareProvider | undefined> = {
    inventory: () => createInventoryProvider({ find: findOneWays, airportsOf: places.airportsOf }),
    simulator: () => createSimulatorProvider(clock),
    'google-flights': () => createGoogleProvider({ clock }),
    duffel: () => (token ? createDuffelProvider({ url, token, clock }) : undefined),
  };
  return [...new Set(config.PROVIDERS)].flatMap((name) => makers[name]() ?? []);
}
