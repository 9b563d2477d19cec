import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../../platform/runtime/give-way.ts';
import { FlightIndex } from './flight-index.ts';
import { rearrange } from './rearrange.ts';
import type { Timetable } from './timetable.ts';

giveWay();
const timetable = rearrange(workerData as Timetable);
const index = FlightIndex.of(timetable).posted();
parentPort?.postMessage({ timetable, index }, [index.places.buffer as ArrayBuffer]);
