interface Point {
  latitude: number;
  longitude: number;
}

/** IUGG mean radius, km. */
const earthRadiusKm = 6371.0088;
const radians = Math.PI / 180;

/** Great-circle distance in km by the haversine formula; within 0.5 % of the ellipsoid, which no price notices. */
export function greatCircleKm(a: Point, b: Point): number {
  const north = Math.sin(((b.latitude - a.latitude) * radians) / 2) ** 2;
  const east = Math.sin(((b.longitude - a.longitude) * radians) / 2) ** 2;
  const chord = north + Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * east;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(chord)));
}
