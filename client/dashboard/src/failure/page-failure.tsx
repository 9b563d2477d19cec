import { Button } from '@mantine/core';
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { CircleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { newId } from '../../../../shared/ids.ts';
import { CopyText } from '../shell/copy-text.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { describeFailure } from './describe-failure.ts';

/** A page that broke: the rest of the app stays, and there is an id that finds the error in the console. */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  usePageTitle('Something broke');
  const router = useRouter();
  const [localId] = useState(() => newId());
  const { failure, reference } = describeFailure(error);
  const id = reference && reference !== 'not-an-answer' ? reference : localId;
  useEffect(() => {
    // The only trace of a fault in the page itself: support asks for the id, the console has the rest.
    console.error(`page error ${id}`, error);
  }, [id, error]);
  // A new build replaced the files that this page was loaded with.
  const stale = /dynamically imported module|module script/i.test(String(error));
  return (
    <section className="surface" role="alert" style={{ maxWidth: 560, margin: '8vh auto 0' }}>
      <div className="body stack">
        <div className="row">
          <CircleAlert size={20} aria-hidden color="var(--a-bad)" />
          <h1>{stale ? 'There is a newer version' : 'This page broke'}</h1>
        </div>
        <p>
          {stale
            ? 'The server was updated since this page was opened. Load it again to go on.'
            : 'Your holds and bookings are safe on the server. Try again, or name this id to whoever runs Airside.'}
        </p>
        <div className="row">
          <span className="dim">Error id</span> <CopyText text={id} label="Copy the error id" />
          <code className="dim">{failure.code}</code>
        </div>
        <div className="row">
          <Button
            onClick={() => {
              if (stale) return window.location.reload();
              reset();
              void router.invalidate();
            }}
          >
            {stale ? 'Load again' : 'Try again'}
          </Button>
          <Button variant="default" onClick={() => void router.navigate({ to: '/' })}>
            Go to search
          </Button>
        </div>
      </div>
    </section>
  );
}
