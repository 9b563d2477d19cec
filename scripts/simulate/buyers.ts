import { cancelBooking, quoteCancellation } from '../../server/domain/booking/cancel-booking.ts';
import { getBooking } from '../../server/domain/booking/get-booking.ts';
import { holdSeats } from '../../server/domain/booking/hold-seats.ts';
import { payBooking } from '../../server/domain/booking/pay-booking.ts';
import type { BookingView, HoldInput } from '../../shared/booking.ts';
import type { FailureCode } from '../../shared/failure.ts';
import type { Cabin } from './model-record.ts';
import { demand } from './violation.ts';
import { slowestWithGateMs, ttlSeconds } from './weather.ts';
import type { Reply, World } from './world.ts';

/** What everybody together has been told of one booking id. */
interface Told {
  /** Attempts to hold it; after one alone a refusal means that there is nothing. */
  attempts: number;
  refused: boolean;
  /** The first answer, and who got it for what. */
  first: { view: BookingView; actor: string; body: string } | undefined;
  /** The highest version that anybody was told. */
  version: number;
  /** For each cabin the highest version at which a hold was acknowledged before this one was asked for. */
  ackedBefore: Map<Cabin, number>;
}

const attemptsMax = 5;
/** How old what a gate sheds by may be: young when it came, and as late as messages are. */
const gateMemoryMs = 1_000 + slowestWithGateMs + 100;
const again = new Set<FailureCode>(['BUSY', 'IN_PROGRESS', 'RATE_LIMITED', 'UNAVAILABLE']);

/** Everybody who buys in a history, and what they may rely on. */
export class Buyers {
  readonly #world: World;
  readonly #told = new Map<string, Told>();
  readonly #acked = new Map<Cabin, number>();
  /** All ids that somebody knows: others try their luck with them. */
  readonly ids: { id: string; actor: string; input: HoldInput }[] = [];
  #counted = 0;

  constructor(world: World) {
    this.#world = world;
  }

  // ---- what they do ----

  /** One buyer's way through one or more trips. */
  async live(): Promise<void> {
    const { random, scheduler, weather, names } = this.#world;
    const actor = random.uuid();
    this.#counted += 1;
    names.call(actor, `buyer${this.#counted}`);
    for (let trip = 0; trip < weather.trips; trip++) {
      const late = weather.isRush ? [random.below(300)] : [0, 0, 0, random.below(2_000), random.below(90_000)];
      await scheduler.sleep(random.pick(late));
      const input = this.#wish();
      this.ids.push({ id: input.id, actor, input });
      names.call(input.id, `b${this.ids.length}`);
      const held = await this.#insist(() => this.hold(actor, input));
      if (random.chance(0.2)) await this.#meddle(random.uuid());
      if (held.kind !== 'done') continue;
      await this.#think();
      await this.#goOn(actor, input);
    }
  }

