import { decodeTfs, encodeTfs, tfsSchema } from '../server/domain/google-flights/tfs.ts';

const usage = 'npm run tfs -- decode STRING | encode JSON';

/** Reads a Google Flights query as JSON, or writes it again. Exit code 1 with one line for what is neither. */
function run([verb, given]: string[]): string {
  if ((verb !== 'decode' && verb !== 'encode') || !given) throw new Error(usage);
  if (verb === 'encode') return encodeTfs(tfsSchema.parse(JSON.parse(given)));
  return JSON.stringify(decodeTfs(given.replace(/^.*[?&]tfs=([^&#]*).*$/, '$1').replaceAll(/%3D/gi, '=')), null, 2);
}

try {
  console.log(run(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
