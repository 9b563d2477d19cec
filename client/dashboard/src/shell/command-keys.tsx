import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { searchParams } from '../search/search-params.ts';
import { focusSearch } from './focus-search.ts';

const Palette = lazy(() => import('./palette.tsx').then((module) => ({ default: module.Palette })));
const ShortcutSheet = lazy(() => import('./shortcut-sheet.tsx').then((module) => ({ default: module.ShortcutSheet })));

type Shown = 'palette' | 'sheet' | null;
let show: (what: Shown) => void = () => undefined;
export const openPalette = (): void => show('palette');
export const openSheet = (): void => show('sheet');

/** How long after `g` the second key still counts. */
const sequenceMs = 1_200;
const places = { f: '/', b: '/bookings', j: '/jobs', o: '/operate', h: '/status' } as const;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The keys of the whole app; the palette and the sheet are loaded with their first use. */
export function CommandKeys() {
  const navigate = useNavigate();
  const [shown, setShown] = useState<Shown>(null);
  useEffect(() => {
    show = setShown;
    let prefixAt = 0;
    const press = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setShown('palette');
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      const place = places[event.key as keyof typeof places];
      if (place && Date.now() - prefixAt < sequenceMs) {
        event.preventDefault();
        prefixAt = 0;
        void navigate({ to: place });
        return;
      }
      prefixAt = event.key === 'g' ? Date.now() : 0;
      if (event.key === '?') setShown('sheet');
      if (event.key === '/') {
        event.preventDefault();
        void navigate({ to: '/', search: (before) => searchParams.parse(before) }).then(focusSearch);
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [navigate]);
  return (
    <Suspense fallback={null}>
      {shown === 'palette' && <Palette onClose={() => setShown(null)} />}
      {shown === 'sheet' && <ShortcutSheet onClose={() => setShown(null)} />}
    </Suspense>
  );
}
