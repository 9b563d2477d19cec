import type { IncomingMessage } from 'node:http';
import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../platform/runtime/clock.ts';
import type {
  AdapterLimits,
  AdapterParts,
  AdapterStats,
  CallObserver,
  CreateContext,
  OnError,
  WaitMs,
} from './adapter-parts.ts';
import { reconnectText } from './answers.ts';
import type { Call } from './call.ts';
import { Connection } from './connection.ts';
import { LiveFrames } from './live-frames.ts';
import { type StraightProcedure, straightProcedure } from './straight-procedure.ts';
import { watchConnections } from './watch-connections.ts';

export interface WsAdapterOptions {
  /** Without compression. Messages are bounded by its `maxPayload`. */
  wss: WebSocketServer;
  router: AnyTRPCRouter;
  createContext?: CreateContext;
  limits: AdapterLimits;
  clock: Clock;
  observer?: CallObserver;
  onError?: OnError;
  /** How fast somebody may call; unbounded without. */
  waitMs?: WaitMs;
}

export interface WsAdapter {
  stats: Readonly<AdapterStats>;
  /** Tells every client to open another socket, and to close this one then. */
  broadcastReconnectNotification(): void;
  /** Ends the watch over silent sockets; the sockets are their server's to close. */
  close(): void;
}

/**
 * tRPC's protocol over WebSockets, as its own adapter speaks it: every client of tRPC's works
 * unchanged. What is added: bounds a socket for calls, subscriptions and bytes that nobody reads;
 * answers that leave together; procedures without middlewares of their own called straight.
 */
export function openWsAdapter(options: WsAdapterOptions): WsAdapter {
  const { wss, router, createContext, limits, clock, observer, onError, waitMs } = options;
  const stats: AdapterStats = {
    sockets: 0,
    callsInFlight: 0,
    subscriptions: 0,
    answersSent: 0,
    framesPushed: 0,
    framesSkipped: 0,
    callsRefused: 0,
    socketsClosedSlow: 0,
    socketsClosedSilent: 0,
  };
  const connections = new Set<Connection>();
  const parts: AdapterParts = {
    router,
    config: router._def._config,
    straight: straightProcedures(router),
    frames: new LiveFrames(router._def._config.transformer.output, clock),
    connections,
    createContext,
    limits,
    stats,
    clock,
    observer,
    onError,
    waitMs,
  };
  const accept = (socket: WebSocket, request: IncomingMessage): void => {
    new Connection(parts, socket, request);
  };
  wss.on('connection', accept);
  const stopWatching = watchConnections(connections, stats, clock);
  return {
    stats,
    broadcastReconnectNotification: () => {
      for (const connection of connections) connection.tell(reconnectText);
    },
    close: () => {
      stopWatching();
      wss.off('connection', accept);
    },
  };
}

function straightProcedures(router: AnyTRPCRouter): Map<string, StraightProcedure<Call>> {
  const procedures = Object.entries(router._def.procedures as Record<string, AnyTRPCProcedure>);
  const straight = new Map<string, StraightProcedure<Call>>();
  for (const [path, procedure] of procedures) {
    const each = straightProcedure(procedure);
    if (each) straight.set(path, each);
  }
  return straight;
}
