/**
 * What a party pays. Pure arithmetic on numbers, without any import: the search's workers use it on their own
 * memory, the booking desk on rows, and Postgres has the same in SQL (`ladder_price` in migrations/0007_fares.sql).
 *
 * A ladder is a flat row of pairs, `above, amount, above, amount …`, as the column `cabin.ladder` holds it: a seat
 * costs `amount` as long as more than `above` seats are left. `above` falls, `amount` rises, the last `above` is 0.
 * A party pays the cheapest step that can seat all of it, everybody the same; nobody is split over two steps.
 */
export type Ladder = ArrayLike<number>;

/**
 * One seat for a party of `seats` while `free` are left, from the steps between `from` and `to` of `ladder`. With
 * fewer seats left than wanted it answers the dearest step: a price to show, not a promise.
 */
export function ladderPrice(ladder: Ladder, free: number, seats: number, from = 0, to = ladder.length): number {
  const left = free - seats;
  for (let at = from; at < to - 2; at += 2) if (left >= (ladder[at] as number)) return ladder[at + 1] as number;
  return ladder[to - 1] as number;
}

/** One seat in a brand that adds so many percent, rounded half up. Exact below 2^53 ÷ 1,100. */
export const brandPrice = (amount: number, addPercent: number): number =>
  addPercent === 0 ? amount : amount + Math.floor((amount * addPercent + 50) / 100);

/** What a cabin says of its price. `price` is one seat now, and the price of every seat without a ladder. */
export interface PricedCabin {
  price: number;
  ladder: Ladder | null;
  free: number;
}

/** One seat in the cheapest brand for a party of `seats`. */
export const seatPrice = ({ price, ladder, free }: PricedCabin, seats: number): number =>
  ladder === null ? price : ladderPrice(ladder, free, seats);

/** The whole party over all legs in the cheapest brand: the sum of the legs. Lap infants take no seat and travel free. */
export function partyPrice(legs: Iterable<PricedCabin>, seats: number): number {
  let amount = 0;
  for (const leg of legs) amount += seatPrice(leg, seats) * seats;
  return amount;
}
