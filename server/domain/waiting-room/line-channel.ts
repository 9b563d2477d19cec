import type { LineView } from '../../../shared/waiting.ts';
import type { LiveSource } from '../../platform/live/live-source.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { linePartName } from './open-lines.ts';
import type { LineState } from './redis-lines.ts';
import type { LinesRoom } from './waiting-room.ts';

/** What everybody is told of a line, whoever waits there. */
export const lineViewOf = (state: LineState, clock: Clock): LineView => ({
  flightId: state.flightId,
  cabin: state.cabin,
  open: true,
  nowServing: state.serving,
  issued: state.issued,
  ratePerSecond: Math.round(state.rate * 10) / 10,
  soldOut: state.soldOut,
  startsAt: state.startsAt > clock.now() ? new Date(state.startsAt).toISOString() : null,
  at: isoNow(clock),
});

/** "Now serving": one number a line for all who look, encoded once by the hub. */
export const createLineChannel = ({ hub, clock }: Pick<LinesRoom, 'hub' | 'clock'>): LiveSource<LineView> => ({
  hub,
  render: ({ name, parts, version }) => {
    const part = parts.get(linePartName);
    if (!part) return undefined;
    const state = part.body as LineState | null;
    const [flightId, cabin] = name.split(' ') as [string, LineView['cabin']];
    const nobody = { open: false, nowServing: 0, issued: 0, ratePerSecond: 0, soldOut: false, startsAt: null };
    return {
      id: String(version),
      view: state ? lineViewOf(state, clock) : { flightId, cabin, ...nobody, at: isoNow(clock) },
    };
  },
  versionOf: (id) => (/^\d{1,15}$/.test(id) ? Number(id) : 0),
});
