import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { ImportState } from './import-state.tsx';
import { useOperator } from './operator.tsx';

const perPage = 10;

/** Earlier imports, newest first; each leads to what it did. */
export function ImportList({ shown }: { shown: string | undefined }) {
  const { trpc } = useOperator();
  const list = useInfiniteQuery(
    trpc.admin.imports.list.infiniteQueryOptions(
      { limit: perPage },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
  );
  const imports = list.data?.pages.flatMap((page) => page.imports) ?? [];
  if (list.isError) return <FailureNotice error={list.error} onRetry={() => void list.refetch()} />;
  if (imports.length === 0) return null;
  return (
    <section className="surface" aria-labelledby="imports">
      <div className="head">
        <h2 id="imports">Imports</h2>
      </div>
      <div className="body stack">
        <div className="scroll-x">
          <table className="figures" aria-label="Imports">
            <thead>
              <tr>
                <th scope="col">Read at</th>
                <th scope="col">File</th>
                <th scope="col">State</th>
                {['Created', 'Changed', 'Cancelled'].map((name) => (
                  <th key={name} scope="col" className="n">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {imports.map((each) => (
                <tr key={each.id} aria-current={each.id === shown}>
                  <th scope="row" className="nowrap">
                    <Link to="/operate/import" search={{ id: each.id }}>
                      {each.createdAt.slice(0, 16).replace('T', ' ')}
                    </Link>
                  </th>
                  <td>{each.fileName ?? `sent directly (${each.format})`}</td>
                  <td>
                    <ImportState status={each.status} />
                  </td>
                  <td className="n">{each.flights.created.toLocaleString()}</td>
                  <td className="n">{each.flights.updated.toLocaleString()}</td>
                  <td className="n">{each.flights.cancelled.toLocaleString()}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {list.hasNextPage && (
          <Button
            variant="default"
            size="xs"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
            style={{ alignSelf: 'start' }}
          >
            Show earlier ones
          </Button>
        )}
      </div>
    </section>
  );
}
