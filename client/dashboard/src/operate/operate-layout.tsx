import { Button, PasswordInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { KeyRound, LogOut, ShieldX } from 'lucide-react';
import { type FormEvent, useEffect, useMemo, useState } from 'react';
import { failureOf } from '../../../sdk/airside-error.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { PagePending } from '../shell/page-pending.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { queryClient } from '../wire/query-client.ts';
import styles from './operate-layout.module.css';
import { OperatorContext, openOperator } from './operator.tsx';

const keyName = 'airside.operator-key';

/** The gate in front of the operator's pages: the key lives as long as the tab, and is checked before anything is shown. */
export function OperateLayout() {
  const [key, setKey] = useState(() => sessionStorage.getItem(keyName) ?? '');
  const keep = (next: string) => {
    if (next) sessionStorage.setItem(keyName, next);
    else sessionStorage.removeItem(keyName);
    queryClient.removeQueries({ predicate: ({ queryKey }) => isOperators(queryKey) });
    setKey(next);
  };
  return key ? <Gate key={key} apiKey={key} onKey={keep} /> : <KeyEntry onKey={keep} />;
}

const isOperators = ([first]: readonly unknown[]): boolean =>
  first === 'operator' || (Array.isArray(first) && first[0] === 'admin');

function Gate({ apiKey, onKey }: { apiKey: string; onKey: (key: string) => void }) {
  const [operator, setOperator] = useState<ReturnType<typeof openOperator> | null>(null);
  useEffect(() => {
    const opened = openOperator(apiKey);
    setOperator(opened);
    return () => void opened.client.close();
  }, [apiKey]);
  return operator ? <Checked operator={operator} apiKey={apiKey} onKey={onKey} /> : <PagePending />;
}

function Checked({
  operator,
  apiKey,
  onKey,
}: {
  operator: ReturnType<typeof openOperator>;
  apiKey: string;
  onKey: (key: string) => void;
}) {
  const me = useQuery({
    queryKey: ['operator', 'me', apiKey],
    queryFn: () => operator.client.auth.me(),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const provided = useMemo(() => ({ ...operator, leave: () => onKey('') }), [operator, onKey]);
  if (me.isPending) return <PagePending />;
  if (me.isError) {
    const { code } = failureOf(me.error);
    if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return <KeyEntry refused onKey={onKey} />;
    return <FailureNotice error={me.error} onRetry={() => void me.refetch()} retrying={me.isRefetching} />;
  }
  if (me.data.role !== 'operator') return <KeyEntry refused onKey={onKey} />;
  return (
    <OperatorContext value={provided}>
      <div className="stack">
        <div className={styles.bar}>
          <nav className={styles.tabs} aria-label="Operate">
            <Tab to="/operate" exact>
              Overview
            </Tab>
            <Tab to="/operate/flights">Flights</Tab>
            <Tab to="/operate/seats">Seats</Tab>
            <Tab to="/operate/import">Import</Tab>
            <Tab to="/operate/providers">Providers</Tab>
            <Tab to="/operate/mails">Mails</Tab>
            <Tab to="/operate/lines">Waiting rooms</Tab>
            <Tab to="/operate/keys">Keys</Tab>
          </nav>
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            leftSection={<LogOut size={14} aria-hidden />}
            onClick={provided.leave}
          >
            Forget the key
          </Button>
        </div>
        <Outlet />
      </div>
    </OperatorContext>
  );
}

function Tab({
  to,
  exact = false,
  children,
}: {
  to: `/operate${'' | '/flights' | '/seats' | '/import' | '/providers' | '/mails' | '/lines' | '/keys'}`;
  exact?: boolean;
  children: string;
}) {
  return (
    <Link
      to={to}
      className={styles.tab}
      activeOptions={{ exact, includeSearch: false }}
      activeProps={{ 'aria-current': 'page' }}
    >
      {children}
    </Link>
  );
}

function KeyEntry({ refused = false, onKey }: { refused?: boolean; onKey: (key: string) => void }) {
  usePageTitle('Operate');
  const [typed, setTyped] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim()) onKey(typed.trim());
  };
  return (
    <section className={`surface ${styles.entry}`} aria-labelledby="key">
      <form className="body stack" onSubmit={submit}>
        <div className="row">
          {refused ? (
            <ShieldX size={22} aria-hidden color="var(--a-bad)" />
          ) : (
            <KeyRound size={22} aria-hidden color="var(--a-accent)" />
          )}
          <h1 id="key">{refused ? 'That key opens nothing' : 'For operators'}</h1>
        </div>
        <p role={refused ? 'alert' : undefined}>
          {refused
            ? 'The server does not know this operator key. It prints the right one when it starts.'
            : 'Flights, imports and the live log need the operator key, which the server prints when it starts.'}
        </p>
        <PasswordInput
          label="Operator key"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the key' }}
          data-autofocus
        />
        <div className="row between">
          <span className="dim" style={{ fontSize: 12.5 }}>
            Kept in this tab only.
          </span>
          <Button type="submit" disabled={!typed.trim()}>
            Open
          </Button>
        </div>
      </form>
    </section>
  );
}
