import * as z from 'zod';
import { limits } from './limits.ts';

/** An IATA code of an airport (`JFK`) or of a city with several (`NYC`). */
export const placeCodeSchema = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z]{3}$/, 'an IATA code, three letters');

export interface PlaceView {
  code: string;
  kind: 'airport' | 'city';
  name: string;
  city: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  latitude: number;
  longitude: number;
  /** IANA zone, such as `America/New_York`. */
  zone: string;
  /** For a city: the codes of its airports. For an airport: its city's code, alone. */
  related: string[];
}

export const searchPlacesInput = z.object({
  q: z.string().trim().min(1).max(80),
  limit: z.int().min(1).max(limits.placesPageMax).default(10),
});

/** Carriers of one alliance sell and connect with each other. */
export const alliances = ['oneworld', 'skyteam', 'star_alliance'] as const;
export type Alliance = (typeof alliances)[number];
