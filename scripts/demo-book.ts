import { parseArgs } from 'node:util';
import { AirsideError } from '../client/sdk/airside-error.ts';
import { type AirsideClient, createClient } from '../client/sdk/create-client.ts';
import type { FlightView } from '../shared/flight.ts';
import { formatMoney } from '../shared/money.ts';

/** One booking from search to locator, by the SDK; exit code 1 if it ends without a seat. */
async function bookOneFlight(airside: AirsideClient): Promise<void> {
  const { user } = await airside.auth.guest({ repeat: { totalMs: 2_000 } });
  console.log(`guest      ${user.id}`);

  const flight = await findFlight(airside);
  console.log(
    `flight     ${flight.carrier} ${flight.number} ${flight.origin}–${flight.destination} ${flight.departsAt}`,
  );

  const watching = new AbortController();
  const watched = printSeats(airside, flight.id, watching.signal);

  const held = await airside.bookings.hold({ legs: [{ flightId: flight.id, cabin: 'economy' }], seats: 2 });
  console.log(`held       2 seats for ${formatMoney(held.price)} until ${held.holdExpiresAt}`);

  await airside.bookings.setPassengers({ id: held.id, passengers: [amelia, bessie] });
  console.log(`passengers ${amelia.givenName} ${amelia.familyName}, ${bessie.givenName} ${bessie.familyName}`);

  await airside.bookings.pay(held.id);
  for await (const booking of airside.bookings.watch(held.id)) {
    console.log(`status     ${booking.status}${booking.reason ? `: ${booking.reason}` : ''}`);
    if (booking.status === 'held' || booking.status === 'paying') continue;
    if (booking.status === 'confirmed') console.log(`locator    ${booking.locator}`);
    else process.exitCode = 1;
    break;
  }
  watching.abort();
  await watched;
}

const amelia = { type: 'adult', givenName: 'Amelia', familyName: 'Earhart' } as const;
const bessie = { type: 'adult', givenName: 'Bessie', familyName: 'Coleman' } as const;

/** Busy markets of the demo timetable first; any flight of the coming week will do. */
async function findFlight(airside: AirsideClient): Promise<FlightView> {
  const markets = ['NYC-LON', 'LON-NYC', 'LAX-SFO', 'NYC-LAX', 'LON-PAR', 'TYO-OSA', 'SIN-LON', 'FRA-NYC'];
  for (let day = 1; day <= 7; day++) {
    const date = new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10);
    for (const market of markets) {
      const [origin, destination] = market.split('-') as [string, string];
      const { flights } = await airside.search.flights({ origin, destination, date, cabin: 'economy', seats: 2 });
      if (flights[0]) return flights[0];
    }
  }
  throw new Error(`no flight in the coming week on ${markets.join(', ')}; is the demo timetable loaded?`);
}

async function printSeats(airside: AirsideClient, flightId: string, signal: AbortSignal): Promise<void> {
  for await (const { cabins } of airside.flights.watchSeats(flightId, { signal })) {
    console.log(`seats      ${cabins.map(({ cabin, available }) => `${cabin} ${available}`).join(', ')}`);
  }
}

const { values } = parseArgs({ options: { url: { type: 'string' } } });
const url = values.url ?? process.env.AIRSIDE_URL ?? 'http://127.0.0.1:3000';
let airside: AirsideClient | undefined;
try {
  airside = createClient({ url });
  await bookOneFlight(airside);
} catch (error) {
  const isSilent = error instanceof AirsideError && error.code === 'UNAVAILABLE' && error.attempts === 0;
  console.error(`demo: ${isSilent ? `no server at ${url}; start one with npm start` : (error as Error).message}`);
  process.exitCode = 1;
} finally {
  await airside?.close();
}
