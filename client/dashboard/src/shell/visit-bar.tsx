import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { MailOpen } from 'lucide-react';
import { linkedBooking } from '../wire/link-visit.ts';
import { leaveVisit, useIdentity } from '../wire/traveller.ts';
import styles from './visit-bar.module.css';

/** While a tab looks at one booking by a mailed link: says so, and gives the tab back. */
export function VisitBar() {
  const navigate = useNavigate();
  const leaving = useMutation({ mutationFn: leaveVisit, onSuccess: () => navigate({ to: '/' }) });
  // Whoever comes or goes changes the identity.
  useIdentity();
  if (linkedBooking() === null) return null;
  return (
    <aside className={styles.bar} aria-label="Mailed link">
      <MailOpen size={15} aria-hidden />
      <span>This tab shows one booking, by a mailed link.</span>
      <Button size="compact-xs" variant="default" loading={leaving.isPending} onClick={() => leaving.mutate()}>
        Leave
      </Button>
    </aside>
  );
}
