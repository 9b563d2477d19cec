/**
 * Builds every Redis key and channel: `airside:CLUSTER:room:{tag}:…`. The cluster id comes first,
 * because two databases on one Redis must never share a key; the braces are a hash tag, so that all
 * keys about one thing live in one slot of a Redis cluster.
 */
export interface Keyspace {
  key(room: string, tag: string, ...rest: string[]): string;
  channel(name: string): string;
}

export function keyspace(clusterId: string): Keyspace {
  const prefix = `airside:${clusterId}`;
  return {
    key: (room, tag, ...rest) => [prefix, room, `{${tag}}`, ...rest].join(':'),
    channel: (name) => `${prefix}:channel:${name}`,
  };
}
