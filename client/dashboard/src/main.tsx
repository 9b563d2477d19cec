import './theme/styles.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { followServerClock } from './wire/server-clock.ts';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');
followServerClock();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
