import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { JobResult, JobResultsInput } from '../../../../shared/jobs.ts';
import { trpc } from '../wire/traveller.ts';

/** Rows of a page. */
const pageSize = 500;
/** So many rows before they are seen their page is asked for. */
const ahead = 200;

/** Which of a job's results, in which order. */
export type ResultList = Pick<JobResultsInput, 'jobId' | 'sort' | 'descending' | 'outcome' | 'filters'>;

interface Span {
  first: number;
  last: number;
}

const top: Span = { first: 0, last: 0 };

/**
 * The rows of a long list around those that are seen: any place of it is one question away, and pages that are out of
 * sight are given up, so a list of any length takes the memory of a few pages. All are of the moment of the first page,
 * which is always held.
 */
export function useResultPages(list: ResultList) {
  const key = JSON.stringify(list);
  const [held, setHeld] = useState({ key, span: top });
  // Another list begins at its top.
  const span = held.key === key ? held.span : top;
  const head = useQuery(
    trpc.jobs.results.queryOptions({ ...list, limit: pageSize }, { placeholderData: keepPreviousData }),
  );
  const { total = 0, checkpoint } = head.data ?? {};
  const numbers = Array.from({ length: span.last - span.first + 1 }, (_, at) => span.first + at).filter((n) => n > 0);
  const others = useQueries({
    queries: numbers.map((n) =>
      trpc.jobs.results.queryOptions(
        { ...list, checkpoint, skip: n * pageSize, limit: pageSize },
        // What was of a moment does not age.
        { staleTime: Number.POSITIVE_INFINITY, gcTime: 0 },
      ),
    ),
  });
  const pages = new Map<number, JobResult[]>([[0, head.data?.results ?? []]]);
  others.forEach(({ data }, at) => {
    if (data) pages.set(numbers[at] as number, data.results);
  });
  return {
    head,
    total: total ?? 0,
    failed: others.find((each) => each.isError),
    isAtTop: span.last === 0,
    /** A row, or undefined while it is not there yet. */
    rowAt: (index: number): JobResult | undefined => pages.get(Math.floor(index / pageSize))?.[index % pageSize],
    /**
     * Holds the pages of these rows. One beside those that are held is asked for at once; what lies farther is, while
     * the list is dragged, only passed by.
     */
    show: (firstRow: number, lastRow: number, isMoving: boolean): void => {
      // What is scrolled to is still a place of the list before.
      if (head.isPlaceholderData) return;
      const lastOfAll = Math.max(0, (total ?? 0) - 1);
      const pageOf = (row: number) => Math.floor(Math.min(Math.max(0, row), lastOfAll) / pageSize);
      const next = { first: pageOf(firstRow - ahead), last: pageOf(lastRow + ahead) };
      const isFar = next.first > span.last + 1 || next.last < span.first - 1;
      if ((isFar && isMoving) || (next.first === span.first && next.last === span.last)) return;
      setHeld({ key, span: next });
    },
  };
}
