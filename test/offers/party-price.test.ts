import { describe, expect, it } from 'vitest';
import { brandPrice, ladderPrice, partyPrice, seatPrice } from '../../server/domain/offers/party-price.ts';

describe('what a party pays', () => {
  // 100 seats: the first 60 at 100, the next 30 at 150, the last 10 at 220.
  const ladder = [40, 100, 10, 150, 0, 220];

  it('[FARE-1] a seat costs the step that the seats left are in', () => {
    const prices = [100, 41, 40, 11, 10, 1].map((free) => ladderPrice(ladder, free, 1));
    expect(prices).toEqual([100, 100, 150, 150, 220, 220]);
  });

  it('[FARE-1] a party pays the cheapest step that can seat all of it', () => {
    // Three seats of the cheapest step are left.
    expect([1, 2, 3, 4].map((seats) => ladderPrice(ladder, 43, seats))).toEqual([100, 100, 100, 150]);
    // Whoever buys one by one pays less for the first three: the step, not the sum, is what all can have.
    expect(partyPrice([{ price: 100, ladder, free: 43 }], 4)).toBe(600);
    // More than there are: the dearest.
    expect(ladderPrice(ladder, 2, 9)).toBe(220);
    expect(ladderPrice(ladder, 0, 1)).toBe(220);
  });

  it('[FARE-1] the sum of the legs is the price, with a ladder or without', () => {
    const legs = [
      { price: 100, ladder, free: 42 },
      { price: 77, ladder: null, free: 1 },
      { price: 220, ladder: [0, 220], free: 5 },
    ];
    expect(legs.map((leg) => seatPrice(leg, 3))).toEqual([150, 77, 220]);
    expect(partyPrice(legs, 3)).toBe(3 * (150 + 77 + 220));
  });

  it('[FARE-1] reads a part of a longer row, as the index of search keeps it', () => {
    const many = Float64Array.from([0, 5, ...ladder, 0, 9]);
    expect(ladderPrice(many, 41, 1, 2, 8)).toBe(100);
    expect(ladderPrice(many, 9, 1, 2, 8)).toBe(220);
  });

  it('[FARE-2] a brand adds its percent, rounded half up', () => {
    expect([0, 15, 50].map((percent) => brandPrice(13_430, percent))).toEqual([13_430, 15_445, 20_145]);
    expect(brandPrice(33, 50)).toBe(50);
    expect(brandPrice(0, 50)).toBe(0);
  });
});
