/** What a process of watchers does, as its parent tells it. Plain JSON: it travels between processes. */
export type ToWatchers =
  | { open: WatchPlan }
  /** Counts what comes for so long. */
  | { count: { seconds: number; watch: Record<string, number> } }
  /** Holds one seat after another, and waits each time until every watcher has seen it. */
  | { follow: { token: string; flightId: string; holds: number; pauseMs: number } }
  /** Cuts every socket at once; each comes back after a random wait, as clients do. */
  | { storm: { waitMaxMs: number } }
  | { close: true };

export interface WatchPlan {
  /** `http://HOST:PORT` */
  url: string;
  sockets: number;
  /** What each says when it is open; nothing where the server sends by itself. */
  hello: string[];
  /** It is there when it has got a frame with this in it; absent: when it is open. */
  until?: string;
}

export interface Counted {
  seconds: number;
  frames: number;
  bytes: number;
  /** CPU seconds by watched process. */
  cpu: Record<string, number>;
}

export interface StormResult {
  /** From the cut until the last was back, and until half were. */
  lastMs: number;
  halfMs: number;
}

export type FromWatchers =
  | { opened: { seconds: number } }
  | { counted: Counted }
  /** From the sending of each hold until the last of all watchers had its version, in milliseconds. */
  | { followed: number[] }
  | { stormed: StormResult }
  | { closed: true }
  | { ready: string }
  | { failed: string };
