import { tracked } from '@trpc/server';
import { alertIdInput, createAlertInput, onFiredInput } from '../../shared/alert.ts';
import { createAlert } from '../domain/alerts/create-alert.ts';
import { listAlerts, removeAlert } from '../domain/alerts/manage-alerts.ts';
import { watchAlerts } from '../domain/alerts/watch-alerts.ts';
import type { Actor } from '../domain/identity/actor.ts';
import { router, traveller } from './trpc.ts';

const ownerOf = (actor: Exclude<Actor, { role: 'anonymous' }>) => ({
  id: actor.id,
  email: actor.role === 'traveller' ? actor.email : null,
});

export const alertsRouter = router({
  create: traveller
    .input(createAlertInput)
    .mutation(({ ctx, input }) => createAlert(ctx.rooms.alerts, ownerOf(ctx.actor), input)),
  list: traveller.query(({ ctx }) => listAlerts(ctx.rooms.alerts, ctx.actor.id)),
  remove: traveller
    .input(alertIdInput)
    .mutation(({ ctx, input }) => removeAlert(ctx.rooms.alerts, ctx.actor.id, input.id)),
  onFired: traveller.input(onFiredInput).subscription(async function* ({ ctx, input, signal }) {
    const fired = watchAlerts(ctx.rooms.alerts, ctx.actor.id, input.lastEventId, signal as AbortSignal);
    for await (const { eventId, alert } of fired) yield tracked(eventId, alert);
  }),
});
