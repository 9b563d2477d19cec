import type { Timetable } from './timetable.ts';

const earthRadiusKm = 6371.0088;

/** Great-circle distance of two airports of the timetable, from their unit vectors: three products and an arc. */
export function kmBetween(t: Timetable, a: number, b: number): number {
  const dot =
    (t.airportX[a] as number) * (t.airportX[b] as number) +
    (t.airportY[a] as number) * (t.airportY[b] as number) +
    (t.airportZ[a] as number) * (t.airportZ[b] as number);
  return dot >= 1 ? 0 : earthRadiusKm * Math.acos(Math.max(-1, dot));
}

export const radians = (degrees: number): number => (degrees * Math.PI) / 180;
