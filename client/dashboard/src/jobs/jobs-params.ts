import * as z from 'zod';
import { jobStatuses, outcomes, resultSorts } from '../../../../shared/jobs.ts';

export const jobsParams = z.object({ status: z.enum(jobStatuses).optional().catch(undefined) });

/** What the address of a job's page says: which of its results, in which order. */
export const jobParams = z.object({
  outcome: z.enum(outcomes).optional().catch(undefined),
  sort: z.enum(resultSorts).optional().catch(undefined),
  descending: z.boolean().optional().catch(undefined),
  origin: z.string().length(3).optional().catch(undefined),
  destination: z.string().length(3).optional().catch(undefined),
  date: z.iso.date().optional().catch(undefined),
});
export type JobParams = z.infer<typeof jobParams>;

const codes = z.string().max(1_000).optional().catch(undefined);

/** A form that is half filled in is a link, too; lists stand in it with commas between. */
export const newJobParams = z.object({
  from: codes,
  to: codes,
  depart: z.iso.date().optional().catch(undefined),
  until: z.iso.date().optional().catch(undefined),
  back: z.iso.date().optional().catch(undefined),
  backUntil: z.iso.date().optional().catch(undefined),
});
