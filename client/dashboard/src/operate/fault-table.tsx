import styles from './import-page.module.css';

/** The table stays readable; the count tells of the rest. */
const faultsShownMax = 200;

/** Lines that were refused, with their reasons. */
export function FaultTable({ faults, total }: { faults: { line: number; reason: string }[]; total: number }) {
  if (total === 0) return null;
  const shown = faults.slice(0, faultsShownMax);
  return (
    <div>
      <h3>Rejected lines</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={styles.faults} tabIndex={0} aria-label="Rejected lines">
        <table className="figures">
          <thead>
            <tr>
              <th scope="col" className={styles.line}>
                Line
              </th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((fault) => (
              <tr key={`${fault.line}-${fault.reason}`}>
                <th scope="row">{fault.line}</th>
                <td>{fault.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {total > shown.length && <p className="dim">and {(total - shown.length).toLocaleString()} more</p>}
    </div>
  );
}
