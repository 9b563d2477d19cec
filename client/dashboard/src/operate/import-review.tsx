import { Button, NativeSelect, Progress, Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { CircleCheck, TriangleAlert, Users } from 'lucide-react';
import { useState } from 'react';
import type { ChangeKind, ChangeView, FlightFacts, ImportDetailView } from '../../../../shared/schedule-import.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { StateTag } from '../flight/state-tag.tsx';
import { FaultTable } from './fault-table.tsx';
import { ImportState, importTitle } from './import-state.tsx';
import { useOperator } from './operator.tsx';
import { RollbackDialog } from './rollback-dialog.tsx';
import { useImportSteps } from './use-import-steps.ts';

type Show = ChangeKind | 'hit' | undefined;
const perPage = 50;
const kindNames: Record<ChangeKind, string> = { created: 'New', updated: 'Changed', cancelled: 'Cancelled' };

/** One import: what it would do or did, flight by flight, and the buttons that make it so or take it back. */
export function ImportReview({ id, show, onShow }: { id: string; show: Show; onShow: (show: Show) => void }) {
  const { trpc } = useOperator();
  const [isRollingBack, setRollingBack] = useState(false);
  const detail = useInfiniteQuery(
    trpc.admin.imports.get.infiniteQueryOptions(
      { id, limit: perPage, ...(show === 'hit' ? { hit: true } : { kind: show }) },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: (before) => before },
    ),
  );
  const { steps, at } = useImportSteps(id, 'commit');
  const view = detail.data?.pages[0];
  if (detail.isError && !view) return <FailureNotice error={detail.error} onRetry={() => void detail.refetch()} />;
  if (!view) return <Skeleton height={220} />;
  const { flights, status } = view;
  const effect = flights.created + flights.updated + flights.cancelled;
  const left = effect - (status === 'applying' ? view.progress.done : 0);
  const progress = at?.progress ?? view.progress;
  return (
    <section className="surface" aria-labelledby="review">
      <div className="head">
        <div className="row">
          <h2 id="review">{importTitle(status)}</h2>
          {status !== 'planned' && <ImportState status={status} />}
          <StateTag tone={view.rejected === 0 ? 'ok' : 'warn'} icon={view.rejected === 0 ? CircleCheck : TriangleAlert}>
            {view.accepted.toLocaleString()} {view.accepted === 1 ? 'line' : 'lines'} understood,{' '}
            {view.rejected.toLocaleString()} rejected
          </StateTag>
        </div>
        <div className="row">
          {(status === 'planned' || status === 'applying') && (
            <Button onClick={() => steps.mutate()} loading={steps.isPending} disabled={effect === 0}>
              {effect === 0
                ? 'Nothing to apply'
                : `Apply ${left.toLocaleString()} ${left === 1 ? 'change' : 'changes'}`}
            </Button>
          )}
          {(status === 'applying' || status === 'applied' || status === 'rolling_back') && !steps.isPending && (
            <Button variant="default" onClick={() => setRollingBack(true)}>
              Roll back…
            </Button>
          )}
        </div>
      </div>
      <div className="body stack">
        {steps.isError && <FailureNotice error={steps.error} />}
        {steps.isPending && (
          <Progress
            value={progress.of === 0 ? 100 : (progress.done / progress.of) * 100}
            aria-label="Progress of applying"
            transitionDuration={0}
          />
        )}
        <Summary view={view} />
        <FaultTable faults={view.rejectedLines} total={view.rejected} />
        {view.notes.length > 0 && <Notes notes={view.notes} />}
        {effect > 0 && (
          <>
            <div className="row between">
              <h3>Flights</h3>
              <NativeSelect
                size="xs"
                aria-label="Which flights"
                data={[
                  { value: '', label: 'All changes' },
                  ...(['created', 'updated', 'cancelled'] as const).map((kind) => ({
                    value: kind,
                    label: kindNames[kind],
                  })),
                  { value: 'hit', label: 'Those that hit bookings' },
                ]}
                value={show ?? ''}
                onChange={(event) => onShow((event.currentTarget.value || undefined) as Show)}
              />
            </div>
            <Changes changes={detail.data?.pages.flatMap((page) => page.changes) ?? []} />
            {detail.hasNextPage && (
              <Button
                variant="default"
                size="xs"
                loading={detail.isFetchingNextPage}
                onClick={() => void detail.fetchNextPage()}
                style={{ alignSelf: 'start' }}
              >
                Show more
              </Button>
            )}
          </>
        )}
      </div>
      {isRollingBack && (
        <RollbackDialog id={id} name={view.fileName ?? 'the import'} onClose={() => setRollingBack(false)} />
      )}
    </section>
  );
}

