import { WebSocket } from 'ws';
import { defaultRetryDelayMs } from '../../client/sdk/connection.ts';
import type { BookingView } from '../../shared/booking.ts';
import type { SeatsView } from '../../shared/flight.ts';
import type { Random } from '../stage/random.ts';

interface Frame {
  id: number | null;
  result?: { type: 'started' | 'stopped' | 'data'; data?: { json: { id: string; data: unknown } } };
  error?: { json?: { message?: string; data?: { failure?: { code: string; retryable: boolean } } } };
  method?: string;
}

const seatsId = 1;
const bookingId = 2;

/**
 * Watches flights and one booking over a socket that somebody cuts again and again. It speaks the wire itself: nothing
 * between the server and the check sorts, filters or remembers anything but the last event's id.
 */
export class LiveClient {
  readonly #url: string;
  readonly #token: string;
  readonly #random: Random;
  readonly #flightIds: string[];
  readonly #booking: string;
  readonly #onFault: (fault: string) => void;
  #socket: WebSocket | undefined;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #lastBookingEvent: string | undefined = '0';
  /** What is shown of each flight: the newest, and its epoch. */
  readonly seats = new Map<string, { epoch: number; version: number; view: SeatsView }>();
  bookingVersion = 0;
  bookingStatus = '';
  /** When it last learned of something that it did not know (performance.now()). */
  newsAt = 0;
  /** Times that its socket was lost. */
  lost = 0;
  frames = 0;
  bookingEvents = 0;

  constructor(options: {
    url: string;
    token: string;
    flightIds: string[];
    bookingId: string;
    random: Random;
    onFault: (fault: string) => void;
  }) {
    this.#url = options.url;
    this.#token = options.token;
    this.#flightIds = options.flightIds;
    this.#booking = options.bookingId;
    this.#random = options.random;
    this.#onFault = options.onFault;
    this.#open();
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  #open(): void {
    const socket = new WebSocket(`${this.#url.replace('http', 'ws')}/trpc?connectionParams=1`, {
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('open', () => {
      socket.send(JSON.stringify({ method: 'connectionParams', data: { token: this.#token } }));
      const newest = [...this.seats.values()].at(-1);
      this.#subscribe(seatsId, 'flights.onSeats', {
        flightIds: this.#flightIds,
        // Only one flight's can be named; of several the server shows whatever is newest.
        ...(this.#flightIds.length === 1 && newest && { lastEventId: `${newest.epoch}:${newest.version}` }),
      });
      this.#subscribe(bookingId, 'booking.onStatus', {
        bookingId: this.#booking,
        lastEventId: this.#lastBookingEvent,
      });
    });
    socket.on('message', (bytes) => {
      if (!this.#over && socket === this.#socket) this.#receive(socket, String(bytes));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#over || socket !== this.#socket) return;
      this.lost++;
      this.#timer = setTimeout(() => this.#open(), defaultRetryDelayMs(++this.#attempt, this.#random.next()));
    });
  }

  #subscribe(id: number, path: string, json: unknown): void {
    this.#socket?.send(JSON.stringify({ id, method: 'subscription', params: { path, input: { json } } }));
  }

  #receive(socket: WebSocket, text: string): void {
    if (text === 'PING') {
      socket.send('PONG');
      return;
    }
    // As our SDK judges: whoever was told anything had come through.
    this.#attempt = 0;
    const { id, result, error } = JSON.parse(text) as Frame;
    if (error) {
      const failure = error.json?.data?.failure;
      if (!failure?.retryable) this.#onFault(`a subscription was refused: ${text.slice(0, 300)}`);
      socket.terminate();
      return;
    }
    if (result?.type !== 'data' || !result.data) return;
    this.frames++;
    const event = result.data.json;
    if (id === seatsId) this.#seeSeats(event.id, event.data as SeatsView);
    else this.#seeBooking(event.id, event.data as BookingView);
  }

  #seeSeats(eventId: string, view: SeatsView): void {
    const [epoch, version] = eventId.split(':').map(Number) as [number, number];
    const before = this.seats.get(view.flightId);
    if (before && (epoch < before.epoch || (epoch === before.epoch && version < before.version))) {
      this.#onFault(`flight ${view.flightId} went back from ${before.epoch}:${before.version} to ${eventId}`);
    }
    for (const [place, cabin] of view.cabins.entries()) {
      const known = before?.view.cabins[place];
      if (known && cabin.version < known.version)
        this.#onFault(`${view.flightId} ${cabin.cabin} went back from version ${known.version} to ${cabin.version}`);
    }
    // A new subscription shows what is known already, too.
    if (before?.epoch !== epoch || before.version !== version) this.newsAt = performance.now();
    this.seats.set(view.flightId, { epoch, version, view });
  }

  #seeBooking(eventId: string, booking: BookingView): void {
    if (booking.version !== this.bookingVersion + 1)
      this.#onFault(`booking ${booking.id}: version ${booking.version} came after ${this.bookingVersion}`);
    this.newsAt = performance.now();
    this.#lastBookingEvent = eventId;
    this.bookingVersion = booking.version;
    this.bookingStatus = booking.status;
    this.bookingEvents++;
  }
}
