import { Skeleton } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { geoGraticule10, geoNaturalEarth1, geoPath } from 'd3-geo';
import { useMemo } from 'react';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import land from 'world-atlas/land-110m.json';
import type { Itinerary } from '../../../../shared/itinerary.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { trpc } from '../wire/traveller.ts';
import type { JourneyQuestion } from './journey-question.ts';
import styles from './route-map.module.css';

const width = 960;
const height = 480;
const shownMax = 40;
const atlas = land as unknown as Topology<{ land: GeometryCollection }>;
const coasts = feature(atlas, atlas.objects.land);

/** The ways that journeys of this search take, as great circles on a map of our own. */
export function RouteMap({ question }: { question: JourneyQuestion }) {
  const found = useQuery(trpc.search.itineraries.queryOptions({ ...question, sort: 'price', limit: shownMax }));
  const ways = useMemo(() => waysOf(found.data?.itineraries ?? []), [found.data]);
  const codes = useMemo(() => [...new Set(ways.flatMap(({ airports }) => airports))], [ways]);
  const places = useQueries({
    queries: codes.map((code) =>
      trpc.search.places.queryOptions({ q: code, limit: 5 }, { staleTime: Number.POSITIVE_INFINITY }),
    ),
  });
  if (found.isPending) return <Skeleton height={height / 2} m={16} />;
  if (found.isError) {
    return (
      <div style={{ padding: 16 }}>
        <FailureNotice error={found.error} onRetry={() => void found.refetch()} />
      </div>
    );
  }
  const at = new Map<string, [number, number]>();
  codes.forEach((code, index) => {
    const place = places[index]?.data?.places.find((each) => each.code === code && each.kind === 'airport');
    if (place) at.set(code, [place.longitude, place.latitude]);
  });
  const lines = ways.flatMap((way) => {
    const points = way.airports.map((code) => at.get(code));
    return points.every((point) => point !== undefined) ? [{ ...way, points: points as [number, number][] }] : [];
  });
  const seen = { type: 'MultiPoint' as const, coordinates: [...at.values()] };
  const projection = geoNaturalEarth1();
  // A single region fills the map; the whole world is shown only when it is crossed.
  if (at.size > 1)
    projection.rotate([-meanLongitude([...at.values()]), 0]).fitExtent(
      [
        [70, 60],
        [width - 70, height - 60],
      ],
      seen,
    );
  else projection.fitSize([width, height], { type: 'Sphere' });
  const path = geoPath(projection);
  return (
    <figure className={styles.figure}>
      <svg viewBox={`0 0 ${width} ${height}`} className={styles.map} aria-hidden>
        <path d={path(geoGraticule10()) ?? undefined} className={styles.graticule} />
        <path d={path(coasts) ?? undefined} className={styles.land} />
        {lines.map((way, index) => (
          <path
            key={way.airports.join()}
            d={path({ type: 'LineString', coordinates: way.points }) ?? undefined}
            className={styles.way}
            data-best={index === 0 || undefined}
          />
        ))}
        {[...at].map(([code, point]) => {
          const [x, y] = projection(point) ?? [0, 0];
          return (
            <g key={code} transform={`translate(${x} ${y})`}>
              <circle r={3.5} className={styles.airport} />
              <text x={6} y={-6} className={styles.code}>
                {code}
              </text>
            </g>
          );
        })}
      </svg>
      <figcaption>
        <ol className={styles.list} aria-label="Ways, the cheapest first">
          {ways.map(({ airports, from, count }) => (
            <li key={airports.join()}>
              <code>{airports.join(' → ')}</code>{' '}
              <span className="dim">
                {count} {count === 1 ? 'journey' : 'journeys'}, from {formatMoney(from)}
              </span>
            </li>
          ))}
        </ol>
      </figcaption>
    </figure>
  );
}

interface Way {
  airports: string[];
  from: Itinerary['price'];
  count: number;
}

/** Outward ways, each once with its cheapest journey, in the order of price. */
function waysOf(itineraries: Itinerary[]): Way[] {
  const ways = new Map<string, Way>();
  for (const { slices, price } of itineraries) {
    const legs = slices[0]?.legs ?? [];
    const airports = [legs[0]?.origin ?? '', ...legs.map((leg) => leg.destination)];
    const known = ways.get(airports.join());
    if (known) known.count += 1;
    else ways.set(airports.join(), { airports, from: price, count: 1 });
  }
  return [...ways.values()];
}

/** Round the circle, so that the date line is no edge. */
function meanLongitude(points: [number, number][]): number {
  const radians = points.map(([longitude]) => (longitude * Math.PI) / 180);
  const sum = (of: (angle: number) => number) => radians.reduce((total, angle) => total + of(angle), 0);
  return (Math.atan2(sum(Math.sin), sum(Math.cos)) * 180) / Math.PI;
}
