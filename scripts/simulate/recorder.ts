import type { Batch, CancelOutcome, HoldOutcome, PayOutcome } from '../../server/domain/booking/booking-store.ts';
import type { SeatTruth } from '../../server/domain/inventory/seat-truth.ts';
import type { Bug } from './bugs.ts';
import { checkCancels, checkHolds, checkPays, checkTruths, gettable } from './check-answer.ts';
import { checkRecord, checkStep, startStep } from './check-record.ts';
import type { Cabin, Payment, Refund } from './model-record.ts';
import { ModelStore, type Verbs } from './model-store.ts';
import { demand, Violation } from './violation.ts';

/** A second record that must decide as the model does, step by step. */
export interface Twin {
  /** A history begins, with a clock of its own. */
  begin(now: () => number): void;
  addCabin(cabin: Cabin): Promise<void>;
  perform<V extends keyof Verbs>(verb: V, given: Parameters<Verbs[V]>): Promise<ReturnType<Verbs[V]>>;
  editCabin(cabin: Cabin, edit: { target?: number; price?: number }): Promise<void>;
  setFlightState(flightId: string, state: Cabin['state']): Promise<void>;
  claim(payments: Payment[], refunds: Refund[], againMs: number): Promise<void>;
  markVoided(paymentId: string): Promise<void>;
  /** Compares what both say of a step; throws a Violation. */
  compare(verb: keyof Verbs, given: unknown[], ours: unknown, theirs: unknown): void;
  /** Compares all rows; throws a Violation. */
  compareRows(model: ModelStore): Promise<void>;
}

/** What a cancellation by this quote gives back and keeps. */
interface Terms {
  refund: number;
  penalty: number;
}

/** Seats that could be had from this moment on; `shown` are those that counters show, without holds that are over. */
interface Moment {
  seq: number;
  ms: number;
  free: number;
  shown: number;
}

const reads = new Set<keyof Verbs>(['read', 'untilDecided', 'known', 'due', 'stranded', 'hoursToDeparture']);

/**
 * The record of a history: the model, and beside it whoever checks each of its steps. With a twin,
 * both do each step and must agree.
 */
export class Recorder {
  readonly model: ModelStore;
  /** Money that cancellations kept. */
  readonly kept = new Map<string, number>();
  /** Steps that have happened; what is called before another thing was answered has a lower number. */
  seq = 0;
  /** What the twin has not finished yet; nothing else may happen meanwhile. */
  pending: Promise<unknown> | undefined;
  readonly #twin: Twin | undefined;
  readonly #quotes = new Map<string, Terms>();
  readonly #newest = new Map<string, { quoteId: string; expiresAt: number }>();
  readonly #truths = new Map<string, string>();
  /** Batches of which somebody was told that they can never commit. */
  readonly #sealed = new Set<string>();
  readonly #free = new Map<Cabin, Moment[]>();

  constructor(options: { now: () => number; bug?: Bug; twin?: Twin }) {
    this.model = new ModelStore({ now: options.now, bug: options.bug });
    this.#twin = options.twin;
    this.#twin?.begin(options.now);
  }

  addCabin(row: Parameters<ModelStore['record']['addCabin']>[0]): Cabin | Promise<Cabin> {
    const cabin = this.model.record.addCabin(row);
    this.#free.set(cabin, []);
    this.#note();
    return this.#twin ? this.#twin.addCabin(cabin).then(() => cabin) : cabin;
  }

