import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { dateSchema } from '../shared/times.ts';
import { Complaint } from './command-line.ts';
import { callServer, fromUser, runCommand, serverUrl } from './operator/call-server.ts';

const usage = `npm run export -- [FILE] [options]

Writes the timetable that a running server holds, as SSIM chapter 7, with the operator key of ADMIN_API_KEY (or the
one that the server made and keeps in its data directory). FILE is gzipped if its name ends in .gz; without FILE the
text goes to standard output.

  --format ssim      the only one there is
  --carrier CODE     only this carrier
  --from DATE        only local departure dates from here
  --to DATE          … and until there
  --url URL          the server (http://127.0.0.1:3000, or what HOST and PORT say)
`;

await runCommand('export', async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      format: { type: 'string', default: 'ssim' },
      carrier: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      url: { type: 'string' },
    },
  });
  const [file, ...others] = positionals;
  if (others.length > 0) throw new Complaint(`one file at most\n\n${usage}`);
  if (values.format !== 'ssim') throw new Complaint(`--format ${values.format} is not ssim`);
  for (const name of ['from', 'to'] as const)
    if (values[name] !== undefined && !dateSchema.safeParse(values[name]).success)
      throw new Complaint(`--${name} ${values[name]} is not a date like 2026-12-01`);
  const call = callServer(serverUrl(values.url));
  const choice = { carrier: values.carrier, from: values.from, to: values.to };
  const parts: string[] = [];
  let [cursor, flights, leftOut]: [string | null, number, number] = [null, 0, 0];
  do {
    const part = await call((trpc) => trpc.admin.flights.export.query({ format: 'ssim', ...choice, cursor }));
    // To a pipe at once; a file is written whole or not at all.
    if (file) parts.push(part.text);
    else process.stdout.write(part.text);
    flights += part.flights;
    leftOut += part.leftOut;
    cursor = part.nextCursor;
  } while (cursor !== null);
  if (file) {
    const text = Buffer.from(parts.join(''));
    writeFileSync(fromUser(file), file.endsWith('.gz') ? gzipSync(text) : text);
  }
  console.error(
    `${flights} dated flights${leftOut > 0 ? `, ${leftOut} left out: more seats than the format can say` : ''}`,
  );
});
