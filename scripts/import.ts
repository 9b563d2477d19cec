import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { progress } from '@clack/prompts';
import { columnsOf, readDelimited } from '../server/domain/places/read-delimited.ts';
import { cutImport } from '../server/domain/schedules/cut-import.ts';
import { type ImportReport, importFormats } from '../shared/flight.ts';
import { newId } from '../shared/ids.ts';
import { dateSchema } from '../shared/times.ts';
import { Complaint } from './command-line.ts';
import { callServer, fromUser, runCommand, serverUrl } from './operator/call-server.ts';

const usage = `npm run import -- FILE [options]

Sends a timetable or places to a running server, with the operator key of ADMIN_API_KEY
(or the one that the server made and keeps in its data directory). FILE may be gzipped.

  --format FORMAT    places, csv, bts, ssim or mct; without it the header of the file decides
  --seats FILE       seats by tail number, for bts
  --url URL          the server (http://127.0.0.1:3000, or what HOST and PORT say)
  --shift-to DATE    moves all flights by the same days, so that the earliest is on DATE
  --dry-run          reads and reports, changes nothing
  --rejected FILE    writes every rejected line with its reason there
`;

type Format = (typeof importFormats)[number];
const rejectedShown = 20;
interface Options {
  file: string;
  text: string;
  format: Format;
  seats: string | undefined;
  url: string;
  shiftTo: string | undefined;
  dryRun: boolean;
  rejectedFile: string | undefined;
}

function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      format: { type: 'string' },
      seats: { type: 'string' },
      url: { type: 'string' },
      'shift-to': { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      rejected: { type: 'string' },
    },
  });
  const [file, ...others] = positionals;
  if (!file || others.length > 0) throw new Complaint(`one file is needed\n\n${usage}`);
  const text = readText(file);
  const shiftTo = values['shift-to'];
  if (shiftTo !== undefined && !dateSchema.safeParse(shiftTo).success)
    throw new Complaint(`--shift-to ${shiftTo} is not a date like 2026-12-01`);
  return {
    file,
    text,
    format: formatOf(values.format, text),
    seats: values.seats === undefined ? undefined : readText(values.seats),
    url: serverUrl(values.url),
    shiftTo,
    dryRun: values['dry-run'],
    rejectedFile: values.rejected,
  };
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(fromUser(path));
    // The first two bytes say whether it is gzipped, whatever its name.
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes);
  } catch (error) {
    throw new Complaint(`cannot read ${path}: ${(error as Error).message}`);
  }
  return bytes.toString('utf8');
}

function formatOf(given: string | undefined, text: string): Format {
  if (given !== undefined) {
    const format = importFormats.find((each) => each === given);
    if (!format) throw new Complaint(`--format ${given} is none of ${importFormats.join(', ')}`);
    return format;
  }
  const guessed = guessFormat(text);
  if (!guessed) throw new Complaint('the header does not tell what the file is; say it with --format');
  return guessed;
}

/** Which format a text is, by the columns that only that format has. */
export function guessFormat(text: string): Format | undefined {
  if (/^\ufeff?1AIRLINE STANDARD SCHEDULE DATA SET/.test(text)) return 'ssim';
  const columns = columnsOf(readDelimited(text)?.header ?? [], {
    arrives: ['arrives_at'],
    elapsed: ['crs_elapsed_min', 'CRSElapsedTime', 'CRS_ELAPSED_TIME'],
    latitude: ['latitude', 'latitude_deg', 'lat'],
    minutes: ['minutes'],
    airport: ['arrival_airport', 'airport'],
  });
  if (columns.arrives >= 0) return 'csv';
  if (columns.elapsed >= 0) return 'bts';
  if (columns.latitude >= 0) return 'places';
  if (columns.minutes >= 0 && columns.airport >= 0) return 'mct';
  return undefined;
}

