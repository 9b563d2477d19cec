import type { Batch } from '../../server/domain/booking/booking-store.ts';
import type { Verbs } from './model-store.ts';
import type { Reply } from './world.ts';

/** Short names for ids, given in the order of their appearance, so that a history can be read. */
export class Names {
  readonly #names = new Map<string, string>();

  call(id: string, name: string): void {
    if (!this.#names.has(id)) this.#names.set(id, name);
  }

  shorten(line: string): string {
    return line.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
      const known = this.#names.get(id);
      if (known) return known;
      const name = `#${this.#names.size + 1}`;
      this.#names.set(id, name);
      return name;
    });
  }

  given(verb: keyof Verbs, given: unknown[]): string {
    const batched = Array.isArray(given[1]);
    const members = batched ? (given[1] as unknown[]) : given;
    return members
      .map((member) => {
        if (typeof member !== 'object' || member === null) return String(member);
        const m = member as Record<string, unknown>;
        switch (verb) {
          case 'hold': {
            const legs = (m.legs as { flightId: string; cabin: string }[]).map((leg) => `${leg.flightId} ${leg.cabin}`);
            return `${m.id} (${m.seats} × ${legs.join(' + ')})`;
          }
          case 'settle':
            return `${m.type} ${m.paymentId} of ${m.bookingId}, ${m.amount}`;
          default:
            return Object.values(m).join(' ');
        }
      })
      .join('; ');
  }

  outcome(result: unknown): string {
    const batch = result as Batch<unknown> | undefined;
    if (batch === undefined || !Array.isArray(batch.outcomes)) return brief(result);
    const truths = batch.truths.map((t) => `${t.cabin} v${t.version} ${t.held}+${t.sold}/${t.targetCapacity}`);
    return `${batch.outcomes.map(brief).join(', ')}${truths.length > 0 ? ` [${truths.join(', ')}]` : ''}`;
  }

  reply(reply: Reply<unknown>): string {
    switch (reply.kind) {
      case 'unknown':
        return 'an error that says nothing';
      case 'refused':
        return `${reply.failure.code} ${JSON.stringify(reply.failure.details)}`;
      case 'done':
        return brief(reply.value);
    }
  }
}

/** What matters of an outcome, in a few words. */
function brief(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `(${value.map(brief).join(' ')})`;
  const v = value as Record<string, unknown>;
  const parts = [v.kind, v.why, v.leg === undefined ? undefined : `leg ${v.leg}`, v.status];
  if (v.version !== undefined) parts.push(`(${v.version})`);
  if (v.payment) parts.push(`payment ${(v.payment as { status: string }).status}`);
  if (v.quoteId) parts.push(v.quoteId, JSON.stringify(v.refund), 'back');
  return parts.filter((part) => part !== undefined).join(' ') || JSON.stringify(value);
}
