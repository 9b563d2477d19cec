import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { MailOpen } from 'lucide-react';
import { useState } from 'react';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { ButtonLink } from '../shell/button-link.tsx';
import { NarrowCard } from '../shell/narrow-card.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { visitByLink } from '../wire/traveller.ts';

/** Where a mailed link leads. It opens with a press: mail programs look at links before people do, and it is good once. */
export function OpenPage() {
  usePageTitle('Open a booking');
  const navigate = useNavigate();
  const [code] = useState(() => window.location.hash.slice(1));
  const opening = useMutation({
    mutationFn: () => visitByLink(code),
    onSuccess: (bookingId) => navigate({ to: '/book/$bookingId', params: { bookingId }, replace: true }),
  });
  return (
    <NarrowCard id="open" icon={MailOpen} title="Open your booking">
      {code ? (
        <>
          <p className="dim">The link is good once, and opens this booking in this tab only.</p>
          {opening.isError && <FailureNotice error={opening.error} />}
          <div className="row">
            <Button onClick={() => opening.mutate()} loading={opening.isPending} disabled={opening.isError}>
              Open it
            </Button>
            {opening.isError && (
              <ButtonLink to="/find" variant="default">
                Ask for another link
              </ButtonLink>
            )}
          </div>
        </>
      ) : (
        <>
          <p className="dim">Part of the link is missing. Open it from the mail once more, or ask for another one.</p>
          <div>
            <ButtonLink to="/find">Ask for a link</ButtonLink>
          </div>
        </>
      )}
    </NarrowCard>
  );
}
