import { WebSocket } from 'ws';

/** How a follower lost its subscription. */
export type ResumeKind = 'cut' | 'moved' | 'killed';

export interface Follower {
  /** Loses its socket now, and goes on at the same node or at the other one. */
  lose(kind: 'cut' | 'moved'): void;
  /** How it stands, for a complaint. */
  describe(): string;
  stop(): void;
}

interface Frame {
  id: number | null;
  result?: { type: 'started' | 'stopped' | 'data'; data?: { json: { id: string; data: unknown } } };
  error?: unknown;
}

const againMs = 60;
const patienceMs = 15_000;

/**
 * Follows one subscription over any number of sockets, each time after the last event that it got. It speaks the wire
 * itself, so that nothing between the server and the check repairs, filters or remembers anything.
 *
 * @param options.urlOf the node to connect to; asked again for each attempt.
 * @param options.onResume told once the server has taken up the subscription again.
 */
export function follow(options: {
  path: string;
  input: Record<string, unknown>;
  credentials: Record<string, string>;
  lastEventId?: string;
  urlOf: (moved: boolean) => string;
  onEvent: (id: string, data: unknown) => void;
  onResume: (kind: ResumeKind) => void;
  onFault: (fault: string) => void;
}): Follower {
  const { path, input, credentials, urlOf, onEvent, onResume, onFault } = options;
  let { lastEventId } = options;
  let socket: WebSocket | undefined;
  /** Why the present attempt is made; undefined for the very first. */
  let lost: ResumeKind | undefined;
  /** That attempt has not succeeded yet. */
  let isResuming = false;
  let isLive = false;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let attempts = 0;
  let changedAt = performance.now();

  const open = () => {
    if (over) return;
    attempts += 1;
    const url = urlOf(lost === 'moved');
    const mine = new WebSocket(`${url.replace('http', 'ws')}/trpc?connectionParams=1`);
    socket = mine;
    let started = false;
    const mute = setTimeout(() => mine.terminate(), patienceMs);
    mine.on('open', () => {
      mine.send(JSON.stringify({ method: 'connectionParams', data: credentials }));
      const json = { ...input, ...(lastEventId === undefined ? {} : { lastEventId }) };
      mine.send(JSON.stringify({ id: 1, method: 'subscription', params: { path, input: { json } } }));
    });
    mine.on('message', (bytes) => {
      // What a dead socket had in its buffers is gone for its client.
      if (over || socket !== mine) return;
      const text = String(bytes);
      if (text === 'PING') return mine.send('PONG');
      if (text === 'PONG') return;
      const frame = JSON.parse(text) as Frame;
      if (frame.error) {
        const failure = (frame.error as { json?: { data?: { failure?: { retryable: boolean } } } }).json?.data?.failure;
        if (!failure?.retryable) onFault(`${path} was refused: ${text.slice(0, 400)}`);
        mine.terminate();
      } else if (frame.result?.type === 'started') {
        clearTimeout(mute);
        started = true;
        isLive = true;
        changedAt = performance.now();
        if (lost && isResuming) onResume(lost);
        isResuming = false;
      } else if (frame.result?.type === 'data' && frame.result.data) {
        const event = frame.result.data.json;
        lastEventId = event.id;
        onEvent(event.id, event.data);
      }
    });
    mine.on('error', () => undefined);
    mine.on('close', () => {
      clearTimeout(mute);
      if (over || socket !== mine) return;
      // Nobody here let go of it, so the node did.
      if (started) again('killed');
      else retry();
    });
  };
  const retry = () => {
    clearTimeout(timer);
    timer = setTimeout(open, againMs);
  };
  const again = (kind: ResumeKind) => {
    lost = kind;
    isResuming = true;
    isLive = false;
    changedAt = performance.now();
    retry();
  };

  open();
  return {
    lose: (kind) => {
      const before = socket;
      if (over || !before || !isLive) return;
      socket = undefined;
      before.terminate();
      again(kind);
    },
    describe: () => {
      const seconds = ((performance.now() - changedAt) / 1000).toFixed(1);
      return `${isLive ? 'subscribed' : 'not subscribed'} for ${seconds} s, ${attempts} sockets, last lost by: ${lost ?? 'nothing'}`;
    },
    stop: () => {
      over = true;
      clearTimeout(timer);
      socket?.terminate();
    },
  };
}
