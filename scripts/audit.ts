import { parseArgs } from 'node:util';
import { AirsideError } from '../client/sdk/airside-error.ts';
import { createClient } from '../client/sdk/create-client.ts';
import { Complaint, isComplaint } from './command-line.ts';
import { operatorKey } from './load/load-options.ts';

const usage = `npm run audit -- [options]

Asks a running server whether its seats add up: all cabins compared in one snapshot, then the whole
ledger replayed row by row. Ends with code 1 when anything is found. Changes nothing. Needs the
operator key (ADMIN_API_KEY, or the one that the server made and keeps in its data directory).

  --url URL          the server (http://127.0.0.1:3000, or what HOST and PORT say)
  --flight ID        only this flight
`;

async function audit(): Promise<void> {
  const { values } = parseArgs({ options: { url: { type: 'string' }, flight: { type: 'string' } } });
  const url = values.url ?? `http://${process.env.HOST ?? '127.0.0.1'}:${process.env.PORT ?? '3000'}`;
  if (!URL.canParse(url)) throw new Complaint(`--url ${url} is not an address\n\n${usage}`);
  const airside = createClient({ url, apiKey: operatorKey(process.env) });
  try {
    const { seats } = airside.admin;
    const { checked, drift, disagreements } = await seats.audit(values.flight, { repeat: { totalMs: 5_000 } });
    console.log(`audited ${checked} cabins: drift ${drift}`);
    for (const { flightId, cabin, counters, ledger, bookings } of disagreements) {
      const told = Object.entries({ counters, ledger, bookings }).map(
        ([record, { held, sold }]) => `${record} ${held} held ${sold} sold`,
      );
      console.log(`  ${flightId} ${cabin}: ${told.join(', ')}`);
    }
    const replay = await seats.replay(values.flight);
    console.log(`replayed ${replay.rows} movements of ${replay.checked} cabins: drift ${replay.drift}`);
    for (const { fault, flightId, cabin, version, bookingId, about } of replay.findings) {
      console.log(
        `  ${fault}: ${[flightId, cabin, version, bookingId].filter((each) => each !== null).join(' ')}: ${about}`,
      );
    }
    if (drift + replay.drift > 0) process.exitCode = 1;
  } finally {
    await airside.close();
  }
}

function complaintOf(error: unknown): string {
  if (isComplaint(error)) return error.message;
  if (!(error instanceof AirsideError)) return (error as Error).stack ?? String(error);
  if (error.code === 'UNAVAILABLE') return 'no server there; start one with npm start';
  if (error.code === 'UNAUTHENTICATED')
    return 'the server does not take this operator key; set ADMIN_API_KEY to the one it printed at its start';
  return `${error.code} ${JSON.stringify(error.failure.details)}`;
}

try {
  await audit();
} catch (error) {
  console.error(`audit: ${complaintOf(error)}`);
  process.exitCode = 1;
}
