/** Sizes of batches and how often each came, of one histogram of `/metrics`. */
export interface BatchSizes {
  metric: string;
  /** `[upper bound, how many batches were at most this and above the bound before]`. */
  counts: [upTo: string, batches: number][];
}

/** Every histogram of the server whose name speaks of a batch. None: the server counts no batches. */
export async function readBatchSizes(url: string): Promise<BatchSizes[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const families = new Map<string, Map<string, number>>();
  for (const [, metric, labels, value] of text.matchAll(/^(\w*batch\w*)_bucket\{(.*)\} (\S+)$/gm)) {
    const upTo = /le="([^"]+)"/.exec(labels as string)?.[1] as string;
    // Different verbs stand apart: the name carries what else the line says.
    const rest = (labels as string).replace(/,?le="[^"]+",?/, '');
    const family = rest ? `${metric}{${rest}}` : (metric as string);
    const buckets = families.get(family) ?? new Map<string, number>();
    buckets.set(upTo, Number(value));
    families.set(family, buckets);
  }
  return [...families].map(([metric, buckets]) => {
    let below = 0;
    const counts = [...buckets].map(([upTo, upToNow]): [string, number] => {
      const here = upToNow - below;
      below = upToNow;
      return [upTo, here];
    });
    return { metric, counts: counts.filter(([, batches]) => batches > 0) };
  });
}

/** How much later than it was due a timer of the server's event loop fired, in milliseconds. */
export interface LoopDelay {
  p90Ms: number;
  p99Ms: number;
}

/** prom-client's timer for it; what it counts has the time until it was due in it. */
const loopTimerMs = 10;

/** Since it was last read. */
export async function readLoopDelay(url: string): Promise<LoopDelay> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const late = (percentile: string): number => {
    const seconds = new RegExp(`^nodejs_eventloop_lag_${percentile}_seconds (\\S+)$`, 'm').exec(text)?.[1];
    return Math.max(0, Number(seconds) * 1_000 - loopTimerMs);
  };
  return { p90Ms: late('p90'), p99Ms: late('p99') };
}
