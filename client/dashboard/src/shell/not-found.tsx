import { ButtonLink } from './button-link.tsx';
import { EmptyState } from './empty-state.tsx';
import { usePageTitle } from './use-page-title.ts';

export function NotFound() {
  usePageTitle('Not found');
  return (
    <section className="surface">
      <h1 style={{ padding: '28px 20px 0', textAlign: 'center' }}>No page at this address</h1>
      <EmptyState action={<ButtonLink to="/">Search flights</ButtonLink>}>
        The link may be old or mistyped; every flight and booking is still where it was.
      </EmptyState>
    </section>
  );
}