function Summary({ view }: { view: ImportDetailView }) {
  const { flights, hit, outcomes, scopes, notWhole } = view;
  const cells: [string, number][] = [
    ['created', flights.created],
    ['changed', flights.updated],
    ['cancelled', flights.cancelled],
    ['unchanged', flights.unchanged],
  ];
  return (
    <>
      <div className="scroll-x">
        <table className="figures" style={{ maxWidth: 520 }}>
          <thead>
            <tr>
              <th scope="col">{view.status === 'planned' ? 'Would be' : 'Were to be'}</th>
              {cells.map(([name]) => (
                <th key={name} scope="col" className="n">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">Flights</th>
              {cells.map(([name, count]) => (
                <td key={name} className="n">
                  {count.toLocaleString()}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
      <div className="row">
        <StateTag tone={hit.bookings > 0 ? 'warn' : 'ok'} icon={hit.bookings > 0 ? Users : CircleCheck}>
          {hit.bookings === 0
            ? 'No booking is hit'
            : `${hit.bookings.toLocaleString()} ${hit.bookings === 1 ? 'booking' : 'bookings'} hit, ${hit.seats.toLocaleString()} ${hit.seats === 1 ? 'seat' : 'seats'}`}
        </StateTag>
        {outcomes.skipped > 0 && (
          <StateTag tone="warn" icon={TriangleAlert}>
            {outcomes.skipped.toLocaleString()} skipped: edited meanwhile
          </StateTag>
        )}
        {outcomes.kept > 0 && (
          <StateTag tone="warn" icon={TriangleAlert}>
            {outcomes.kept.toLocaleString()} kept
          </StateTag>
        )}
        {scopes.length > 0 && (
          <span className="dim">
            {scopes
              .map((scope) => `${scope.carrier} ${scope.from} to ${scope.to}`)
              .slice(0, 4)
              .join(', ')}
            {scopes.length > 4 && ` and ${scopes.length - 4} more`}
          </span>
        )}
      </div>
      {notWhole && <p role="alert">Nothing is cancelled, as the file cannot be whole: {notWhole}.</p>}
    </>
  );
}

const Notes = ({ notes }: { notes: ImportDetailView['notes'] }) => (
  <details>
    <summary>
      {notes.length.toLocaleString()} {notes.length === 1 ? 'note' : 'notes'} about lines that were taken
    </summary>
    <ul>
      {notes.map(({ line, note }) => (
        <li key={`${line}-${note}`}>
          Line {line}: {note}
        </li>
      ))}
    </ul>
  </details>
);

const Changes = ({ changes }: { changes: ChangeView[] }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section className="scroll-x" tabIndex={0} aria-label="Changes">
    <table className="figures">
      <thead>
        <tr>
          <th scope="col">Flight</th>
          <th scope="col">What</th>
          <th scope="col">Departs</th>
          <th scope="col">Seats</th>
          <th scope="col" className="n">
            Bookings hit
          </th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => {
          const flight = (change.after ?? change.before) as FlightFacts;
          return (
            <tr key={change.position}>
              <th scope="row" className="nowrap">
                {flight.carrier} {flight.number} {flight.origin}–{flight.destination}
              </th>
              <td>{kindNames[change.kind]}</td>
              <td className="nowrap">
                <WasNow {...of(change, (each) => `${each.departsAt.replace('T', ' ')} – ${arrival(each)}`)} />
              </td>
              <td className="nowrap">
                <WasNow {...of(change, seats)} />
              </td>
              <td className="n">{change.bookings > 0 ? `${change.bookings} (${change.seats} seats)` : '0'}</td>
              <td>{change.reason ?? change.outcome ?? 'waiting'}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  </section>
);

const of = ({ before, after }: ChangeView, text: (flight: FlightFacts) => string) => ({
  was: before && text(before),
  now: after && text(after),
});

/** The time alone when it is the day of the departure. */
const arrival = ({ departsAt, arrivesAt }: FlightFacts): string =>
  departsAt.slice(0, 10) === arrivesAt.slice(0, 10) ? arrivesAt.slice(11) : arrivesAt.replace('T', ' ');

const letters = { first: 'F', business: 'J', premium_economy: 'W', economy: 'Y' } as const;
const seats = ({ cabins }: FlightFacts): string =>
  (['first', 'business', 'premium_economy', 'economy'] as const)
    .flatMap((name) => cabins.filter((each) => each.cabin === name).map((each) => `${letters[name]}${each.capacity}`))
    .join(' ');

function WasNow({ was, now }: { was: string | null; now: string | null }) {
  if (was === null || now === null || was === now) return now ?? <s>{was}</s>;
  return (
    <>
      <s className="dim">{was}</s> → {now}
    </>
  );
}
