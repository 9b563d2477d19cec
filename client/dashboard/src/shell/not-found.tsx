import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { EmptyState } from './empty-state.tsx';
import { usePageTitle } from './use-page-title.ts';

export function NotFound() {
  usePageTitle('Not found');
  return (
    <section className="surface">
      <h1 style={{ padding: '28px 20px 0', textAlign: 'center' }}>No page at this address</h1>
      <EmptyState
        action={
          <Button component={Link} to="/">
            Search flights
          </Button>
        }
      >
        The link may be old or mistyped; every flight and booking is still where it was.
      </EmptyState>
    </section>
  );
}
