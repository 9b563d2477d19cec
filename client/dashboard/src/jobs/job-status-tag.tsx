import { Ban, CircleCheck, CircleX, Hourglass, LoaderCircle, type LucideIcon, Pause } from 'lucide-react';
import type { JobStatus } from '../../../../shared/jobs.ts';
import { StateTag, type Tone } from '../flight/state-tag.tsx';

export const jobStatusNames: Record<JobStatus, string> = {
  pending: 'Waiting',
  running: 'Running',
  paused: 'Paused',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const looks: Record<JobStatus, [Tone, LucideIcon]> = {
  pending: ['neutral', Hourglass],
  running: ['accent', LoaderCircle],
  paused: ['warn', Pause],
  completed: ['ok', CircleCheck],
  failed: ['bad', CircleX],
  cancelled: ['neutral', Ban],
};

export function JobStatusTag({ status }: { status: JobStatus }) {
  const [tone, icon] = looks[status];
  return (
    <StateTag tone={tone} icon={icon}>
      {jobStatusNames[status]}
    </StateTag>
  );
}
