import { priceCalendarInput, priceHistoryInput, priceVerdictInput } from '../../shared/price.ts';
import { judgePrice } from '../domain/prices/judge-prices.ts';
import { readCalendar, readHistory } from '../domain/prices/read-prices.ts';
import { watchCalendar } from '../domain/prices/watch-calendar.ts';
import { open, router } from './trpc.ts';

export const pricesRouter = router({
  verdict: open.input(priceVerdictInput).query(({ ctx, input }) => judgePrice(ctx.rooms.prices, input)),
  history: open.input(priceHistoryInput).query(({ ctx, input }) => readHistory(ctx.rooms.prices, input)),
  calendar: open.input(priceCalendarInput).query(({ ctx, input }) => readCalendar(ctx.rooms.prices, input)),
  onCalendar: open.input(priceCalendarInput).subscription(async function* ({ ctx, input, signal }) {
    yield* watchCalendar(ctx.rooms.prices, input, signal as AbortSignal);
  }),
});
