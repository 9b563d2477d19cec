import type { Fare, FareConditions, FareRule } from '../../../shared/fare.ts';

/** One way to buy a whole journey: a fare for each leg. */
export interface JourneyBrand {
  /** Null: the cheapest of each leg, of brands that differ. */
  brand: string | null;
  fares: Fare[];
}

/** The brands that all legs have, cheapest first; before them the cheapest of each leg, where that is none of them. */
export function journeyBrands(families: Fare[][]): JourneyBrand[] {
  const [first = [], ...others] = families;
  const common = first.flatMap((fare): JourneyBrand[] => {
    const rest = others.map((family) => family.find((each) => each.brand === fare.brand));
    return rest.includes(undefined) ? [] : [{ brand: fare.brand, fares: [fare, ...(rest as Fare[])] }];
  });
  const cheapest = cheapestBrand(families);
  return cheapest.brand === null ? [cheapest, ...common] : common;
}

/** What search seals: the first brand of each leg. */
export function cheapestBrand(families: Fare[][]): JourneyBrand {
  const fares = families.map((family) => family[0] as Fare);
  const same = fares.every((fare) => fare.brand === fares[0]?.brand);
  return { brand: same ? (fares[0]?.brand ?? null) : null, fares };
}

/** The journey in this brand (null: the cheapest of each leg). Undefined: it is not sold in it. */
export const findBrand = (families: Fare[][], brand: string | null): JourneyBrand | undefined =>
  brand === null ? cheapestBrand(families) : journeyBrands(families).find((each) => each.brand === brand);

export const brandName = ({ fares }: JourneyBrand): string => [...new Set(fares.map((each) => each.name))].join(' + ');

/** What holds for the whole journey: the strictest of its legs. */
export function strictest(fares: FareConditions[]): FareConditions {
  const bags = fares.map((each) => each.bags);
  return {
    refund: strictestRule(fares.map((each) => each.refund)),
    change: strictestRule(fares.map((each) => each.change)),
    bags: bags.reduce((least, each) =>
      least && each
        ? { cabin: Math.min(least.cabin, each.cabin), checked: Math.min(least.checked, each.checked) }
        : null,
    ),
  };
}

const strictness = (rule: FareRule): number => {
  switch (rule.rule) {
    case 'free':
      return 0;
    case 'house':
      return 1;
    case 'unknown':
      return 2;
    case 'fee':
      return 2 + rule.percent;
    case 'no':
      return 103;
  }
};

const strictestRule = (rules: FareRule[]): FareRule =>
  rules.reduce((worst, rule) => (strictness(rule) > strictness(worst) ? rule : worst));
