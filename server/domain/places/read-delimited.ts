/**
 * A parser that gives way: it yields once in a thousand lines, so that a server can serve others in between, and
 * returns what it read. Nothing travels either way through the yields.
 */
export type Slices<Result> = Generator<undefined, Result, undefined>;

/** How many lines are read between two yields: about 20 ms of work. */
export const linesPerSlice = 1000;

/**
 * Lines of fields, as spreadsheets and open data sets write them.
 *
 * A record is a line: a quoted field ends on the line on which it began. Full CSV allows line breaks inside quotes,
 * but then one forgotten quote swallows the rest of the file, and every line has to come back with its own number
 * and reason. No timetable or list of places needs a line break inside a field.
 */
export interface DelimitedText {
  header: string[];
  /** 1 unless empty lines stand above it. */
  headerLine: number;
  /** Every line below the header that is not blank, with its number in the text, counted from 1. To be read once. */
  rows: () => Generator<DelimitedRow>;
}

type DelimitedRow = { line: number; fields: string[] } | { line: number; fault: string };

/** Finds the header and which of comma, tab, semicolon and caret separates fields. Null if every line is blank. */
export function readDelimited(text: string): DelimitedText | null {
  const all = lines(text);
  let first = all.next();
  while (!first.done && first.value.content.trim() === '') first = all.next();
  if (first.done) return null;
  const delimiter = delimiterOf(first.value.content);
  const header = fieldsOf(first.value.content, delimiter);
  return {
    // A broken header names no column, and is refused by whoever looks for its columns.
    header: typeof header === 'string' ? [] : header,
    headerLine: first.value.line,
    rows: function* () {
      for (const { line, content } of all) {
        if (content.trim() === '') continue;
        const fields = fieldsOf(content, delimiter);
        yield typeof fields === 'string' ? { line, fault: fields } : { line, fields };
      }
    },
  };
}

/**
 * Where each wanted column stands (−1: nowhere). Names are compared without case, spaces and punctuation, so that
 * `Flight_Number_Reporting_Airline`, `flight number reporting airline` and `FlightNumberReportingAirline` are one;
 * of several synonyms that are present the earlier named wins.
 */
export function columnsOf<Key extends string>(
  header: readonly string[],
  synonyms: Record<Key, readonly string[]>,
): Record<Key, number> {
  const positions = new Map<string, number>();
  header.forEach((name, index) => {
    const plain = plainName(name);
    if (!positions.has(plain)) positions.set(plain, index);
  });
  const columns = {} as Record<Key, number>;
  for (const key in synonyms) {
    const present = synonyms[key].find((name) => positions.has(plainName(name)));
    columns[key] = present === undefined ? -1 : (positions.get(plainName(present)) as number);
  }
  return columns;
}

/** The field in a column, trimmed; empty if the column or the field is absent. */
export const fieldAt = (fields: readonly string[], column: number): string => fields[column]?.trim() ?? '';

const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

function* lines(text: string): Generator<{ line: number; content: string }> {
  // A byte-order mark is no part of the first column's name.
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let line = 1; start < text.length; line++) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    yield { line, content: text.slice(start, text[end - 1] === '\r' ? end - 1 : end) };
    start = end + 1;
  }
}

function delimiterOf(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const count = (delimiter: string) => bare.split(delimiter).length;
  return [',', '\t', ';', '^'].reduce((best, each) => (count(each) > count(best) ? each : best));
}

/** The fields of a line, or why it has none. */
function fieldsOf(content: string, delimiter: string): string[] | string {
  if (!content.includes('"')) return content.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (content[at] === '"') {
      const quoted = quotedField(content, at);
      if (quoted === undefined) return 'a quoted field is not closed on its line';
      if (quoted.end < content.length && content[quoted.end] !== delimiter)
        return `text after a closing quote in field ${fields.length + 1}`;
      fields.push(quoted.value);
      at = quoted.end + 1;
    } else {
      // A quote inside a bare field stands for itself: tab-separated open data do not quote at all.
      const found = content.indexOf(delimiter, at);
      const end = found === -1 ? content.length : found;
      fields.push(content.slice(at, end));
      at = end + 1;
    }
    if (at === content.length + 1) return fields;
  }
}

/** The field that opens at `start`, doubled quotes undone, and the place behind its closing quote. */
function quotedField(content: string, start: number): { value: string; end: number } | undefined {
  let value = '';
  let from = start + 1;
  for (;;) {
    const quote = content.indexOf('"', from);
    if (quote === -1) return undefined;
    value += content.slice(from, quote);
    if (content[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}
