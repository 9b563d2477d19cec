import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { MailCheck, MailSearch } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { NarrowCard } from '../shell/narrow-card.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { client } from '../wire/traveller.ts';

/** The way back to a booking that was made elsewhere: its locator, a name on it, and the mail of its contact. */
export function FindPage() {
  usePageTitle('Find a booking');
  const [locator, setLocator] = useState('');
  const [familyName, setFamilyName] = useState('');
  const asking = useMutation({ mutationFn: () => client.bookings.requestLink({ locator, familyName }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (locator && familyName) asking.mutate();
  };
  return (
    <NarrowCard id="find" icon={MailSearch} title="Find a booking">
      {asking.isSuccess ? (
        <div className="stack" role="status">
          <div className="row">
            <MailCheck size={20} aria-hidden color="var(--a-ok)" />
            <strong>Look at your mail.</strong>
          </div>
          <p className="dim">
            If there is such a booking, a link to it was sent to the address that was given with it. It opens the
            booking once, within {asking.data.minutes} minutes.
          </p>
          <div>
            <Button variant="default" onClick={() => asking.reset()}>
              Try another one
            </Button>
          </div>
        </div>
      ) : (
        <form className="stack" onSubmit={submit} aria-label="Find a booking">
          <p className="dim">Booked on another device? We mail a link to the address that was given with it.</p>
          <TextInput
            label="Record locator"
            description="Six letters and digits, on the receipt."
            value={locator}
            onChange={(event) => setLocator(event.currentTarget.value.toUpperCase())}
            maxLength={6}
            autoComplete="off"
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', letterSpacing: '0.12em' } }}
          />
          <TextInput
            label="Family name"
            description="Of any traveller on it; accents do not matter."
            autoComplete="family-name"
            value={familyName}
            onChange={(event) => setFamilyName(event.currentTarget.value)}
          />
          {asking.isError && <FailureNotice error={asking.error} />}
          <Button type="submit" loading={asking.isPending} disabled={locator.length !== 6 || !familyName.trim()}>
            Mail me the link
          </Button>
        </form>
      )}
    </NarrowCard>
  );
}
