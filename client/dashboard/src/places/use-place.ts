import { useQuery } from '@tanstack/react-query';
import type { PlaceView } from '../../../../shared/place.ts';
import { trpc } from '../wire/traveller.ts';

/** The place that a code stands for; asked once a session, and only when `wanted`. */
export function usePlace(code: string, wanted = true): PlaceView | undefined {
  const { data } = useQuery(
    trpc.search.places.queryOptions(
      { q: code || '-', limit: 3 },
      { enabled: wanted && code !== '', staleTime: Number.POSITIVE_INFINITY, gcTime: Number.POSITIVE_INFINITY },
    ),
  );
  return data?.places.find((place) => place.code === code);
}
