import { setTimeout as sleep } from 'node:timers/promises';

/** How long it takes until the web processes answer again, fault by fault. */
export interface Recoveries {
  /** A fault of this kind is over as of now. */
  begin(kind: string): void;
  /** The web process at this place gave a definite answer to a call that was sent at that time (Unix ms). */
  note(web: number, sentAt: number): void;
  /** Waits until after each fault at least one web process has answered, at most so long. False: it has not. */
  someBack(ms: number): Promise<boolean>;
  /** Waits until every fault is recovered from, at most so long. */
  settle(ms: number): Promise<void>;
  /** Those that are not, in words. */
  open(): string[];
  /** The longest of each kind (ms). */
  slowest(): Map<string, number>;
}

/** @param onBack told of each web process that is back, and how long it took. */
export function createRecoveries(
  webs: number,
  onBack: (kind: string, web: number, ms: number) => void = () => undefined,
): Recoveries {
  let pending: { kind: string; at: number; left: Set<number> }[] = [];
  const slowest = new Map<string, number>();
  return {
    begin: (kind) => {
      pending.push({ kind, at: Date.now(), left: new Set(Array.from({ length: webs }, (_, web) => web)) });
    },
    note: (web, sentAt) => {
      if (pending.length === 0) return;
      const now = Date.now();
      for (const { kind, at, left } of pending) {
        if (sentAt >= at && left.delete(web)) onBack(kind, web, now - at);
      }
      for (const each of pending.filter(({ left }) => left.size === 0)) {
        slowest.set(each.kind, Math.max(slowest.get(each.kind) ?? 0, now - each.at));
      }
      pending = pending.filter(({ left }) => left.size > 0);
    },
    someBack: async (ms) => {
      const endsAt = Date.now() + ms;
      const isDead = () => pending.some(({ left }) => left.size === webs);
      while (isDead() && Date.now() < endsAt) await sleep(20);
      return !isDead();
    },
    settle: async (ms) => {
      const endsAt = Date.now() + ms;
      while (pending.length > 0 && Date.now() < endsAt) await sleep(50);
    },
    open: () => pending.map(({ kind, left }) => `web ${[...left].map((web) => web + 1).join(' and ')} after «${kind}»`),
    slowest: () => slowest,
  };
}
