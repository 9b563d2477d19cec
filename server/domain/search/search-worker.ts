import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { Timetable } from '../timetable/timetable.ts';
import { answerSearch, type SearchAnswer, type SearchTask } from './answer-search.ts';
import type { ConnectionTimes } from './connection-times.ts';

/** To a worker: what to search from now on, or a task. */
export type ToWorker = { timetable: Timetable; times: ConnectionTimes } | { task: SearchTask };
export type FromWorker = { answer: SearchAnswer } | { error: string };

/** Where cores are scarce searches give way to the thread that sells: about a tenth of a core that both want. */
const priority = 10;
// Linux means this thread by it, others the whole process.
if (process.platform === 'linux') setPriority(priority);

let timetable: Timetable | undefined;
let times: ConnectionTimes | undefined;

parentPort?.on('message', (message: ToWorker) => {
  if ('timetable' in message) {
    timetable = message.timetable;
    times = message.times;
    return;
  }
  parentPort?.postMessage(answer(message.task));
});

function answer(task: SearchTask): FromWorker {
  if (!timetable || !times) return { error: 'no timetable yet' };
  try {
    return { answer: answerSearch(timetable, times, task) };
  } catch (error) {
    return { error: (error as Error).stack ?? String(error) };
  }
}
