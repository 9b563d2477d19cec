export { buildDashboard as default } from './build-dashboard.ts';
