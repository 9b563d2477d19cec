/** Tells watchers that prices of their routes were written. A hint: whoever gets it reads. */
export interface PriceNews {
  tell(routes: { origin: string; destination: string }[]): void;
  join(origin: string, destinations: readonly string[]): PriceWaiter;
}
export interface PriceWaiter {
  /** Resolves when something was told since the last call, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void>;
  leave(): void;
}

export function createPriceNews(): PriceNews {
  const watchers = new Map<string, Set<() => void>>();
  return {
    tell: (routes) => {
      for (const route of new Set(routes.map(routeOf))) for (const wake of watchers.get(route) ?? []) wake();
    },
    join: (origin, destinations) => {
      let isTold = false;
      let wake = () => {};
      const onNews = () => {
        isTold = true;
        wake();
      };
      const routes = destinations.map((destination) => routeOf({ origin, destination }));
      for (const route of routes) watchers.set(route, (watchers.get(route) ?? new Set()).add(onNews));
      return {
        next: async (signal) => {
          if (!isTold && !signal.aborted) {
            const over = Promise.withResolvers<void>();
            wake = over.resolve;
            signal.addEventListener('abort', over.resolve as () => void, { once: true });
            await over.promise;
            signal.removeEventListener('abort', over.resolve as () => void);
          }
          isTold = false;
        },
        leave: () => {
          for (const route of routes) {
            const watching = watchers.get(route);
            watching?.delete(onNews);
            if (watching?.size === 0) watchers.delete(route);
          }
        },
      };
    },
  };
}

const routeOf = ({ origin, destination }: { origin: string; destination: string }): string =>
  `${origin}-${destination}`;
