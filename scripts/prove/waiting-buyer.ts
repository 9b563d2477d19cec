import { setTimeout as sleep } from 'node:timers/promises';
import type { BookingView } from '../../shared/booking.ts';
import type { FailureView } from '../../shared/failure.ts';
import { newId } from '../../shared/ids.ts';
import type { LineView, PlaceView } from '../../shared/waiting.ts';
import type { Random } from '../stage/random.ts';
import type { Answer, WireClient } from '../stage/wire-client.ts';

/** What one of those who came has to tell. Times are milliseconds since the epoch. */
export interface Visit {
  cameAt: number;
  /** When a hold or a place was first answered; null: never. */
  answeredAt: number | null;
  /** The first ticket; null: bought, or refused, without standing in line. */
  ticket: number | null;
  /** Answers that only asked to come again, without a place. */
  turnedAway: number;
  /** The last place that was told; null: none ever was. */
  position: number | null;
  /** Was let in, and found nothing. */
  refusedAt: number | null;
  heldAt: number | null;
  /** What became of the hold. */
  end: 'paid' | 'abandoned' | 'refused' | 'waiting' | 'lost';
}

export interface Sale {
  flightId: string;
  /** Of those who hold, the share that lets the hold run out. */
  abandoning: number;
  /** True when everything is sold: nobody asks any more. */
  isOver(): boolean;
}

const presentEveryMs = 20_000;
const pauseMs = 500;

/**
 * One who wants a seat, by hand over the wire: asks, stands in line where there is one, asks again when it is his turn,
 * until he has paid, walks away, or all is sold.
 */
export async function visit(client: WireClient, sale: Sale, random: Random): Promise<Visit> {
  const line = { flightId: sale.flightId, cabin: 'economy' as const };
  const seen: Visit = {
    ...{ cameAt: Date.now(), answeredAt: null, ticket: null, turnedAway: 0 },
    ...{ position: null, refusedAt: null, heldAt: null, end: 'waiting' },
  };
  const abandons = random.next() < sale.abandoning;
  let place: PlaceView | undefined;
  const stand = (told: PlaceView | undefined): void => {
    if (!told) return;
    seen.answeredAt ??= Date.now();
    seen.ticket ??= told.ticket;
    seen.position = told.position;
    place = told;
  };
  const id = newId();
  while (!sale.isOver()) {
    const input = { id, legs: [line], seats: 1, ...(place && { waitingToken: place.token }) };
    const answer = await client.call<BookingView>('mutation', 'booking.hold', input);
    if (answer.kind === 'done') {
      seen.answeredAt ??= Date.now();
      seen.heldAt = Date.now();
      seen.end = abandons ? 'abandoned' : await pay(client, id);
      return seen;
    }
    const failure = failureOf(answer);
    if (failure?.code === 'SOLD_OUT') {
      if (place?.passUntil) seen.refusedAt ??= Date.now();
      const entered = await client.call<PlaceView | null>('mutation', 'waiting.enter', {
        ...line,
        token: place?.token,
      });
      if (entered.kind === 'done' && entered.value === null) {
        // No line, and nothing left: as clear an answer as there is.
        seen.answeredAt ??= Date.now();
        seen.end = 'refused';
        return seen;
      }
      stand(entered.kind === 'done' ? (entered.value ?? undefined) : undefined);
      if (place?.passUntil) await sleep(pauseMs);
    } else if (failure?.code === 'BUSY') {
      stand(failure.details.line);
      if (!failure.details.line) {
        seen.turnedAway++;
        await sleep(failure.details.retryAfterMs * (0.5 + random.next()));
        continue;
      }
    } else {
      await sleep(pauseMs * (0.5 + random.next()));
      continue;
    }
    if (place && !place.passUntil) stand(await untilTurn(client, sale, place));
  }
  return seen;
}

/** Waits for the number, says now and then that he is here, and learns what his place has become. */
async function untilTurn(client: WireClient, sale: Sale, place: PlaceView): Promise<PlaceView | undefined> {
  const line = { flightId: place.flightId, cabin: place.cabin };
  let wake = (): void => {};
  let serving = place.nowServing;
  let isDrawn = place.startsAt === null;
  let isOpen = true;
  let isDone = false;
  void client.watch('waiting.onServing', line, (value) => {
    const { data } = value as { data: LineView };
    serving = data.nowServing;
    isOpen = data.open;
    isDrawn = data.startsAt === null;
    wake();
    return isDone;
  });
  let own: PlaceView | undefined = place;
  let askedAt = Date.now();
  while (!sale.isOver() && isOpen) {
    const isTurn = own.ticket === null ? isDrawn : own.ticket <= serving;
    const isSilent = Date.now() - askedAt > presentEveryMs;
    if (isTurn || isSilent) {
      askedAt = Date.now();
      const entered: Answer<PlaceView | null> = await client.call('mutation', 'waiting.enter', {
        ...line,
        token: own.token,
      });
      if (entered.kind === 'done' && entered.value === null) break;
      if (entered.kind === 'done') own = entered.value as PlaceView;
      if (own.passUntil) break;
    }
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, isTurn ? pauseMs : presentEveryMs / 4).unref();
    });
  }
  isDone = true;
  return own;
}

async function pay(client: WireClient, id: string): Promise<'paid' | 'lost'> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const answer = await client.call<BookingView>('mutation', 'booking.pay', { id });
    if (answer.kind === 'done') return 'paid';
    const failure = failureOf(answer);
    if (failure?.code !== 'BUSY' && failure?.code !== 'UNAVAILABLE' && answer.kind !== 'lost') return 'lost';
    await sleep(pauseMs);
  }
  return 'lost';
}

const failureOf = (answer: Answer<unknown>): FailureView | undefined =>
  answer.kind === 'refused' ? answer.failure : undefined;
