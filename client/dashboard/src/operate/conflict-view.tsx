import { Button } from '@mantine/core';
import { GitCompareArrows } from 'lucide-react';
import styles from './conflict-view.module.css';
import { type FlightDraft, fieldsOf } from './flight-draft.ts';

/** Two operators edited the same flight: what it was, what the other made of it, and what you want. Nothing is lost yet. */
export function ConflictView({
  base,
  theirs,
  yours,
  expected,
  actual,
  applying,
  onTakeTheirs,
  onApplyYours,
}: {
  base: FlightDraft;
  theirs: FlightDraft;
  yours: FlightDraft;
  expected: number;
  actual: number;
  applying: boolean;
  onTakeTheirs: () => void;
  onApplyYours: () => void;
}) {
  const was = fieldsOf(base);
  const now = fieldsOf(theirs);
  const want = fieldsOf(yours);
  const rows = was.flatMap(({ name, value }, index) => {
    const their = now[index]?.value ?? '–';
    const your = want[index]?.value ?? '–';
    const theyChanged = their !== value;
    const youChanged = your !== value;
    return theyChanged || youChanged ? [{ name, value, their, your, theyChanged, youChanged }] : [];
  });
  const clash = rows.some((row) => row.theyChanged && row.youChanged && row.their !== row.your);
  return (
    <section className={styles.conflict} role="alert" aria-labelledby="conflict">
      <div className="row">
        <GitCompareArrows size={20} aria-hidden />
        <h2 id="conflict">Somebody else saved this flight first</h2>
      </div>
      <p>
        You started from version {expected}; it is version {actual} now. Nothing of yours was saved yet.
      </p>
      <div className="scroll-x">
        <table className="figures">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">You saw</th>
              <th scope="col">Theirs, now</th>
              <th scope="col">Yours</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <th scope="row" className={styles.name}>
                  {row.name}
                </th>
                <td className="dim">{row.value}</td>
                <td data-changed={row.theyChanged || undefined}>{row.their}</td>
                <td
                  data-changed={row.youChanged || undefined}
                  data-clash={(clash && row.youChanged && row.theyChanged && row.their !== row.your) || undefined}
                >
                  {row.youChanged ? row.your : <span className="dim">as theirs</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="dim">
        {clash
          ? 'You both changed the same field: applying yours replaces theirs there.'
          : 'You changed different fields: both edits can stand.'}
      </p>
      <div className="row">
        <Button onClick={onApplyYours} loading={applying}>
          Apply mine on top
        </Button>
        <Button variant="default" onClick={onTakeTheirs}>
          Take theirs, drop mine
        </Button>
      </div>
    </section>
  );
}
