import { Skeleton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { formatMoney, type Money } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatDate } from '../flight/flight-times.ts';
import { PriceLine } from '../money/price-line.tsx';
import { trpc } from '../wire/traveller.ts';
import { PriceVerdict } from './price-verdict.tsx';
import type { PriceRoute } from './use-live-prices.ts';

const shownDays = 60;

/**
 * How the price of a route came to what it is: the cheapest of each day that it was seen on, and the verdict.
 *
 * @param departDate of this departure alone; otherwise the cheapest of all.
 * @param judged what the verdict is on; null where nothing can be judged.
 */
export function PriceHistory({
  route,
  departDate,
  judged,
}: {
  route: PriceRoute;
  departDate: CalendarDate | undefined;
  judged: { date: CalendarDate; price: Money } | null;
}) {
  const history = useQuery(
    trpc.prices.history.queryOptions({ ...route, days: shownDays, ...(departDate && { departDate }) }),
  );
  const verdict = useQuery(
    trpc.prices.verdict.queryOptions(
      { ...route, departDate: judged?.date ?? '', price: judged?.price ?? { amount: 0, currency: 'USD' } },
      { enabled: judged !== null, placeholderData: keepPreviousData },
    ),
  );
  const points = history.data?.points ?? [];
  const [first] = points;
  const currency = first?.price.currency;
  const band = judged && verdict.data?.band?.low.currency === currency ? verdict.data?.band : null;
  return (
    <section className="stack" aria-label="Price over time">
      <div>
        <h3>Price over time</h3>
        <p className="dim">
          The cheapest of each of the last {shownDays} days, to depart{' '}
          {departDate ? `on ${formatDate(departDate)}` : 'on any day'}
        </p>
      </div>
      {history.isPending ? (
        <Skeleton height={150} />
      ) : history.isError ? (
        <FailureNotice error={history.error} onRetry={() => void history.refetch()} />
      ) : points.length > 1 ? (
        <PriceLine days={points} band={band} dayName="Seen on" />
      ) : (
        <p>
          {first ? (
            <>
              <strong>{formatMoney(first.price)}</strong> on {formatDate(first.date)}, and on no other day.
            </>
          ) : (
            'Nothing was seen.'
          )}{' '}
          <span className="dim">A line has a point for each day that somebody asked.</span>
        </p>
      )}
      {judged && verdict.data && <PriceVerdict {...judged} view={verdict.data} />}
      {verdict.isError && <FailureNotice error={verdict.error} onRetry={() => void verdict.refetch()} />}
    </section>
  );
}
