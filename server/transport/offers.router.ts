import { offersInput, repriceInput } from '../../shared/offer.ts';
import { makeOffers } from '../domain/offers/make-offers.ts';
import { repriceOffer } from '../domain/offers/reprice-offer.ts';
import { open, router } from './trpc.ts';

export const offersRouter = router({
  list: open.input(offersInput).query(({ ctx, input }) => makeOffers(ctx.rooms.offers, input)),
  reprice: open.input(repriceInput).query(({ ctx, input }) => repriceOffer(ctx.rooms.offers, input.offerToken)),
});
