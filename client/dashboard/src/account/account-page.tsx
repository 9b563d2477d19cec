import { Button, PasswordInput, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { LogOut, UserRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { ButtonLink } from '../shell/button-link.tsx';
import { NarrowCard } from '../shell/narrow-card.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { queryClient } from '../wire/query-client.ts';
import { client, signInAs, signOut, trpc, useIdentity } from '../wire/traveller.ts';

/** Who this browser is: nobody, a guest, or somebody with an account. */
export function AccountPage() {
  usePageTitle('Account');
  const identity = useIdentity();
  const me = useQuery(trpc.auth.me.queryOptions(undefined, { enabled: identity === 'guest' }));
  const email = identity === 'guest' && me.data?.role === 'traveller' ? me.data.email : null;
  return (
    <NarrowCard id="account" icon={UserRound} title={email ?? 'Account'}>
      {email ? <Known /> : <Entry isGuest={identity === 'guest'} />}
    </NarrowCard>
  );
}

function Known() {
  const leaving = useMutation({ mutationFn: () => signOut() });
  return (
    <>
      <p className="dim">Bookings and jobs of this account are the same on every device.</p>
      <div className="row">
        <ButtonLink to="/bookings" variant="default">
          My bookings
        </ButtonLink>
        <Button
          variant="default"
          leftSection={<LogOut size={15} aria-hidden />}
          loading={leaving.isPending}
          onClick={() => leaving.mutate()}
        >
          Sign out everywhere
        </Button>
      </div>
      {leaving.isError && <FailureNotice error={leaving.error} onRetry={() => leaving.mutate()} />}
    </>
  );
}

function Entry({ isGuest }: { isGuest: boolean }) {
  const [kind, setKind] = useState<'in' | 'up'>('in');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const entering = useMutation({
    mutationFn: () => signInAs(() => client.auth[kind === 'in' ? 'signIn' : 'signUp']({ email, password })),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (email && password) entering.mutate();
  };
  return (
    <form className="stack" onSubmit={submit} aria-label="Account">
      <SegmentedControl
        aria-label="What to do"
        value={kind}
        onChange={(next) => setKind(next as 'in' | 'up')}
        data={[
          { value: 'in', label: 'Sign in' },
          { value: 'up', label: 'Make an account' },
        ]}
      />
      {isGuest && (
        <p className="dim">
          {kind === 'up'
            ? 'What this browser has booked as a guest goes along.'
            : 'What this browser has booked as a guest stays with the guest; make an account to take it along.'}
        </p>
      )}
      <TextInput
        label="E-mail address"
        type="email"
        autoComplete="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        description={kind === 'up' ? 'At least 8 characters; longer is better.' : undefined}
        autoComplete={kind === 'in' ? 'current-password' : 'new-password'}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
      />
      {entering.isError && <FailureNotice error={entering.error} />}
      <Button type="submit" loading={entering.isPending} disabled={!email || !password}>
        {kind === 'in' ? 'Sign in' : 'Make the account'}
      </Button>
    </form>
  );
}
