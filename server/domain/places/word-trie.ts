/** A beginning of words. Those who have the word that ends here stand with it. */
interface Node<T> {
  /** Last letter, as a UTF-16 code. */
  letter: number;
  next: Node<T>[];
  owners: T[];
}

/** Longer ones are cut: nobody types them. */
const lettersMax = 40;

/**
 * Words, and who has them. It is asked for words that begin with something, give or take some slips: a letter too
 * many, too few or wrong, or two neighbours the wrong way round.
 *
 * The tree is walked with one row of the table of edit distances a depth; a branch whose words are all too far away is
 * left at once, so that a question with two slips sees some hundreds of ten thousand nodes.
 */
export class WordTrie<T> {
  readonly #root: Node<T> = { letter: 0, next: [], owners: [] };
  /** The table, by depth: row d compares the d letters from the root with each beginning of what is wanted. */
  readonly #rows = Array.from({ length: lettersMax + 1 }, () => new Uint8Array(lettersMax + 1));

  add(word: string, owner: T): void {
    let node = this.#root;
    for (let at = 0; at < Math.min(word.length, lettersMax); at++) {
      const letter = word.charCodeAt(at);
      let next = childOf(node, letter);
      if (!next) {
        next = { letter, next: [], owners: [] };
        node.next.push(next);
      }
      node = next;
    }
    if (!node.owners.includes(owner)) node.owners.push(owner);
  }

  /** Who has a word that begins with `start`, with the fewest slips it takes. */
  find(start: string, slipsMax: number): Map<T, number> {
    const wanted = Array.from(start.slice(0, lettersMax), (_, at) => start.charCodeAt(at));
    const found = new Map<T, number>();
    if (wanted.length === 0) return found;
    if (slipsMax === 0) {
      let node: Node<T> | undefined = this.#root;
      for (const letter of wanted) node = node && childOf(node, letter);
      if (node) collect(node, 0, found);
      return found;
    }
    const first = this.#rows[0] as Uint8Array;
    for (let at = 0; at <= wanted.length; at++) first[at] = at;
    this.#walk(this.#root, 0, wanted, slipsMax + 1, slipsMax, found);
    return found;
  }

  /** `best`: the fewest slips of the beginnings on the way to this node. */
  #walk(node: Node<T>, depth: number, wanted: number[], best: number, slipsMax: number, found: Map<T, number>): void {
    const row = this.#rows[depth] as Uint8Array;
    const slips = depth + slipsMax < wanted.length ? best : Math.min(best, row[wanted.length] as number);
    if (slips <= slipsMax) keep(node, slips, found);
    for (const child of node.next) {
      const least = this.#fill(child.letter, node.letter, depth + 1, wanted, slipsMax);
      // A longer beginning may need fewer slips than a shorter one, but never fewer than the least of its row.
      if (least < slips && least <= slipsMax) this.#walk(child, depth + 1, wanted, slips, slipsMax, found);
      else if (slips <= slipsMax) collect(child, slips, found);
    }
  }

  /**
   * Fills the row of a depth; answers its least number. Only the band around the diagonal in which so few slips can
   * lead anywhere; beside it stands one slip too many.
   */
  #fill(letter: number, before: number, depth: number, wanted: number[], slipsMax: number): number {
    const row = this.#rows[depth] as Uint8Array;
    const above = this.#rows[depth - 1] as Uint8Array;
    const from = Math.max(1, depth - slipsMax);
    const to = Math.min(wanted.length, depth + slipsMax);
    const tooMany = slipsMax + 1;
    row[from - 1] = from === 1 ? Math.min(depth, tooMany) : tooMany;
    let least = row[from - 1] as number;
    for (let at = from; at <= to; at++) {
      const here = wanted[at - 1];
      let cost = (above[at - 1] as number) + (here === letter ? 0 : 1);
      if ((above[at] as number) + 1 < cost) cost = (above[at] as number) + 1;
      if ((row[at - 1] as number) + 1 < cost) cost = (row[at - 1] as number) + 1;
      if (depth > 1 && at > 1 && here === before && wanted[at - 2] === letter) {
        cost = Math.min(cost, ((this.#rows[depth - 2] as Uint8Array)[at - 2] as number) + 1);
      }
      row[at] = cost;
      if (cost < least) least = cost;
    }
    if (to < wanted.length) row[to + 1] = tooMany;
    return least;
  }
}

function childOf<T>(node: Node<T>, letter: number): Node<T> | undefined {
  for (const child of node.next) if (child.letter === letter) return child;
  return undefined;
}

function keep<T>({ owners }: Node<T>, slips: number, found: Map<T, number>): void {
  for (const owner of owners) {
    const known = found.get(owner);
    if (known === undefined || slips < known) found.set(owner, slips);
  }
}

function collect<T>(node: Node<T>, slips: number, found: Map<T, number>): void {
  keep(node, slips, found);
  for (const child of node.next) collect(child, slips, found);
}