  /** What follows a hold. */
  async #goOn(actor: string, input: HoldInput): Promise<void> {
    const { random } = this.#world;
    const { id } = input;
    const fate = random.below(12);
    if (fate === 0) return;
    let early: string | undefined;
    if (fate < 3) {
      early = await this.#quote(actor, id);
      if (random.chance(0.7)) {
        await this.#insist(() => this.cancel(actor, id, random.chance(0.5) ? early : undefined));
        if (random.chance(0.3)) await this.hold(actor, input);
        return;
      }
    }
    const pays = [this.#insist(() => this.pay(actor, id))];
    if (random.chance(0.15)) pays.push(this.#insist(() => this.pay(actor, id)));
    if (random.chance(0.15)) this.#payUnasked(id);
    await Promise.all(pays);
    if (random.chance(0.3)) await this.#insist(() => this.hold(actor, input));
    await this.#think();
    await this.#insist(() => this.get(actor, id));
    if (random.chance(0.1)) this.#payUnasked(id);
    if (!random.chance(0.4)) return;
    const quoteId = random.chance(0.9) ? await this.#quote(actor, id) : undefined;
    if (random.chance(0.2)) await this.#quote(actor, id);
    await this.#think();
    const chosen = early && random.chance(0.3) ? early : quoteId;
    const cancels = [this.#insist(() => this.cancel(actor, id, chosen))];
    if (random.chance(0.2)) cancels.push(this.#insist(() => this.cancel(actor, id, chosen)));
    await Promise.all(cancels);
    if (random.chance(0.5)) await this.#insist(() => this.get(actor, id));
  }

  /** Somebody who has no business here. */
  async #meddle(stranger: string): Promise<void> {
    const { random } = this.#world;
    const { id, actor, input } = random.pick(this.ids);
    switch (random.below(7)) {
      case 0:
        await this.hold(stranger, input);
        return;
      case 1:
        await this.hold(actor, { ...input, seats: (input.seats ?? 1) + 1 });
        return;
      case 2:
        await this.pay(stranger, id);
        return;
      case 3:
        await this.cancel(stranger, id, undefined);
        return;
      // The record itself is asked, in case a command's own look came too early or too late.
      case 4:
        await this.#world.request(`expire ${id} by an old list`, (room) => room.lanes.expire.send(id));
        return;
      case 5:
        await this.#world.request(`cancel ${id} straight for ${stranger}`, (room) =>
          room.lanes.cancel.send({ id, actor: stranger, quoteId: null }),
        );
        return;
      case 6:
        await this.#world.request(`release ${id} by an old list`, (room) => room.lanes.release.send(id));
    }
  }

  async #quote(actor: string, id: string): Promise<string | undefined> {
    const reply = await this.#world.request(`quote ${id}`, (room) => quoteCancellation(room, actor, id));
    return reply.kind === 'done' ? reply.value.quoteId : undefined;
  }

