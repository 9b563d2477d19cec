/** One step of the conversation that a document shows. */
export type Step =
  | { kind: 'connect'; path: string; line: number }
  /** `json` when the document shows a JSON frame, else the text of the frame. */
  | { kind: 'send' | 'expect'; text: string; json: unknown; line: number }
  | { kind: 'closed'; line: number }
  /** What only a test can bring about: an HTML comment, unseen by readers. */
  | { kind: 'do'; what: string; line: number };

/**
 * Reads a conversation out of Markdown: a block that holds a `ws://` address connects; a line that starts with
 * `→` or `←` says whether the next block is sent or expected; `← closed` expects the end of the connection.
 */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  const lines = markdown.split('\n');
  let direction: 'send' | 'expect' | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    const directive = /^<!-- test: (.+) -->$/.exec(line);
    if (directive) steps.push({ kind: 'do', what: directive[1] as string, line: at + 1 });
    else if (line.startsWith('← closed')) steps.push({ kind: 'closed', line: at + 1 });
    else if (line.startsWith('→')) direction = 'send';
    else if (line.startsWith('←')) direction = 'expect';
    else if (line.startsWith('```') && line !== '```') {
      const end = lines.indexOf('```', at + 1);
      const text = lines.slice(at + 1, end).join('\n');
      const isJson = line === '```json';
      if (text.startsWith('ws://'))
        steps.push({ kind: 'connect', path: text.replace(/^ws:\/\/[^/]+/, ''), line: at + 1 });
      else if (direction) {
        steps.push({ kind: direction, text, json: isJson ? JSON.parse(text) : undefined, line: at + 1 });
      } else throw new Error(`line ${at + 1}: a frame without a direction`);
      direction = undefined;
      at = end;
    }
  }
  return steps;
}

const volatile = [
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/,
  /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/,
  // A record locator, and the event id of seats.
  /^(?=.*[A-Z])[A-Z0-9]{6}$/,
  /^\d+:\d+$/,
  // The version of the timetable, which counts on from the time of its start in milliseconds.
  /^\d{13}$/,
];

const isWord = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

/**
 * What stands in the document for what it is in this run: ids, tokens and times differ, but the same one stays
 * the same throughout. Everything else has to be equal to the letter.
 */
export class Bindings {
  readonly #values = new Map<unknown, string | number>();

  bind(shown: string | number, actual: string | number): void {
    this.#values.set(shown, actual);
  }

  /** A value of the document, as it has to be in this run. */
  resolve(shown: unknown): unknown {
    const whole = this.#values.get(shown);
    if (whole !== undefined) return whole;
    if (typeof shown === 'string') return this.#resolveText(shown);
    if (Array.isArray(shown)) return shown.map((each) => this.resolve(each));
    if (typeof shown !== 'object' || shown === null) return shown;
    return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, this.resolve(value)]));
  }

  #resolveText(shown: string): string {
    // Dates stand inside wall times.
    for (const [from, to] of this.#values)
      if (typeof from === 'string' && from.length === 10 && shown.startsWith(from)) return to + shown.slice(10);
    return shown;
  }

  /** Takes over from a received frame whatever differs from run to run and was not met before. */
  learn(shown: unknown, actual: unknown): void {
    if (isWord(shown) && isWord(actual)) {
      const isNew = !this.#values.has(shown) && shown !== actual;
      const differs = (pattern: RegExp) => pattern.test(String(shown)) && pattern.test(String(actual));
      if (isNew && volatile.some(differs)) this.bind(shown, actual);
    } else if (typeof shown === 'object' && shown !== null && typeof actual === 'object' && actual !== null) {
      for (const [key, value] of Object.entries(shown)) this.learn(value, (actual as Record<string, unknown>)[key]);
    }
  }
}
