import { Button, Checkbox, FileInput, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CircleCheck, FileUp, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { type ImportReport, importFormats } from '../../../../shared/flight.ts';
import { newId } from '../../../../shared/ids.ts';
import { limits } from '../../../../shared/limits.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { StateTag } from '../flight/state-tag.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { FaultTable } from './fault-table.tsx';
import { ImportList } from './import-list.tsx';
import styles from './import-page.module.css';
import { ImportReview } from './import-review.tsx';
import { useOperator } from './operator.tsx';
import { readTextFile } from './read-text-file.ts';

type Format = (typeof importFormats)[number];

const formatNames: Record<Format, string> = {
  csv: 'Timetable (CSV)',
  bts: 'US on-time data (BTS)',
  ssim: 'SSIM chapter 7',
  places: 'Places (CSV)',
  mct: 'Connection times (CSV)',
};
class TooLarge extends Error {}

/** A file is always tried first: it is shown what it would do, and only then it may be applied. */
export function ImportPage() {
  usePageTitle('Operate: import');
  const { trpc } = useOperator();
  const cache = useQueryClient();
  const navigate = useNavigate({ from: '/operate/import' });
  const { id, show } = useSearch({ from: '/operate/import' });
  const [file, setFile] = useState<File | null>(null);
  const [seats, setSeats] = useState<File | null>(null);
  const [format, setFormat] = useState<Format>('csv');
  const [shiftTo, setShiftTo] = useState('');
  const [isWhole, setWhole] = useState(false);
  const isTimetable = format !== 'places' && format !== 'mct';
  const open = (next: { id?: string | undefined; show?: typeof show }) =>
    void navigate({ search: next, replace: true });
  const importing = useMutation(trpc.admin.flights.import.mutationOptions());
  const previewing = useMutation(trpc.admin.imports.preview.mutationOptions());
  const running = useMutation({
    mutationFn: async ({ dryRun }: { dryRun: boolean }) => {
      if (!file) throw new Error('no file');
      const [text, seatText] = await Promise.all([readTextFile(file), seats && readTextFile(seats)]);
      if (text.length > limits.importTextBytes) throw new TooLarge();
      if (isTimetable) {
        const preview = await previewing.mutateAsync({
          id: newId(),
          format,
          text,
          isWhole,
          fileName: file.name.slice(0, 200),
          ...(seatText && format === 'bts' && { seats: seatText }),
          ...(shiftTo && { shiftTo }),
        });
        open({ id: preview.id });
        void cache.invalidateQueries(trpc.admin.imports.list.pathFilter());
        return null;
      }
      const report = await importing.mutateAsync({ format, text, dryRun });
      if (!dryRun) {
        void cache.invalidateQueries(trpc.admin.pathFilter());
        void cache.invalidateQueries(trpc.search.pathFilter());
      }
      return report;
    },
  });
  const changed = <T,>(set: (value: T) => void) => {
    return (value: T) => {
      set(value);
      // A report belongs to the file and the options that it was made with.
      running.reset();
      if (id) open({});
    };
  };
  return (
    <div className="stack">
      <h1>Import a timetable</h1>
      <section className="surface" aria-label="File">
        <form
          className={`body ${styles.form}`}
          onSubmit={(event) => {
            event.preventDefault();
            running.mutate({ dryRun: true });
          }}
        >
          <FileInput
            label="File"
            description="CSV, SSIM or text, also as .gz"
            placeholder="Choose a file"
            leftSection={<FileUp size={16} aria-hidden />}
            value={file}
            onChange={changed(setFile)}
            accept=".csv,.txt,.ssim,.ssm,.gz,text/csv,text/plain,application/gzip"
            clearable
            clearButtonProps={{ 'aria-label': 'Remove the file' }}
          />
          <NativeSelect
            label="Format"
            description="What the file holds"
            data={importFormats.map((each) => ({ value: each, label: formatNames[each] }))}
            value={format}
            onChange={(event) => changed(setFormat)(event.currentTarget.value as Format)}
          />
          {format === 'bts' && (
            <FileInput
              label="Seats by tail number"
              description="Optional CSV"
              placeholder="Choose a file"
              value={seats}
              onChange={changed(setSeats)}
              clearable
              clearButtonProps={{ 'aria-label': 'Remove the seats file' }}
            />
          )}
          {isTimetable && (
            <TextInput
              label="Shift to"
              description="First day of the file becomes"
              type="date"
              value={shiftTo}
              onChange={(event) => changed(setShiftTo)(event.currentTarget.value)}
            />
          )}
          {isTimetable && (
            <Checkbox
              className={styles.whole}
              label="The file is whole"
              description="Flights that it lacks are cancelled"
              checked={isWhole}
              onChange={(event) => changed(setWhole)(event.currentTarget.checked)}
            />
          )}
          <Button
            type="submit"
            disabled={!file}
            loading={running.isPending && running.variables?.dryRun}
            className={styles.go}
          >
            Try it
          </Button>
        </form>
      </section>
      {!running.data && !id && format === 'csv' && <CsvExample />}
      {running.isError &&
        (running.error instanceof TooLarge ? (
          <p role="alert" className={styles.large}>
            The file is larger than {limits.importTextBytes / 1024 / 1024} MB when unpacked. Split it, or use{' '}
            <code>npm run import</code>.
          </p>
        ) : (
          <FailureNotice error={running.error} />
        ))}
      {running.data && (
        <Report report={running.data} applying={running.isPending} onApply={() => running.mutate({ dryRun: false })} />
      )}
      {running.isPending && !running.variables?.dryRun && (
        <p role="status" className="dim">
          Applying…
        </p>
      )}
      {id && <ImportReview key={id} id={id} show={show} onShow={(next) => open({ id, show: next })} />}
      <ImportList shown={id} />
    </div>
  );
}

const csvExample = `carrier,number,origin,destination,departs_at,arrives_at,economy_seats,economy_price,currency
QX,204,JFK,LHR,2027-03-01T19:30,2027-03-02T07:25,180,420.00,USD`;

/** What the most frequent format looks like, for those who have no file yet. */
const CsvExample = () => (
  <section className="surface" aria-labelledby="example">
    <div className="head">
      <h2 id="example">What a timetable looks like</h2>
    </div>
    <div className="body">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre className={styles.example} tabIndex={0}>
        {csvExample}
      </pre>
      <p className="dim">
        Times are local to each airport. Cabins are economy, premium_economy, business and first, each with _seats and
        _price; without a price the distance decides.
      </p>
    </div>
  </section>
);

function Report({ report, applying, onApply }: { report: ImportReport; applying: boolean; onApply: () => void }) {
  const { connections, places, accepted, rejected, dryRun } = report;
  const effect = connections.created + connections.updated + places.created + places.updated;
  const rows = [
    { name: 'Places', ...places },
    { name: 'Connection times', ...connections },
  ].filter((row) => row.created + row.updated + row.unchanged > 0);
  return (
    <section className="surface" aria-labelledby="report">
      <div className="head">
        <div className="row">
          <h2 id="report">{dryRun ? 'What it would do' : 'Applied'}</h2>
          <StateTag
            tone={rejected.length === 0 ? 'ok' : 'warn'}
            icon={rejected.length === 0 ? CircleCheck : TriangleAlert}
          >
            {accepted.toLocaleString()} {accepted === 1 ? 'line' : 'lines'} understood,{' '}
            {rejected.length.toLocaleString()} rejected
          </StateTag>
        </div>
        {dryRun && (
          <Button onClick={onApply} loading={applying} disabled={effect === 0}>
            {effect === 0
              ? 'Nothing to apply'
              : `Apply ${effect.toLocaleString()} ${effect === 1 ? 'change' : 'changes'}`}
          </Button>
        )}
      </div>
      <div className="body stack">
        {rows.length > 0 && (
          <div className="scroll-x">
            <table className="figures" style={{ maxWidth: 520 }}>
              <thead>
                <tr>
                  <th scope="col">{dryRun ? 'Would be' : 'Were'}</th>
                  <th scope="col" className="n">
                    created
                  </th>
                  <th scope="col" className="n">
                    updated
                  </th>
                  <th scope="col" className="n">
                    unchanged
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.name}>
                    <th scope="row">{row.name}</th>
                    <td className="n">{row.created.toLocaleString()}</td>
                    <td className="n">{row.updated.toLocaleString()}</td>
                    <td className="n">{row.unchanged.toLocaleString()}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        <FaultTable faults={rejected} total={rejected.length} />
      </div>
    </section>
  );
}
