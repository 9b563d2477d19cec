/** One letter a member, as admit-1.lua has them. */
export interface ModelAdmission {
  letters: string;
  version: number;
  free: number;
}

const youngMs = 1_000;

/** What one cabin's hash in Redis does, in memory: the same rules as admit-1.lua and settle-1.lua. `now` is in milliseconds. */
export class GateModel {
  #known: { epoch: number; version: number; truth: number; free: number; state: string; at: number } | undefined;

  /** True if this is now known. `disproved`: a version that the record does not have. */
  settle(epoch: number, version: number, free: number, state: string, now: number, disproved = 0): boolean {
    const known = this.#known;
    if (known && !(epoch === known.epoch && known.version === disproved)) {
      if (epoch < known.epoch || (epoch === known.epoch && version < known.version)) return false;
    }
    this.#known = { epoch, version, truth: free, free, state, at: now };
    return true;
  }

  admit(epoch: number, quantities: number[], now: number): ModelAdmission {
    const known = this.#known;
    if (known?.epoch !== epoch) return { letters: 'C'.repeat(quantities.length), version: 0, free: 0 };
    const age = now - known.at;
    const isSoldOut = known.truth === 0 && age >= 0 && age < youngMs;
    const letters = quantities.map((wanted) => {
      if (known.state !== 'open') return 'T';
      if (isSoldOut) return 'S';
      if (wanted > known.free) return 'T';
      known.free -= wanted;
      return 'A';
    });
    return { letters: letters.join(''), version: known.version, free: known.free };
  }

  /** Redis has lost everything. */
  flush(): void {
    this.#known = undefined;
  }
}
