import * as z from 'zod';
import { idSchema } from './ids.ts';
import type { Instant } from './times.ts';

const emailSchema = z.string().trim().toLowerCase().pipe(z.email().max(254));
/** Length is what makes a password; rules about its letters only make it forgettable. */
const passwordSchema = z.string().min(8, 'at least 8 characters').max(200);

export const signUpInput = z.object({
  email: emailSchema,
  password: passwordSchema,
  name: z.string().trim().min(1).max(120).optional(),
});
export type SignUpInput = z.infer<typeof signUpInput>;

export const signInInput = z.object({ email: emailSchema, password: z.string().min(1).max(200) });
export type SignInInput = z.infer<typeof signInInput>;

export interface UserView {
  id: string;
  role: 'traveller';
  email: string | null;
  name: string | null;
}

export interface SignedInView {
  /** A bearer token; good until it expires or its user signs out everywhere. */
  token: string;
  user: UserView;
}

/** What a key opens: the procedures below `admin.AREA`; `read` opens every query and subscription there. */
export const operatorScopes = [
  'read',
  'flights',
  'seats',
  'bookings',
  'imports',
  'payments',
  'providers',
  'queues',
  'waitingRoom',
  'keys',
] as const;
export type OperatorScope = (typeof operatorScopes)[number];

const networkSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'an address or a network in CIDR form');

export const createKeyInput = z.object({
  id: idSchema.optional(),
  name: z.string().trim().min(1).max(80),
  scopes: z.array(z.enum(operatorScopes)).min(1).max(operatorScopes.length),
  /** From where it may be used; absent: from anywhere. */
  addresses: z.array(networkSchema).min(1).max(50).optional(),
  expiresAt: z.iso.datetime().optional(),
});
export type CreateKeyInput = z.infer<typeof createKeyInput>;

export const keyIdInput = z.object({ keyId: idSchema });

export interface OperatorKeyView {
  id: string;
  name: string;
  scopes: OperatorScope[];
  addresses: string[] | null;
  expiresAt: Instant | null;
  revokedAt: Instant | null;
  createdAt: Instant;
}

/** The only time that the key itself is told. */
export type NewOperatorKeyView = OperatorKeyView & { key: string };