async function sendAll(options: Options): Promise<ImportReport> {
  const { format, text, seats, url, dryRun, shiftTo } = options;
  const call = callServer(url);
  const total: ImportReport = {
    accepted: 0,
    flights: { created: 0, updated: 0, unchanged: 0 },
    places: { created: 0, updated: 0, unchanged: 0 },
    connections: { created: 0, updated: 0, unchanged: 0 },
    rejected: [],
    notes: [],
    importId: null,
    dryRun,
  };
  // All pieces of a file are one import, to be rolled back as one.
  const importId = newId();
  const meter = startMeter(`${options.file} as ${format}${dryRun ? ', dry run' : ''}`);
  try {
    const pieces = cutImport(format, text, shiftTo);
    let step = pieces.next();
    while (!step.done) {
      const { share, ...piece } = step.value;
      // An import that ran twice changes nothing.
      const report = await call((trpc) =>
        trpc.admin.flights.import.mutate({ format, seats, dryRun, importId, ...piece }),
      );
      total.accepted += report.accepted;
      for (const outcome of ['created', 'updated', 'unchanged'] as const) {
        total.flights[outcome] += report.flights[outcome];
        total.places[outcome] += report.places[outcome];
        total.connections[outcome] += report.connections[outcome];
      }
      total.notes.push(...report.notes);
      total.importId ??= report.importId;
      meter.at(share, total);
      step = pieces.next(report.rejected);
    }
    total.rejected = step.value;
  } catch (error) {
    meter.end('not finished');
    throw error;
  }
  meter.end('sent');
  return total;
}

interface Meter {
  at(share: number, total: ImportReport): void;
  end(word: string): void;
}

/** A bar with an estimate on a terminal, a line a piece elsewhere. */
function startMeter(title: string): Meter {
  const began = performance.now();
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const line = (share: number, total: ImportReport): string => {
    const spent = performance.now() - began;
    const left = share < 1 ? `, about ${seconds((spent / share) * (1 - share))} left` : '';
    return `${Math.round(share * 100)} %: ${total.accepted} lines taken${left}`;
  };
  if (!process.stdout.isTTY) {
    console.log(title);
    return { at: (share, total) => console.log(line(share, total)), end: () => {} };
  }
  const bar = progress({ max: 100 });
  let shown = 0;
  bar.start(title);
  return {
    at: (share, total) => {
      bar.advance(Math.round(share * 100) - shown, `${title}, ${line(share, total)}`);
      shown = Math.round(share * 100);
    },
    end: (word) => bar.stop(`${title}: ${word} in ${seconds(performance.now() - began)}`),
  };
}

function printReport(report: ImportReport, { format, rejectedFile }: Options): void {
  const counts = (of: ImportReport['flights']): string =>
    `${of.created} created, ${of.updated} updated, ${of.unchanged} unchanged`;
  const what = {
    places: `places: ${counts(report.places)}`,
    mct: `connection times: ${counts(report.connections)}`,
    flights: `flights: ${counts(report.flights)}`,
  }[format === 'places' || format === 'mct' ? format : 'flights'];
  console.log(`${report.accepted} lines accepted, ${report.rejected.length} rejected`);
  console.log(report.dryRun ? `${what} (dry run: nothing was changed)` : what);
  for (const { line, note } of report.notes.slice(0, rejectedShown)) console.log(`  line ${line}, taken: ${note}`);
  if (report.notes.length > rejectedShown)
    console.log(`  … and ${report.notes.length - rejectedShown} more such notes`);
  for (const { line, reason } of report.rejected.slice(0, rejectedShown)) console.log(`  line ${line}: ${reason}`);
  const hidden = report.rejected.length - rejectedShown;
  if (hidden > 0 && !rejectedFile) console.log(`  … and ${hidden} more; --rejected FILE writes all of them`);
  if (report.importId) console.log(`import ${report.importId} can be rolled back on the dashboard's page of imports`);
  if (!rejectedFile) return;
  const lines = report.rejected.map(({ line, reason }) => `${line},"${reason.replaceAll('"', '""')}"\n`);
  writeFileSync(fromUser(rejectedFile), `line,reason\n${lines.join('')}`);
  console.log(`all ${report.rejected.length} rejected lines are in ${rejectedFile}`);
}

if (import.meta.main) {
  await runCommand('import', async () => {
    const options = readOptions(process.argv.slice(2));
    const report = await sendAll(options);
    printReport(report, options);
    // Nothing of the file was understood: whoever scripts this wants to know.
    if (report.accepted === 0) process.exitCode = 1;
  });
}
