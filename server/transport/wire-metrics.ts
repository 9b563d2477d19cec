import { Counter, Gauge, type Registry } from 'prom-client';
import type { AdapterStats } from './ws-adapter/adapter-parts.ts';

/** Read when somebody asks for the metrics: counting in prom-client costs more than sending a frame. */
export function exportWire(registry: Registry, sockets: () => number, stats: Readonly<AdapterStats> | undefined): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  gauge('websocket_connections', 'Open sockets of this process', sockets);
  if (!stats) return;
  gauge('wire_calls_in_flight', 'Calls over sockets that are not answered yet', () => stats.callsInFlight);
  gauge('wire_subscriptions', 'Subscriptions over sockets', () => stats.subscriptions);
  counter('wire_answers_total', 'Answers and events sent over sockets', () => stats.answersSent);
  counter('wire_frames_total', 'Frames of live state sent, encoded once for many', () => stats.framesPushed);
  counter('wire_frames_skipped_total', 'The same, not sent to clients that did not read', () => stats.framesSkipped);
  counter('wire_calls_refused_total', 'Calls beyond the bounds of a socket or a user', () => stats.callsRefused);
  counter('wire_sockets_slow_total', 'Sockets closed since their clients did not read', () => stats.socketsClosedSlow);
  counter('wire_sockets_silent_total', 'Sockets ended since nothing was heard', () => stats.socketsClosedSilent);
}
