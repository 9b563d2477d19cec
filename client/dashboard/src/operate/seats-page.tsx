import { Button, Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useSubscription } from '@trpc/tanstack-react-query';
import { CircleCheck, ScanSearch, ShieldCheck, ShieldX, Wrench } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { AuditStatusView, ReplayFinding, ReplayView, SeatDisagreement } from '../../../../shared/operations.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { cabinNames } from '../flight/cabin-names.ts';
import { formatClock } from '../flight/flight-times.ts';
import { StateTag } from '../flight/state-tag.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { useOperator } from './operator.tsx';
import styles from './seats-page.module.css';

const RepairDialog = lazy(() => import('./repair-dialog.tsx').then((module) => ({ default: module.RepairDialog })));

/** The audit makes a round every five seconds; a look in between shows nothing new. */
const refreshMs = 5_000;

const whole = (n: number): string => n.toLocaleString();
const cabins = (n: number): string => `${whole(n)} ${n === 1 ? 'cabin' : 'cabins'}`;

/** Do the seats add up? What the audit has seen, the whole record on request, and the way to mend what it found. */
export function SeatsPage() {
  usePageTitle('Operate: seats');
  const { trpc } = useOperator();
  const [mending, setMending] = useState<SeatDisagreement | null>(null);
  const status = useQuery(trpc.admin.seats.status.queryOptions(undefined, { refetchInterval: refreshMs }));
  const audit = useQuery(trpc.admin.seats.audit.queryOptions(undefined, { enabled: false, gcTime: 0 }));
  const repaired = () => {
    void status.refetch();
    if (audit.data) void audit.refetch();
  };
  return (
    <div className="stack">
      <div className="row between">
        <h1>Seats</h1>
        <Button
          leftSection={<ScanSearch size={16} aria-hidden />}
          onClick={() => void audit.refetch()}
          loading={audit.isFetching}
        >
          Audit all now
        </Button>
      </div>

      <section className="surface" aria-labelledby="watched">
        <div className="head">
          <h2 id="watched">The audit that never rests</h2>
          {status.data && <Verdict drift={status.data.drift} />}
        </div>
        <div className="body stack">
          {status.isError ? (
            <FailureNotice error={status.error} onRetry={() => void status.refetch()} retrying={status.isRefetching} />
          ) : status.data ? (
            <Watched status={status.data} onRepair={setMending} />
          ) : (
            <p className="dim">
              {status.isPending ? 'Asking…' : 'No round yet. A process with background work makes one every 5 seconds.'}
            </p>
          )}
        </div>
      </section>

      {(audit.data || audit.isError) && (
        <section className="surface" aria-labelledby="audited">
          <div className="head">
            <h2 id="audited">All cabins in one snapshot</h2>
            {audit.data && <Verdict drift={audit.data.drift} />}
          </div>
          <div className="body stack" aria-live="polite">
            {audit.data ? (
              <>
                <p>
                  {cabins(audit.data.checked)} compared, {whole(audit.data.drift)} with drift
                  <span className="dim"> at {formatClock(new Date(audit.dataUpdatedAt).toISOString())}</span>
                </p>
                <Disagreements
                  name="Cabins that disagree in the snapshot"
                  rows={audit.data.disagreements}
                  onRepair={setMending}
                />
              </>
            ) : (
              <FailureNotice error={audit.error} onRetry={() => void audit.refetch()} />
            )}
          </div>
        </section>
      )}

      <Replay />
      <Suspense fallback={null}>
        {mending && <RepairDialog finding={mending} onClose={() => setMending(null)} onRepaired={repaired} />}
      </Suspense>
    </div>
  );
}

const Verdict = ({ drift }: { drift: number }) => (
  <StateTag tone={drift === 0 ? 'ok' : 'bad'} icon={drift === 0 ? ShieldCheck : ShieldX}>
    {drift === 0 ? 'No drift' : `${whole(drift)} adrift`}
  </StateTag>
);

function Watched({ status, onRepair }: { status: AuditStatusView; onRepair: (finding: SeatDisagreement) => void }) {
  const { at, changed, sweep, drift, disagreements } = status;
  return (
    <>
      <dl className={styles.facts}>
        <Fact name="Drift">
          <span className={styles.drift} data-tone={drift === 0 ? 'ok' : 'bad'} data-testid="drift">
            {whole(drift)}
          </span>
        </Fact>
        <Fact name="Last round">
          {formatClock(at)}
          <span className="dim">{changed === 0 ? 'nothing had changed' : `${cabins(changed)} that had changed`}</span>
        </Fact>
        <Fact name="Walk through all cabins">
          {whole(Math.min(sweep.done, sweep.of))} of {whole(sweep.of)}
          <span className="dim">
            {sweep.lastFinishedAt ? `last finished ${formatClock(sweep.lastFinishedAt)}` : 'the first one'}
          </span>
        </Fact>
      </dl>
      <Disagreements name="Cabins that disagree" rows={disagreements} onRepair={onRepair} />
    </>
  );
}

const Fact = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

