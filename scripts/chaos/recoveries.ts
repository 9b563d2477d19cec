import { setTimeout as sleep } from 'node:timers/promises';

/** How long it takes until the web processes answer again, fault by fault. */
export interface Recoveries {
  /** A fault of this kind is over as of now. */
  begin(kind: string): void;
  /** The web process at this place gave a definite answer to a call that was sent at that time (Unix ms). */
  note(web: number, sentAt: number): void;
  /** Waits until every fault is recovered from, at most so long. */
  settle(ms: number): Promise<void>;
  /** Those that are not, in words. */
  open(): string[];
  /** The longest of each kind (ms). */
  slowest(): Map<string, number>;
}

export function createRecoveries(webs: number): Recoveries {
  let pending: { kind: string; at: number; left: Set<number> }[] = [];
  const slowest = new Map<string, number>();
  return {
    begin: (kind) => {
      pending.push({ kind, at: Date.now(), left: new Set(Array.from({ length: webs }, (_, web) => web)) });
    },
    note: (web, sentAt) => {
      if (pending.length === 0) return;
      const now = Date.now();
      for (const each of pending) if (sentAt >= each.at) each.left.delete(web);
      for (const each of pending.filter(({ left }) => left.size === 0)) {
        slowest.set(each.kind, Math.max(slowest.get(each.kind) ?? 0, now - each.at));
      }
      pending = pending.filter(({ left }) => left.size > 0);
    },
    settle: async (ms) => {
      const endsAt = Date.now() + ms;
      while (pending.length > 0 && Date.now() < endsAt) await sleep(50);
    },
    open: () => pending.map(({ kind, left }) => `web ${[...left].map((web) => web + 1).join(' and ')} after «${kind}»`),
    slowest: () => slowest,
  };
}
