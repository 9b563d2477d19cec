import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../../platform/runtime/give-way.ts';
import { Names } from './names.ts';
import type { Timetable } from './timetable.ts';
import { type DigestNames, wholeDigest } from './timetable-digest.ts';

export interface DigestTask {
  timetable: Timetable;
  names: Record<keyof DigestNames, string[]>;
}

giveWay();
const { timetable, names } = workerData as DigestTask;
const { airports, carriers, currencies } = names;
parentPort?.postMessage(
  wholeDigest(timetable, {
    airports: new Names(airports),
    carriers: new Names(carriers),
    currencies: new Names(currencies),
  }),
);
