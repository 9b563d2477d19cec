import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { precompress } from './precompress.ts';

/** Where the dev server finds the API: `PORT` of a server that is running beside it. */
const api = `http://127.0.0.1:${process.env.PORT ?? '3000'}`;

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [react(), precompress()],
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    target: 'esnext',
    // The content policy allows no data: scripts or fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/trpc': { target: api, ws: true, changeOrigin: true, rewriteWsOrigin: true },
      '/health': {
        target: api,
        // The page and the endpoint share the path; only what asks for JSON is for the server.
        bypass: (request) => (request.headers.accept?.includes('text/html') ? request.url : undefined),
      },
    },
  },
});
