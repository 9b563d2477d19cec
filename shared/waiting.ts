import * as z from 'zod';
import { type CabinClass, cabinClassSchema } from './flight.ts';
import { idSchema } from './ids.ts';
import type { Instant } from './times.ts';

/** A ticket or a pass of a waiting room, as it was told to whom it belongs. */
export const waitingTokenSchema = z.string().max(200);

export const lineInput = z.object({ flightId: idSchema, cabin: cabinClassSchema });
export type LineInput = z.infer<typeof lineInput>;

export const enterLineInput = lineInput.extend({
  /** What was told before: keeps the place also where the room has forgotten it. */
  token: waitingTokenSchema.optional(),
});

export const onServingInput = lineInput.extend({ lastEventId: z.string().max(100).nullish() });

export const openLineInput = lineInput.extend({
  /** When the sale begins: who comes before it is drawn by lot then, who comes later queues. Absent: now. */
  startsAt: z.iso.datetime().optional(),
});
export type OpenLineInput = z.infer<typeof openLineInput>;

/** A place in the line for one cabin, as the one who stands there is told. */
export const placeSchema = z.object({
  flightId: z.string(),
  cabin: z.string(),
  /** Null until the lots are drawn. Whoever's ticket is not above `nowServing` may buy. */
  ticket: z.int().nullable(),
  nowServing: z.int(),
  /** So many turns until it is this one's: 0 when it is. Before the lots are drawn, how many will be in the draw. */
  position: z.int(),
  /** Until it is, at the rate at which buyers are let in now; null while nobody is. */
  estimateSeconds: z.int().nullable(),
  /** Nothing is free just now; should a seat come back, the line goes on. */
  soldOut: z.boolean(),
  startsAt: z.string().nullable(),
  /** May buy until then. */
  passUntil: z.string().nullable(),
  /** To be given with the hold (`waitingToken`), and with `waiting.enter` to keep the place. */
  token: z.string(),
});
export type PlaceView = z.infer<typeof placeSchema>;

/** What `waiting.onServing` tells everybody alike. */
export interface LineView {
  flightId: string;
  cabin: CabinClass;
  /** False: nobody needs to wait here. */
  open: boolean;
  nowServing: number;
  /** The newest ticket. */
  issued: number;
  /** Buyers let in a second, lately. */
  ratePerSecond: number;
  soldOut: boolean;
  startsAt: Instant | null;
  at: Instant;
}

/** What an operator sees of an open line besides. */
export interface OperatorLineView extends LineView {
  /** Who opened it: the lane's pressure, or an operator. */
  by: 'pressure' | 'operator';
  openedAt: Instant;
  /** Who waits, those before the draw included. */
  waiting: number;
  /** Were let in, and have not held seats yet. */
  shopping: number;
  /** Let in so far, and holds that these made. */
  admitted: number;
  held: number;
  /** Of a thousand holds, those made although somebody with an earlier ticket was refused. */
  inversionsPerThousand: number;
}
