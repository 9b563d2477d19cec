import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { CalendarDate } from '../../../../shared/times.ts';
import { type PricedDay, PriceLine } from '../money/price-line.tsx';
import { trpc } from '../wire/traveller.ts';

/** The best price of each day that was found so far, over all routes. */
export function PriceByDay({ jobId }: { jobId: string }) {
  // The same reading as the grid's, so it is asked for once.
  const { data } = useQuery(trpc.jobs.coverage.queryOptions({ jobId }, { staleTime: 1_000 }));
  const days = useMemo(() => {
    const best = new Map<CalendarDate, PricedDay>();
    for (const cell of data?.cells ?? []) {
      if (!cell.best) continue;
      const before = best.get(cell.departDate);
      if (!before || cell.best.amount < before.price.amount) {
        const what = `${cell.origin} → ${cell.destination}`;
        best.set(cell.departDate, { date: cell.departDate, price: cell.best, what });
      }
    }
    return [...best.values()].sort((a, b) => a.date.localeCompare(b.date));
  }, [data]);
  if (days.length === 0) return <p className="dim">Prices will be drawn here as they are found.</p>;
  return <PriceLine days={days} />;
}
