import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../../platform/runtime/give-way.ts';
import { type PostedNames, readNames } from './names.ts';
import type { Timetable } from './timetable.ts';
import { wholeDigest } from './timetable-digest.ts';

export interface DigestTask {
  timetable: Timetable;
  names: PostedNames;
}

giveWay();
const { timetable, names } = workerData as DigestTask;
parentPort?.postMessage(wholeDigest(timetable, readNames(names)));
