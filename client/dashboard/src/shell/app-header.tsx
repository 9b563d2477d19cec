import { ActionIcon, Tooltip, UnstyledButton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Activity, CircleHelp, Command, Radar, RadioTower, Search, Ticket, UserRound } from 'lucide-react';
import styles from './app-header.module.css';
import { openPalette, openSheet } from './command-keys.tsx';
import { ConnectionDot } from './connection-dot.tsx';
import { SchemeToggle } from './scheme-toggle.tsx';

const places = [
  { to: '/', label: 'Search', icon: Search, exact: true },
  { to: '/bookings', label: 'Bookings', icon: Ticket, exact: false },
  { to: '/jobs', label: 'Jobs', icon: Radar, exact: false },
  { to: '/operate', label: 'Operate', icon: RadioTower, exact: false },
  { to: '/status', label: 'Health', icon: Activity, exact: false },
] as const;

export function AppHeader() {
  return (
    <header className={styles.header}>
      <div className={styles.inner}>
        <Link to="/" className={styles.brand} aria-label="Airside, search flights">
          <img src="/mark.svg" alt="" width={24} height={24} />
          <span>Airside</span>
        </Link>
        <nav className={styles.nav} aria-label="Main">
          {places.map(({ to, label, icon: Icon, exact }) => (
            <Link
              key={to}
              to={to}
              className={styles.place}
              activeOptions={{ exact, includeSearch: false }}
              activeProps={{ 'aria-current': 'page' }}
            >
              <Icon size={17} strokeWidth={1.9} aria-hidden />
              {label}
            </Link>
          ))}
        </nav>
        <div className={styles.tools}>
          <ConnectionDot />
          <UnstyledButton className={styles.palette} onClick={openPalette} aria-label="Open the command palette">
            <Command size={14} aria-hidden />
            <kbd aria-hidden>K</kbd>
          </UnstyledButton>
          <Tooltip label="Keyboard shortcuts (?)">
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={openSheet}
              aria-label="Keyboard shortcuts"
              className={styles.help}
            >
              <CircleHelp size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Account">
            <Link to="/account" className={styles.account} aria-label="Account">
              <UserRound size={18} aria-hidden />
            </Link>
          </Tooltip>
          <SchemeToggle />
        </div>
      </div>
    </header>
  );
}
