import type { HoldInput, ReholdInput } from '../../shared/booking.ts';
import type { ClientStorage } from './storage.ts';

/** A request that was about to be sent, as it is kept until its outcome is known. */
export type Intent = IntentRequest & {
  /** When it was made (Unix milliseconds). */
  at: number;
  /** Whose token it was sent with: the user's id, if the token tells. */
  owner: string | null;
  /** False once its caller gave up waiting: then it is only asked about, and given back if it holds seats. */
  wanted: boolean;
};

/** What is asked for; `id` is that of the booking to be. */
export type IntentRequest =
  | { procedure: 'hold' | 'create'; input: HoldInput }
  /** `again` is the booking that is over. */
  | { procedure: 'rehold'; input: { id: string; again: string } & Pick<ReholdInput, 'expected'> };

export interface IntentLog {
  /** Returns when it is stored; only then may it be sent. */
  put(intent: Intent): Promise<void>;
  remove(id: string): Promise<void>;
  /** Oldest first. What cannot be read is removed. */
  all(): Promise<Intent[]>;
}

/** One entry an intent, under `prefix` and the booking's id. */
export function createIntentLog(storage: ClientStorage, prefix: string): IntentLog {
  return {
    put: async (intent) => storage.set(prefix + intent.input.id, JSON.stringify(intent)),
    remove: async (id) => storage.remove(prefix + id),
    all: async () => {
      const intents: Intent[] = [];
      for (const key of await storage.keys(prefix)) {
        const intent = parse(await storage.get(key));
        if (intent) intents.push(intent);
        else await storage.remove(key);
      }
      return intents.sort((a, b) => a.at - b.at);
    },
  };
}

function parse(text: string | null): Intent | undefined {
  try {
    const intent = JSON.parse(text ?? '') as Intent;
    return typeof intent.input.id === 'string' && typeof intent.at === 'number' ? intent : undefined;
  } catch {
    return undefined;
  }
}

/** The user's id in a token of ours, unverified: it only keeps one user's intents from another's. */
export function ownerOf(token: string | undefined): string | null {
  try {
    const payload = (token ?? '').split('.')[1] as string;
    const { sub } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { sub?: unknown };
    return typeof sub === 'string' ? sub : null;
  } catch {
    return null;
  }
}
