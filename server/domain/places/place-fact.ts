/**
 * What is written down about one IATA code. Unlike `PlaceView`, which travels to clients, a fact knows no other
 * places: `cityCode` is only the code of the group that it belongs to.
 */
export interface PlaceFact {
  /** IATA code, three capital letters; one row a code, whatever its kind. */
  code: string;
  kind: 'airport' | 'city';
  name: string;
  /** City that it serves, in English. */
  city: string;
  /** Metropolitan code (`LON` for LHR), null for cities and for airports whose own code names their city. */
  cityCode: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** Degrees, north positive. */
  latitude: number;
  /** Degrees, east positive. */
  longitude: number;
  /** IANA zone that this runtime's Intl knows. */
  zone: string;
}
