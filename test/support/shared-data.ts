import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';

const folder = join(import.meta.dirname, '../../../shared/data');

/** A file of the recorded data beside the project, which is not part of it. */
export const sharedData = (...path: string[]): string => join(folder, ...path);

/** A suite that needs recorded data; without it the run says loudly what was not proved. */
export function describeRecorded(name: string, path: string, suite: () => void): void {
  const isThere = existsSync(sharedData(path));
  if (!isThere) console.warn(`SKIPPED, no recorded data at ${sharedData(path)}: ${name}`);
  describe.skipIf(!isThere)(name, suite);
}
