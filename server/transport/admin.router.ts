import { tracked } from '@trpc/server';
import { bookingIdInput } from '../../shared/booking.ts';
import {
  createFlightInput,
  flightIdInput,
  importFlightsInput,
  listFlightsInput,
  removeFlightInput,
  updateFlightInput,
} from '../../shared/flight.ts';
import { createKeyInput, keyIdInput } from '../../shared/identity.ts';
import { auditInput, onEventsInput, repairInput, replayInput } from '../../shared/operations.ts';
import { askProvidersInput, canaryInput } from '../../shared/provider.ts';
import {
  exportFlightsInput,
  getImportInput,
  importIdInput,
  listImportsInput,
  previewImportInput,
} from '../../shared/schedule-import.ts';
import { lineInput, openLineInput } from '../../shared/waiting.ts';
import { listMails } from '../domain/alerts/deliver-alerts.ts';
import { readTimeline } from '../domain/booking/read-timeline.ts';
import { createOperatorKey, listOperatorKeys, revokeOperatorKey } from '../domain/identity/operator-keys.ts';
import { auditSeats } from '../domain/inventory/audit-seats.ts';
import { createFlight } from '../domain/inventory/create-flight.ts';
import { listFlights } from '../domain/inventory/list-flights.ts';
import { previewRemoval, removeFlight } from '../domain/inventory/remove-flight.ts';
import { repairSeats } from '../domain/inventory/repair-seats.ts';
import { replaySeats, replayWhole } from '../domain/inventory/replay-seats.ts';
import { updateFlight } from '../domain/inventory/update-flight.ts';
import { watchEvents } from '../domain/operations/watch-events.ts';
import { askProviders } from '../domain/providers/ask-providers.ts';
import { applyImport, rollBackImport } from '../domain/schedules/apply-import.ts';
import { exportTimetable } from '../domain/schedules/export-timetable.ts';
import { importTimetable } from '../domain/schedules/import-timetable.ts';
import { getImport, listImports } from '../domain/schedules/list-imports.ts';
import { previewImport } from '../domain/schedules/preview-import.ts';
import { previewRollback } from '../domain/schedules/preview-rollback.ts';
import { closeLineByHand, listLines, openLineByHand } from '../domain/waiting-room/operate-lines.ts';
import { operator, router } from './trpc.ts';

export const adminRouter = router({
  flights: router({
    create: operator.input(createFlightInput).mutation(({ ctx, input }) => createFlight(ctx.rooms.inventory, input)),
    update: operator.input(updateFlightInput).mutation(({ ctx, input }) => updateFlight(ctx.rooms.inventory, input)),
    remove: operator.input(removeFlightInput).mutation(({ ctx, input }) => removeFlight(ctx.rooms.inventory, input)),
    previewRemoval: operator
      .input(flightIdInput)
      .query(({ ctx, input }) => previewRemoval(ctx.rooms.inventory, input.flightId)),
    list: operator.input(listFlightsInput).query(({ ctx, input }) => listFlights(ctx.rooms.inventory, input)),
    import: operator
      .input(importFlightsInput)
      .mutation(({ ctx, input }) => importTimetable(ctx.rooms.schedules, input)),
    export: operator.input(exportFlightsInput).query(({ ctx, input }) => exportTimetable(ctx.rooms.schedules, input)),
  }),
  imports: router({
    preview: operator.input(previewImportInput).mutation(({ ctx, input }) => previewImport(ctx.rooms.schedules, input)),
    commit: operator.input(importIdInput).mutation(({ ctx, input }) => applyImport(ctx.rooms.schedules, input.id)),
    previewRollback: operator
      .input(importIdInput)
      .query(({ ctx, input }) => previewRollback(ctx.rooms.schedules, input.id)),
    rollback: operator.input(importIdInput).mutation(({ ctx, input }) => rollBackImport(ctx.rooms.schedules, input.id)),
    list: operator.input(listImportsInput).query(({ ctx, input }) => listImports(ctx.rooms.schedules, input)),
    get: operator.input(getImportInput).query(({ ctx, input }) => getImport(ctx.rooms.schedules, input)),
  }),
  seats: router({
    audit: operator.input(auditInput).query(({ ctx, input }) => auditSeats(ctx.rooms.inventory, input.flightId)),
    status: operator.query(({ ctx }) => ctx.rooms.inventory.auditStatus()),
    replay: operator
      .input(replayInput)
      .query(({ ctx, input, signal }) => replayWhole(ctx.rooms.inventory, input.flightId, signal)),
    onReplay: operator.input(replayInput).subscription(async function* ({ ctx, input, signal }) {
      yield* replaySeats(ctx.rooms.inventory, input.flightId, signal);
    }),
    repair: operator.input(repairInput).mutation(({ ctx, input }) => repairSeats(ctx.rooms.inventory, input)),
  }),
  timetable: router({ digest: operator.query(({ ctx }) => ctx.rooms.search.live.digest()) }),
  bookings: router({
    timeline: operator.input(bookingIdInput).query(({ ctx, input }) => readTimeline(ctx.rooms.booking.pool, input.id)),
  }),
  providers: router({
    list: operator.query(({ ctx }) => ctx.rooms.providers.list()),
    ask: operator
      .input(askProvidersInput)
      .query(({ ctx, input, signal }) =>
        askProviders(ctx.rooms.providers, ctx.rooms.prices.clock, input, signal ?? new AbortController().signal),
      ),
    canary: operator.input(canaryInput).mutation(({ ctx, input }) => ctx.rooms.providers.runCanary(input.provider)),
  }),
  keys: router({
    create: operator.input(createKeyInput).mutation(({ ctx, input }) => createOperatorKey(ctx.rooms.identity, input)),
    list: operator.query(({ ctx }) => listOperatorKeys(ctx.rooms.identity)),
    revoke: operator.input(keyIdInput).mutation(({ ctx, input }) => revokeOperatorKey(ctx.rooms.identity, input.keyId)),
  }),
  waitingRoom: router({
    open: operator.input(openLineInput).mutation(({ ctx, input }) => openLineByHand(ctx.rooms.waiting.room, input)),
    close: operator.input(lineInput).mutation(({ ctx, input }) => closeLineByHand(ctx.rooms.waiting.room, input)),
    list: operator.query(({ ctx }) => listLines(ctx.rooms.waiting.room)),
  }),
  mails: operator.query(({ ctx }) => listMails(ctx.rooms.alerts.pool)),
  overview: operator.query(({ ctx }) => ctx.rooms.overview()),
  onEvents: operator.input(onEventsInput).subscription(async function* ({ ctx, input, signal }) {
    for await (const event of watchEvents(ctx.rooms.booking.feed, input.lastEventId, signal as AbortSignal)) {
      yield tracked(event.id, event);
    }
  }),
});