  #payUnasked(bookingId: string): void {
    const { random, provider, recorder } = this.#world;
    const booking = recorder.model.record.bookings.get(bookingId);
    // Two payments near 2^53 could not be added up here.
    if (!booking || booking.price > 2 ** 40) return;
    const amount = booking.price + random.pick([0, 0, 1]);
    provider.payUnasked({ id: random.uuid(), bookingId, amount, currency: booking.currency });
  }

  #think(): Promise<void> {
    const { random, scheduler, weather } = this.#world;
    if (weather.isRush && random.chance(0.7)) return scheduler.sleep(random.below(200));
    return scheduler.sleep(random.pick([0, 0, 10, random.below(5_000), random.below(ttlSeconds * 1_500)]));
  }

  /** Sends again with the same id until the answer is definite, or patience ends. */
  async #insist<T>(send: () => Promise<Reply<T>>): Promise<Reply<T>> {
    const { random, scheduler } = this.#world;
    for (let attempt = 1; ; attempt++) {
      const reply = await send();
      const isDefinite = reply.kind === 'done' || (reply.kind === 'refused' && !again.has(reply.failure.code));
      if (isDefinite || attempt >= attemptsMax) return reply;
      await scheduler.sleep(random.below(2_000 * attempt));
    }
  }

  #wish(): HoldInput {
    const { random, cabins, flightIds } = this.#world;
    const id = random.uuid();
    const legs = Array.from({ length: random.pick([1, 1, 1, 2, 2, 3]) }, () => {
      const { flightId, cabin } = random.pick(cabins);
      return { flightId, cabin };
    });
    if (random.chance(0.02)) legs.push({ flightId: flightIds[1] as string, cabin: 'premium_economy' as never });
    const seats = random.pick([1, 1, 1, 1, 2, 2, 3]);
    const input: HoldInput = { id, legs, seats };
    if (random.chance(0.15)) {
      const sum = legs.reduce((total, leg) => {
        const cabin = cabins.find((each) => each.flightId === leg.flightId && each.cabin === leg.cabin);
        return total + (cabin?.price ?? 0) * seats;
      }, 0);
      const amount = sum + random.pick([0, 0, 0, 1]);
      if (Number.isSafeInteger(amount)) input.expected = { amount, currency: 'USD' };
    }
    // No text of Postgres' holds it; the schema of the wire lets none through, so this stands for any poison.
    if (random.chance(0.02)) input.contact = { email: '\0' };
    return input;
  }

  // ---- what they are told ----

  toldOf(id: string): Told {
    let told = this.#told.get(id);
    if (!told) {
      told = { attempts: 0, refused: false, first: undefined, version: 0, ackedBefore: new Map(this.#acked) };
      this.#told.set(id, told);
    }
    return told;
  }

  hold(actor: string, input: HoldInput): Promise<Reply<BookingView>> {
    const { recorder } = this.#world;
    const { record } = recorder.model;
    const told = this.toldOf(input.id);
    told.attempts += 1;
    told.refused = false;
    const versionBefore = told.version;
    return this.#world.request(
      `hold ${input.id} for ${actor}`,
      (room) => holdSeats(room, { actor, address: '192.0.2.1' }, input),
      (reply, calledAt) => {
        if (reply.kind === 'done') {
          const body = bodyOf(input);
          this.#checkView(reply.value, input.id, actor, versionBefore, calledAt.ms);
          told.first ??= { view: reply.value, actor, body };
          const { view, actor: owner, body: asked } = told.first;
          demand(owner === actor && asked === body, 'one id is one request', () => input.id);
          demand(sameAgreement(view, reply.value), 'the same id gets the same answer', () => input.id);
          this.#acknowledge(input.id);
          return;
        }
        if (reply.kind !== 'refused') return;
        const { failure } = reply;
        switch (failure.code) {
          case 'REQUEST_ID_REUSED': {
            const booking = record.bookings.get(input.id);
            demand(booking !== undefined, 'only a used id is refused as used', () => input.id);
            const mine = told.first?.actor === actor && told.first.body === bodyOf(input);
            demand(!mine, 'the same request is not refused as another', () => input.id);
            return;
          }
          case 'BUSY':
          case 'IN_PROGRESS':
          case 'UNAVAILABLE':
            return;
          case 'SOLD_OUT':
            this.#checkSoldOut(input, failure.details as never, calledAt);
        }
        // Nobody else has asked for it, so it is not there, and never will be.
        told.refused = told.attempts === 1;
        demand(!told.refused || !record.bookings.has(input.id), 'a refusal writes nothing', () => input.id);
      },
    );
  }

  /** Later holds of the same cabins come later in the record, too. */
  #acknowledge(id: string): void {
    const { record } = this.#world.recorder.model;
    for (const { cabin, version, booking, kind } of record.ledger) {
      if (kind !== 'hold' || booking.id !== id) continue;
      const before = this.toldOf(id).ackedBefore.get(cabin) ?? 0;
      demand(version > before, 'what was acknowledged first stands first', () => `${id}: ${version} after ${before}`);
      this.#acked.set(cabin, Math.max(this.#acked.get(cabin) ?? 0, version));
    }
  }

  #checkSoldOut(
    input: HoldInput,
    details: { flightId: string; cabin: Cabin['cabin']; available: number; version: number },
    calledAt: { seq: number; ms: number },
  ): void {
    const { recorder, gate } = this.#world;
    const cabin = recorder.model.record.cabinOf(details.flightId, details.cabin);
    demand(cabin !== undefined, '«sold out» names a cabin', () => input.id);
    const legs = (input.legs ?? []).filter((leg) => leg.flightId === details.flightId && leg.cabin === details.cabin);
    const wanted = (input.seats ?? 0) * legs.length;
    recorder.moment();
    const least = gate
      ? recorder.leastShownSince(cabin, calledAt.ms - gateMemoryMs)
      : recorder.leastSince(cabin, calledAt.seq);
    demand(least < wanted, '«sold out» was true while it was asked', () => {
      return `${input.id} wanted ${wanted} seats of cabin ${cabin.id}, which had ${least} or more all the time`;
    });
    demand(details.available < wanted, '«sold out» says how many there are', () => `${input.id}: ${details.available}`);
  }

  pay(actor: string, id: string): Promise<Reply<BookingView>> {
    const versionBefore = this.toldOf(id).version;
    return this.#world.request(
      `pay ${id} for ${actor}`,
      (room) => payBooking(room, { actor, address: '192.0.2.1' }, { id }),
      (reply, calledAt) => {
        if (reply.kind !== 'done') return;
        this.#checkView(reply.value, id, actor, versionBefore, calledAt.ms);
        demand(reply.value.payment !== null && reply.value.status !== 'held', 'who pays is paying', () => id);
      },
    );
  }

  cancel(actor: string, id: string, quoteId: string | undefined): Promise<Reply<BookingView>> {
    const versionBefore = this.toldOf(id).version;
    return this.#world.request(
      `cancel ${id} for ${actor}${quoteId ? ` by ${quoteId}` : ''}`,
      (room) => cancelBooking(room, { actor, address: '192.0.2.1' }, quoteId ? { id, quoteId } : { id }),
      (reply, calledAt) => {
        if (reply.kind !== 'done') return;
        this.#checkView(reply.value, id, actor, versionBefore, calledAt.ms);
        const isOver = ['cancelled', 'refund_pending', 'refunded'].includes(reply.value.status);
        demand(isOver, 'what was cancelled is cancelled', () => `${id} is ${reply.value.status}`);
      },
    );
  }

  get(actor: string, id: string): Promise<Reply<BookingView>> {
    const versionBefore = this.toldOf(id).version;
    return this.#world.request(
      `get ${id}`,
      (room) => getBooking(room, actor, id),
      (reply, calledAt) => {
        if (reply.kind === 'done') this.#checkView(reply.value, id, actor, versionBefore, calledAt.ms);
      },
    );
  }

  /** Whatever was shown of a booking is so, is the owner's, and is not older than what was shown before. */
  #checkView(view: BookingView, id: string, actor: string, versionBefore: number, calledMs: number): void {
    const told = this.toldOf(id);
    const booking = this.#world.recorder.model.record.bookings.get(id);
    demand(booking !== undefined, 'what was shown is in the record', () => id);
    demand(view.id === id && booking.actor === actor, 'a booking is shown to its owner', () => id);
    demand(
      view.price.amount === booking.price &&
        view.seats === booking.seats &&
        view.legs.length === booking.legs.length &&
        view.version <= booking.version,
      'what was shown is in the record',
      () => `${id}: ${view.price.amount}, version ${view.version}; ${booking.price}, version ${booking.version}`,
    );
    demand(view.version >= versionBefore, 'nobody is shown an older state', () => {
      return `${id}: version ${view.version} after ${versionBefore}`;
    });
    const mayExpire = view.status === 'held' || view.status === 'paying';
    demand(!mayExpire || Date.parse(view.holdExpiresAt) > calledMs, 'nobody is shown a dead hold', () => id);
    told.version = Math.max(told.version, view.version);
  }

  /** At the end: what was acknowledged is there, what was refused is not. */
  checkAll(): void {
    const { record } = this.#world.recorder.model;
    for (const [id, { first, refused, attempts }] of this.#told) {
      const booking = record.bookings.get(id);
      if (first) demand(booking?.actor === first.actor, 'what was acknowledged is there', () => id);
      if (refused && attempts === 1) demand(!booking, 'what was refused is not there', () => id);
    }
  }
}

const bodyOf = ({ id: _, ...body }: HoldInput): string => JSON.stringify(body);

const sameAgreement = (a: BookingView, b: BookingView): boolean =>
  a.price.amount === b.price.amount &&
  a.price.currency === b.price.currency &&
  a.seats === b.seats &&
  a.createdAt === b.createdAt &&
  a.holdExpiresAt === b.holdExpiresAt &&
  JSON.stringify(a.legs) === JSON.stringify(b.legs);
