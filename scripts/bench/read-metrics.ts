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
