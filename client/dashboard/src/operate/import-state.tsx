import { CircleCheck, CircleDashed, Loader, Undo2 } from 'lucide-react';
import type { ImportStatus } from '../../../../shared/schedule-import.ts';
import { StateTag, type Tone } from '../flight/state-tag.tsx';

const states: Record<ImportStatus, { tone: Tone; icon: typeof Loader; words: string }> = {
  reading: { tone: 'neutral', icon: Loader, words: 'Being read' },
  planned: { tone: 'accent', icon: CircleDashed, words: 'Not applied' },
  applying: { tone: 'warn', icon: Loader, words: 'Partly applied' },
  applied: { tone: 'ok', icon: CircleCheck, words: 'Applied' },
  rolling_back: { tone: 'warn', icon: Loader, words: 'Partly rolled back' },
  rolled_back: { tone: 'neutral', icon: Undo2, words: 'Rolled back' },
};

export function ImportState({ status }: { status: ImportStatus }) {
  const { tone, icon, words } = states[status];
  return (
    <StateTag tone={tone} icon={icon}>
      {words}
    </StateTag>
  );
}

/** What the page calls an import with this status. */
export const importTitle = (status: ImportStatus): string =>
  status === 'planned' ? 'What it would do' : states[status].words;
