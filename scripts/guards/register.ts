import { bookingGuards } from './bookings.ts';
import { copyGuards } from './copies.ts';
import type { Guard } from './guard.ts';
import { lineGuards } from './lines.ts';
import { moneyGuards } from './money.ts';
import { seatGuards } from './seats.ts';

/** Every guard of selling, and of who may. */
export const guards: Guard[] = [...seatGuards, ...bookingGuards, ...moneyGuards, ...copyGuards, ...lineGuards];
