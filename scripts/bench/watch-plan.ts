/** What a process of watchers does, as its parent tells it. Plain JSON: it travels between processes. */
export type ToWatchers =
  | { open: WatchPlan }
  /** Counts what comes for so long. */
  | { count: { seconds: number; watch: Record<string, number> } }
  /** Holds one seat after another, and waits each time until every watcher has seen it. */
  | { follow: { token: string; flightId: string; holds: number; pauseMs: number } }
  /** The same with changes that are published in Redis, as another process of the cluster does. */
  | { followNews: { redisUrl: string; channel: string; news: News[]; pauseMs: number } }
  /** Cuts every socket at once; each comes back as our SDK does. `watch`: processes whose CPU time is told. */
  | { storm: { watch: Record<string, number> } }
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

/** A message of the seats' channel, and the version that its watchers will see. */
export interface News {
  text: string;
  version: number;
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
  /** CPU seconds until the last was back, by watched process. */
  cpu: Record<string, number>;
}

export type FromWatchers =
  | { opened: { seconds: number } }
  | { counted: Counted }
  /** From the sending of each hold, or message, until the last of all watchers had its version, in milliseconds. */
  | { followed: number[] }
  | { stormed: StormResult }
  | { closed: true }
  | { ready: string }
  | { failed: string };
