/**
 * Named places where a test may make the code wait, to decide an interleaving instead of hoping for
 * it. In production nothing is armed, and passing a point costs one look at an empty map.
 */
type Gate = () => Promise<void> | void;

const armed = new Map<string, Gate>();

/** Undefined where nothing waits, so that hot paths need not give up their turn. */
export function pausePoint(name: string): Promise<void> | undefined {
  if (armed.size === 0) return undefined;
  const gate = armed.get(name);
  return gate && Promise.resolve(gate());
}

/** For tests: runs `gate` whenever the point is passed. Returns the disarming. */
export function armPausePoint(name: string, gate: Gate): () => void {
  armed.set(name, gate);
  return () => {
    if (armed.get(name) === gate) armed.delete(name);
  };
}
