import * as z from 'zod';
import { cabinClassSchema } from './flight.ts';
import { idSchema } from './ids.ts';
import { limits } from './limits.ts';
import { type Money, moneySchema } from './money.ts';
import { placeCodeSchema } from './place.ts';
import { tripKinds } from './price.ts';
import { type CalendarDate, dateSchema, type Instant } from './times.ts';

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a clock time, HH:mm');

export const createAlertInput = z
  .object({
    id: idSchema,
    origin: placeCodeSchema,
    destination: placeCodeSchema,
    departFrom: dateSchema,
    departTo: dateSchema,
    cabin: cabinClassSchema.default('economy'),
    trip: z.enum(tripKinds).default('one_way'),
    /** Only prices of this provider; otherwise of all that are on. */
    provider: z.string().min(1).max(40).optional(),
    /** Fires when a price for one adult is at most this. */
    target: moneySchema.optional(),
    /** Fires when the price has fallen by this much from its height. */
    dropBy: moneySchema.optional(),
    /** After it has fired it rests for so long. */
    coolDownMinutes: z.int().min(0).max(43_200).default(0),
    /** Mail and webhooks wait until they are over; `alerts.onFired` does not. */
    quietHours: z
      .object({ from: clockTime, to: clockTime, zone: z.string().min(1).max(60) })
      .refine(({ from, to }) => from !== to, { path: ['to'], message: 'not the time at which they begin' })
      .optional(),
    /** An address of yours that is told, signed. */
    webhookUrl: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .optional(),
    /** To the address of the account; guests have none. */
    mail: z.boolean().default(false),
  })
  .refine((input) => (input.target === undefined) !== (input.dropBy === undefined), {
    path: ['target'],
    message: 'either target or dropBy',
  })
  .refine((input) => input.departFrom <= input.departTo, { path: ['departTo'], message: 'not before departFrom' })
  .refine((input) => Date.parse(input.departTo) - Date.parse(input.departFrom) < limits.alertDays * 86_400_000, {
    path: ['departTo'],
    message: `at most ${limits.alertDays} days`,
  });
export type CreateAlertInput = z.infer<typeof createAlertInput>;

export const alertIdInput = z.object({ id: idSchema });
export const onFiredInput = z.object({ lastEventId: z.string().max(100).nullish() }).prefault({});

export interface AlertView {
  id: string;
  origin: string;
  destination: string;
  departFrom: CalendarDate;
  departTo: CalendarDate;
  cabin: string;
  trip: string;
  provider: string | null;
  target: Money | null;
  dropBy: Money | null;
  coolDownMinutes: number;
  quietHours: { from: string; to: string; zone: string } | null;
  /** `secret` signs what is sent there, as payment webhooks are signed. */
  webhook: { url: string; secret: string } | null;
  mail: boolean;
  /** The cheapest price that it has seen last. Null: none yet. */
  price: Money | null;
  /** False: it has fired, and waits for the price to rise again. */
  isArmed: boolean;
  /** How often it has fired. */
  fired: number;
  lastFiredAt: Instant | null;
  createdAt: Instant;
}

/** What `alerts.onFired` delivers, and what is posted to a webhook with `id` and `type` around it. */
export interface FiredAlert {
  alertId: string;
  /** First, second, … time that this alert fires. */
  crossing: number;
  origin: string;
  destination: string;
  departDate: CalendarDate;
  cabin: string;
  trip: string;
  provider: string;
  price: Money;
  /** What it was before: the height from which it fell, or the last price above the target. Null: not seen. */
  was: Money | null;
  target: Money | null;
  dropBy: Money | null;
  at: Instant;
}

/** A mail that was not sent because no server for it is set: what it would have said. */
export interface MailPreview {
  alertId: string;
  crossing: number;
  to: string;
  subject: string;
  text: string;
  status: 'pending' | 'delivered' | 'given_up';
  at: Instant;
}
