import type { IncomingMessage } from 'node:http';
import type { AnyTRPCRootTypes, AnyTRPCRouter, TRPCError, TRPCProcedureType, TRPCRootConfig } from '@trpc/server';
import type { TRPCRequestInfo } from '@trpc/server/http';
import type { WebSocket } from 'ws';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Call } from './call.ts';
import type { Connection } from './connection.ts';
import type { LiveFrames } from './live-frames.ts';
import type { StraightProcedure } from './straight-procedure.ts';

/** What one socket may have and keep of this process. */
export interface AdapterLimits {
  /** Calls without an answer, running or waiting. */
  callsPerSocket: number;
  /** Of those, queries that run at the same time; their answers may be large. */
  queriesAtOncePerSocket: number;
  subscriptionsPerSocket: number;
  /** Bytes that the network has not taken; beyond, the socket is closed. */
  bufferedBytesPerSocket: number;
}

/** What happened on all sockets since the start. */
export interface AdapterStats {
  sockets: number;
  callsInFlight: number;
  subscriptions: number;
  answersSent: number;
  framesPushed: number;
  framesSkipped: number;
  callsRefused: number;
  socketsClosedSlow: number;
  socketsClosedSilent: number;
}

export interface CallObserver {
  /** Runs everything that a call does. */
  scope<Result>(run: (call: Call) => Result, call: Call): Result;
  /** `startedAt` by performance.now(). Without an error: it was answered, or, if a subscription, started. */
  ended(call: Call, startedAt: number, error?: unknown): void;
  /** The shape of an error that needs no error of tRPC's around it; undefined: tRPC's formatter says it. */
  shapeOf(error: unknown, call: Call): unknown;
}

export type CreateContext = (options: { req: IncomingMessage; res: WebSocket; info: TRPCRequestInfo }) => unknown;

/** Milliseconds after which so many calls may come; 0: they may now. */
export type WaitMs = (context: unknown, calls: number) => number;

export type OnError = (options: {
  error: TRPCError;
  type: TRPCProcedureType | 'unknown';
  path: string | undefined;
  input: unknown;
  ctx: unknown;
}) => void;

/** What all connections of one adapter share. */
export interface AdapterParts {
  router: AnyTRPCRouter;
  config: TRPCRootConfig<AnyTRPCRootTypes>;
  straight: ReadonlyMap<string, StraightProcedure<Call>>;
  frames: LiveFrames;
  connections: Set<Connection>;
  createContext: CreateContext | undefined;
  limits: AdapterLimits;
  stats: AdapterStats;
  clock: Clock;
  observer: CallObserver | undefined;
  onError: OnError | undefined;
  waitMs: WaitMs | undefined;
}
