import { Skeleton } from '@mantine/core';

/** A page whose code is still on its way. */
export function PagePending() {
  return (
    <div className="stack" role="status" aria-label="Loading the page">
      <Skeleton height={72} radius="md" />
      <Skeleton height={220} radius="md" />
    </div>
  );
}