  /** One statement, with all checks. Throws as Postgres would, or a Violation. */
  perform<V extends keyof Verbs>(
    verb: V,
    given: Parameters<Verbs[V]>,
  ): ReturnType<Verbs[V]> | Promise<ReturnType<Verbs[V]>> {
    if (!this.#twin) return this.#do(verb, given);
    const twin = this.#twin;
    return twin.perform(verb, given).then(
      (theirs) => {
        const ours = this.#do(verb, given);
        // Others' leftovers may lie in the database.
        const isList = verb === 'due' || verb === 'stranded';
        const own = isList ? (theirs as string[]).filter((id) => this.model.record.bookings.has(id)) : theirs;
        twin.compare(verb, given, ours, own);
        // In the model's order: a history must not depend on where rows lie.
        return isList ? ours : theirs;
      },
      (error) => {
        try {
          this.#do(verb, given);
        } catch (own) {
          if (own instanceof Violation) throw own;
          demand(
            areAlike(codeOf(own), codeOf(error)),
            'both stores fail alike',
            () => `${verb}: ${(own as Error).message}; ${(error as Error).message}`,
          );
          throw own;
        }
        throw new Violation('both stores fail alike', `${verb}: only Postgres fails: ${(error as Error).message}`);
      },
    );
  }

  #do<V extends keyof Verbs>(verb: V, given: Parameters<Verbs[V]>): ReturnType<Verbs[V]> {
    const { model } = this;
    const { record } = model;
    // biome-ignore lint/suspicious/noExplicitAny: the verbs' signatures meet only in their union
    const act = () => (model[verb] as any)(...given) as ReturnType<Verbs[V]>;
    if (verb === 'seal') {
      const hadCommitted = record.batches.get(given[0] as string) === 'committed';
      const answer = act();
      if (!hadCommitted) this.#sealed.add(given[0] as string);
      return answer;
    }
    if (reads.has(verb)) return act();
    this.seq += 1;
    const start = startStep(record);
    let answer: ReturnType<Verbs[V]> | undefined;
    let confirmed: Set<string> | undefined;
    if (verb === 'cancel') {
      const members = given[1] as Parameters<Verbs['cancel']>[1];
      const isSold = ({ id }: { id: string }) => record.bookings.get(id)?.status === 'confirmed';
      confirmed = new Set(members.filter(isSold).map(({ id }) => id));
    }
    let error: unknown;
    try {
      answer = act();
    } catch (thrown) {
      error = thrown ?? new Error('nothing');
    }
    if (!error && verb !== 'saveQuote') {
      const batchId = given[0] as string;
      demand(!this.#sealed.has(batchId), 'a sealed batch never commits', () => `${verb} ${batchId}`);
    }
    if (!error) this.#checkAnswer(verb, given, answer, confirmed);
    else {
      const wrote = record.ledger.length > start.ledger || record.log.length > start.log;
      demand(!wrote, 'a statement that fails writes nothing', () => `${verb}: ${(error as Error).message}`);
    }
    checkStep(record, start);
    checkRecord(record, this.kept);
    this.#note();
    if (error) throw error;
    return answer as ReturnType<Verbs[V]>;
  }

  #checkAnswer(verb: keyof Verbs, given: unknown[], answer: unknown, confirmed: Set<string> | undefined): void {
    const { record } = this.model;
    switch (verb) {
      case 'hold':
        checkHolds(record, (given as Parameters<Verbs['hold']>)[1], answer as Batch<HoldOutcome>);
        return;
      case 'pay':
        checkPays(record, (given as Parameters<Verbs['pay']>)[1], answer as Batch<PayOutcome>);
        return;
      case 'settle':
      case 'expire':
      case 'release':
        checkTruths(record, (answer as Batch<unknown>).truths);
        return;
      case 'saveQuote': {
        const [{ bookingId, quoteId, refund, penalty, lifeSeconds }] = given as Parameters<Verbs['saveQuote']>;
        this.#quotes.set(quoteId, { refund, penalty });
        this.#newest.set(bookingId, { quoteId, expiresAt: record.now() + lifeSeconds * 1_000 });
        return;
      }
      case 'cancel': {
        const members = (given as Parameters<Verbs['cancel']>)[1];
        const batch = answer as Batch<CancelOutcome>;
        checkCancels(record, members, batch);
        members.forEach(({ id, quoteId }, place) => {
          if (batch.outcomes[place] !== 'cancelled' || !confirmed?.has(id)) return;
          const price = record.bookings.get(id)?.price ?? 0;
          const newest = this.#newest.get(id);
          demand(
            newest !== undefined && newest.quoteId === quoteId && newest.expiresAt > record.now(),
            'only the newest quote counts',
            () => `${id} by ${quoteId}; the newest is ${newest?.quoteId}`,
          );
          const terms = this.#quotes.get(quoteId ?? '') ?? { refund: price, penalty: 0 };
          demand(
            terms.refund + terms.penalty === price,
            'a quote says where all the money goes',
            () => `${id} cost ${price}; its quote gives back ${terms.refund} and keeps ${terms.penalty}`,
          );
          this.kept.set(id, terms.penalty);
        });
      }
    }
  }