/** The three records side by side; what differs from the bookings is marked. */
function Disagreements({
  name,
  rows,
  onRepair,
}: {
  name: string;
  rows: SeatDisagreement[];
  onRepair: (finding: SeatDisagreement) => void;
}) {
  if (rows.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="scroll-x" tabIndex={0} aria-label={name}>
      <table className="figures" aria-label={name}>
        <thead>
          <tr>
            <th scope="col">Flight</th>
            <th scope="col">Cabin</th>
            <th scope="col">Counters</th>
            <th scope="col">Ledger</th>
            <th scope="col">Bookings</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.flightId + row.cabin}>
              <td>
                <Link to="/flights/$flightId" params={{ flightId: row.flightId }}>
                  <code title={row.flightId}>{row.flightId.slice(-6)}</code>
                </Link>
              </td>
              <td>{cabinNames[row.cabin]}</td>
              {(['counters', 'ledger', 'bookings'] as const).map((record) => {
                const { held, sold } = row[record];
                const off = held !== row.bookings.held || sold !== row.bookings.sold;
                return (
                  <td key={record} className={`nowrap ${off ? styles.off : ''}`}>
                    {off && <ShieldX size={12} strokeWidth={2.4} aria-label="differs:" />} {held} held, {sold} sold
                  </td>
                );
              })}
              <td className="n">
                <Button
                  size="compact-xs"
                  variant="default"
                  leftSection={<Wrench size={12} aria-hidden />}
                  onClick={() => onRepair(row)}
                >
                  Repair
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The whole ledger told again, row by row; how far it has come is shown as it goes. */
function Replay() {
  const { trpc } = useOperator();
  const [run, setRun] = useState(0);
  const [view, setView] = useState<ReplayView | null>(null);
  const replay = useSubscription(
    trpc.admin.seats.onReplay.subscriptionOptions({}, { enabled: run > 0, onData: setView }),
  );
  const failed = replay.status === 'error';
  const running = run > 0 && !failed && !view?.finished;
  const start = () => {
    setView(null);
    setRun((before) => before + 1);
    if (run > 0) replay.reset();
  };
  const done = view && view.of > 0 ? (view.checked / view.of) * 100 : view ? 100 : 0;
  return (
    <section className="surface" aria-labelledby="replay">
      <div className="head">
        <div>
          <h2 id="replay">Replay the ledger</h2>
          <p className="dim">
            Reads every movement again with rules of its own: sums, versions, and the life of each booking.
          </p>
        </div>
        <Button variant="default" size="xs" onClick={start} loading={running}>
          {view ? 'Replay again' : 'Replay'}
        </Button>
      </div>
      <div className="body stack">
        {failed && <FailureNotice error={replay.error} onRetry={start} />}
        {running && <Progress value={done} aria-label="Progress of the replay" transitionDuration={0} />}
        {view ? (
          <>
            <div className="row" aria-live="polite">
              {view.finished && (
                <StateTag tone={view.drift === 0 ? 'ok' : 'bad'} icon={view.drift === 0 ? CircleCheck : ShieldX}>
                  {view.drift === 0 ? 'Nothing found' : `${cabins(view.drift)} with findings`}
                </StateTag>
              )}
              <span>
                {cabins(view.checked)} of {whole(view.of)}, {whole(view.rows)} movements
              </span>
            </div>
            {view.findings.length > 0 && <Findings findings={view.findings} />}
          </>
        ) : (
          !failed && <p className="dim">{running ? 'Starting…' : 'Not run in this tab yet.'}</p>
        )}
      </div>
    </section>
  );
}

const faultNames: Record<ReplayFinding['fault'], string> = {
  counters: 'Counters differ',
  below_zero: 'Below zero',
  above_capacity: 'Above capacity',
  version: 'Unknown version',
  quantity: 'Wrong quantity',
  sequence: 'Impossible order',
  status: 'Status differs',
  no_booking: 'No such booking',
  no_ledger: 'Not in the ledger',
  no_cabin: 'No such cabin',
};

const Findings = ({ findings }: { findings: ReplayFinding[] }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section className={`scroll-x ${styles.findings}`} tabIndex={0} aria-label="Findings">
    <table className="figures" aria-label="Findings">
      <thead>
        <tr>
          <th scope="col">Finding</th>
          <th scope="col">Flight</th>
          <th scope="col">Cabin</th>
          <th scope="col" className="n">
            Version
          </th>
          <th scope="col">Booking</th>
          <th scope="col">What</th>
        </tr>
      </thead>
      <tbody>
        {findings.map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are only ever added to
          <tr key={index}>
            <th scope="row" className="nowrap">
              {faultNames[each.fault]}
            </th>
            <td>
              {each.flightId && (
                <Link to="/flights/$flightId" params={{ flightId: each.flightId }}>
                  <code title={each.flightId}>{each.flightId.slice(-6)}</code>
                </Link>
              )}
            </td>
            <td>{each.cabin && cabinNames[each.cabin]}</td>
            <td className="n">{each.version}</td>
            <td>{each.bookingId && <code title={each.bookingId}>{each.bookingId.slice(-6)}</code>}</td>
            <td className={styles.about}>{each.about}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);
