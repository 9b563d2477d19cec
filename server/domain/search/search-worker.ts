import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../../platform/runtime/give-way.ts';
import { createOfferSeal } from '../offers/offer-seal.ts';
import { type PostedNames, readNames } from '../timetable/names.ts';
import type { Timetable } from '../timetable/timetable.ts';
import { answerSearch, type SearchAnswer, type SearchTask } from './answer-search.ts';
import type { ConnectionTimes } from './connection-times.ts';
import { type PageTask, type ShownPage, type ShownWith, showPage } from './show-page.ts';

/** What a thread searches, and with what it shows what it finds. */
export interface WorkerKnowledge {
  timetable: Timetable;
  times: ConnectionTimes;
  names: PostedNames;
  alliances: Map<string, string>;
}

/** To a worker: what to know from now on, or what to do. */
export type ToWorker = { know: WorkerKnowledge } | { search: SearchTask } | { show: PageTask };
export type FromWorker = { answer: SearchAnswer } | { page: ShownPage } | { error: string };

export interface WorkerOptions {
  offerSecret: string;
}

giveWay();

const seal = createOfferSeal((workerData as WorkerOptions).offerSecret);
let known: { timetable: Timetable; shownWith: Omit<ShownWith, 'nowMs'> } | undefined;

parentPort?.on('message', (message: ToWorker) => {
  if (!('know' in message)) {
    parentPort?.postMessage(answer(message));
    return;
  }
  const { timetable, times, names, alliances } = message.know;
  known = { timetable, shownWith: { names: readNames(names), times, alliances, seal } };
});

function answer(message: Exclude<ToWorker, { know: unknown }>): FromWorker {
  if (!known) return { error: 'no timetable yet' };
  const { timetable, shownWith } = known;
  try {
    if ('search' in message) return { answer: answerSearch(timetable, shownWith.times, message.search) };
    const { show } = message;
    return { page: showPage(timetable, { ...shownWith, nowMs: show.nowMs }, show) };
  } catch (error) {
    return { error: (error as Error).stack ?? String(error) };
  }
}
