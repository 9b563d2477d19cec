import { useMantineColorScheme } from '@mantine/core';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import '@mantine/spotlight/styles.layer.css';
import { useNavigate } from '@tanstack/react-router';
import {
  Activity,
  FileUp,
  Gauge,
  MailSearch,
  Moon,
  Plane,
  PlaneTakeoff,
  Plus,
  Radar,
  Search,
  ShieldCheck,
  Sun,
  SunMoon,
  Ticket,
  UserRound,
} from 'lucide-react';
import { useEffect, useState } from 'react';
import { newId } from '../../../../shared/ids.ts';
import { focusSearch } from './focus-search.ts';

const [store, spotlight] = createSpotlight();

/** A locator, a booking id or a flight id that was pasted leads straight to its page. */
const isId = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);

export function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const [query, setQuery] = useState('');
  const [mark] = useState(newId);
  useEffect(() => {
    spotlight.open();
  }, []);
  const go = (to: '/' | '/bookings' | '/jobs' | '/operate' | '/operate/seats' | '/operate/import' | '/status') => () =>
    void navigate({ to });
  const pasted = query.trim();
  const actions = isId(pasted)
    ? [
        {
          id: `${mark}-booking`,
          label: 'Open this booking',
          leftSection: <Ticket size={17} aria-hidden />,
          keywords: pasted,
          onClick: () => void navigate({ to: '/book/$bookingId', params: { bookingId: pasted.toLowerCase() } }),
        },
        {
          id: `${mark}-flight`,
          label: 'Open this flight',
          leftSection: <Plane size={17} aria-hidden />,
          keywords: pasted,
          onClick: () => void navigate({ to: '/flights/$flightId', params: { flightId: pasted.toLowerCase() } }),
        },
      ]
    : [
        {
          id: 'search',
          label: 'Search flights',
          description: 'g f, or / to type at once',
          leftSection: <Search size={17} aria-hidden />,
          onClick: () => void navigate({ to: '/' }).then(focusSearch),
        },
        {
          id: 'bookings',
          label: 'My bookings',
          description: 'g b',
          leftSection: <Ticket size={17} aria-hidden />,
          onClick: go('/bookings'),
        },
        {
          id: 'jobs',
          label: 'Fare-search jobs',
          description: 'g j',
          leftSection: <Radar size={17} aria-hidden />,
          onClick: go('/jobs'),
        },
        {
          id: 'new-job',
          label: 'New fare-search job',
          leftSection: <Plus size={17} aria-hidden />,
          onClick: () => void navigate({ to: '/jobs/new' }),
        },
        {
          id: 'find',
          label: 'Find a booking by its locator',
          keywords: ['locator', 'link', 'mail', 'lost'],
          leftSection: <MailSearch size={17} aria-hidden />,
          onClick: () => void navigate({ to: '/find' }),
        },
        {
          id: 'account',
          label: 'Account: sign in or out',
          keywords: ['login', 'password', 'user'],
          leftSection: <UserRound size={17} aria-hidden />,
          onClick: () => void navigate({ to: '/account' }),
        },
        {
          id: 'overview',
          label: 'Operate: overview',
          description: 'g o',
          keywords: ['admin', 'events'],
          leftSection: <Gauge size={17} aria-hidden />,
          onClick: go('/operate'),
        },
        {
          id: 'board',
          label: 'Operate: flights',
          leftSection: <PlaneTakeoff size={17} aria-hidden />,
          onClick: () => void navigate({ to: '/operate/flights' }),
        },
        {
          id: 'create',
          label: 'Operate: create a flight',
          leftSection: <Plus size={17} aria-hidden />,
          onClick: () => void navigate({ to: '/operate/flights', search: { edit: 'new' } }),
        },
        {
          id: 'seats',
          label: 'Operate: seats',
          keywords: ['audit', 'ledger', 'drift', 'replay', 'repair'],
          leftSection: <ShieldCheck size={17} aria-hidden />,
          onClick: go('/operate/seats'),
        },
        {
          id: 'import',
          label: 'Operate: import a timetable',
          leftSection: <FileUp size={17} aria-hidden />,
          onClick: go('/operate/import'),
        },
        {
          id: 'health',
          label: 'Health',
          description: 'g h',
          leftSection: <Activity size={17} aria-hidden />,
          onClick: go('/status'),
        },
        {
          id: 'light',
          label: 'Colours: light',
          leftSection: <Sun size={17} aria-hidden />,
          onClick: () => setColorScheme('light'),
        },
        {
          id: 'dark',
          label: 'Colours: dark',
          leftSection: <Moon size={17} aria-hidden />,
          onClick: () => setColorScheme('dark'),
        },
        {
          id: 'system',
          label: 'Colours: as the system',
          leftSection: <SunMoon size={17} aria-hidden />,
          onClick: () => setColorScheme('auto'),
        },
      ];
  return (
    <Spotlight
      store={store}
      actions={actions}
      query={query}
      onQueryChange={setQuery}
      onSpotlightClose={onClose}
      attributes={{ content: { 'aria-label': 'Command palette' } }}
      shortcut={null}
      highlightQuery
      scrollable
      maxHeight={380}
      nothingFound="Nothing by that name. A booking or flight id can be pasted here."
      searchProps={{
        placeholder: 'Go to, do, or paste an id',
        'aria-label': 'Command',
        leftSection: <Search size={17} aria-hidden />,
      }}
    />
  );
}
