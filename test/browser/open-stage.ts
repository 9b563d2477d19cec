import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type Connected, connect } from '../support/connect.ts';
import { startServer, type TestServer } from '../support/start-server.ts';

const launchArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export type PageOptions = BrowserContextOptions & {
  /** Opens the operator's pages. */
  apiKey?: string;
  url?: string;
  /** Before anything is loaded. */
  prepare?: (page: Page) => Promise<unknown>;
};

/** A built dashboard, a real server that serves it, a browser, and an operator beside it. */
export interface Stage {
  server: TestServer;
  browser: Browser;
  operator: Connected;
  /** A page of a new person: own storage, own identity. Errors on it end up in `faults`. */
  open(path: string, options?: PageOptions): Promise<Page>;
  /** Uncaught errors and refused resources of all pages. */
  faults: string[];
  close(): Promise<void>;
}

export async function openStage(executablePath: string, options?: Parameters<typeof startServer>[0]): Promise<Stage> {
  const server = await startServer(options);
  const browser = await chromium.launch({ executablePath, args: launchArgs });
  const operator = connect(server.url, { apiKey: server.apiKey });
  const faults: string[] = [];
  return {
    server,
    browser,
    operator,
    faults,
    open: async (path, { apiKey, url = server.url, prepare, ...given } = {}) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...given });
      if (apiKey) await context.addInitScript(`sessionStorage.setItem('airside.operator-key', '${apiKey}')`);
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (/Content Security Policy|Minified React error/.test(message.text())) faults.push(message.text());
      });
      await prepare?.(page);
      await page.goto(url + path);
      return page;
    },
    close: async () => {
      await browser.close();
      await operator.close();
      await server.stop();
    },
  };
}
