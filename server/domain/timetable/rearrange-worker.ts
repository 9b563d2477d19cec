import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../../platform/runtime/give-way.ts';
import { FlightIndex, type PostedIndex } from './flight-index.ts';
import { rearrange } from './rearrange.ts';
import type { Timetable } from './timetable.ts';

export interface PostedArrangement {
  timetable: Timetable;
  index: PostedIndex;
}

giveWay();
const timetable = rearrange(workerData as Timetable);
const index = FlightIndex.of(timetable).posted();
const arrangement: PostedArrangement = { timetable, index };
parentPort?.postMessage(arrangement, [index.places.buffer as ArrayBuffer]);