  /** Remembers what cabins are now, for answers that tell of it later. */
  #note(): void {
    const { record } = this.model;
    for (const [cabin, timeline] of this.#free) {
      this.#truths.set(`${cabin.id}:${cabin.version}`, factsOf(record.truthOf(cabin)));
      const shown = cabin.target - cabin.held - cabin.sold;
      timeline.push({ seq: this.seq, ms: record.now(), free: gettable(record, cabin), shown });
    }
  }

  /** The moment at which something is asked; holds may have run out since the last step. */
  moment(): number {
    this.#note();
    return this.seq;
  }

  /** The fewest seats that a cabin had at any moment since. */
  leastSince(cabin: Cabin, seq: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const moment of (this.#free.get(cabin) ?? []).toReversed()) {
      if (moment.seq < seq) break;
      least = Math.min(least, moment.free);
    }
    return least;
  }

  /** The fewest seats that a cabin's counters have shown since. */
  leastShownSince(cabin: Cabin, ms: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const moment of (this.#free.get(cabin) ?? []).toReversed()) {
      least = Math.min(least, moment.shown);
      // This one was still so at that moment.
      if (moment.ms < ms) break;
    }
    return least;
  }

  /** A truth may come late, but it was true at its version. */
  checkPublished(truths: SeatTruth[]): void {
    for (const truth of truths) {
      const facts = this.#truths.get(`${truth.cabinId}:${truth.version}`);
      demand(facts === factsOf(truth), 'what is published was true at its version', () => {
        return `cabin ${truth.cabinId}, version ${truth.version}: ${factsOf(truth)}, and was ${facts}`;
      });
    }
  }

  // ---- what others do to the record ----

  edit(cabin: Cabin, edit: { target?: number; price?: number }): Promise<void> {
    return this.#both(
      (twin) => twin.editCabin(cabin, edit),
      () => this.#step(() => this.model.editCabin(cabin, edit), [cabin]),
    );
  }

  setFlightState(flightId: string, state: Cabin['state']): Promise<void> {
    const cabins = [...this.model.record.cabins.values()].filter((each) => each.flightId === flightId);
    return this.#both(
      (twin) => twin.setFlightState(flightId, state),
      () => this.#step(() => this.model.setFlightState(flightId, state), cabins),
    );
  }

  async claim(againMs: number): Promise<{ payments: Payment[]; refunds: Refund[] }> {
    const payments = this.model.claimPayments(againMs);
    const refunds = this.model.claimRefunds(againMs);
    if (payments.length + refunds.length > 0) {
      await this.#both(
        (twin) => twin.claim(payments, refunds, againMs),
        () => undefined,
      );
    }
    return { payments, refunds };
  }

  markVoided(paymentId: string): Promise<void> {
    return this.#both(
      (twin) => twin.markVoided(paymentId),
      () => this.#step(() => this.model.markVoided(paymentId), []),
    );
  }

  compareRows(): Promise<void> {
    return this.#both(
      (twin) => twin.compareRows(this.model),
      () => undefined,
    );
  }

  /** First the twin, if there is one, then the model; the world stands still meanwhile. */
  async #both(theirs: (twin: Twin) => Promise<void>, ours: () => void): Promise<void> {
    if (this.#twin) {
      const going = theirs(this.#twin);
      this.pending = going;
      await going.finally(() => {
        if (this.pending === going) this.pending = undefined;
      });
    }
    ours();
  }

  #step(act: () => unknown, edited: Cabin[]): void {
    const { record } = this.model;
    this.seq += 1;
    const start = startStep(record);
    act();
    checkStep(record, start, edited);
    checkRecord(record, this.kept);
    this.#note();
  }
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code;

/** Postgres reads all that it is given before it begins, so an unreadable text comes before any other failure. */
const areAlike = (ours: string | undefined, theirs: string | undefined): boolean =>
  ours === theirs || theirs === '22021' || theirs === '22P05';

const factsOf = ({ held, sold, targetCapacity, priceAmount, state }: SeatTruth): string =>
  `held ${held}, sold ${sold} of ${targetCapacity}, ${priceAmount}, ${state}`;
