import { columnsOf, fieldAt, linesPerSlice, readDelimited, type Slices } from '../places/read-delimited.ts';
import { type ConnectionRule, type ConnectionStatus, connectionStatuses } from './minimum-connection.ts';

const names = {
  arrivalAirport: ['arrival_airport', 'arrives_at', 'airport'],
  departureAirport: ['departure_airport', 'departs_from'],
  arrivalTerminal: ['arrival_terminal'],
  departureTerminal: ['departure_terminal'],
  status: ['status'],
  arrivalCarrier: ['arrival_carrier'],
  departureCarrier: ['departure_carrier'],
  minutes: ['minutes'],
} as const;
type Columns = Record<keyof typeof names, number>;

const minutesMax = 1440;

export interface ParsedConnectionTimes {
  rules: ConnectionRule[];
  rejected: { line: number; reason: string }[];
}

/** Reads minimum connection times (`mct`, docs/formats.md). A rule stands once in a file. Never throws on any text. */
export function* parseConnectionTimes(
  text: string,
  isAirport: (code: string) => boolean,
): Slices<ParsedConnectionTimes> {
  const file = readDelimited(text);
  if (!file) return { rules: [], rejected: [{ line: 1, reason: 'the file is empty' }] };
  const columns = columnsOf(file.header, names);
  if (columns.arrivalAirport < 0 || columns.minutes < 0)
    return { rules: [], rejected: [{ line: file.headerLine, reason: 'the header lacks arrival_airport or minutes' }] };
  const rules: ConnectionRule[] = [];
  const rejected: ParsedConnectionTimes['rejected'] = [];
  const firstLines = new Map<string, number>();
  let untilYield = linesPerSlice;
  for (const row of file.rows()) {
    if (--untilYield === 0) {
      untilYield = linesPerSlice;
      yield;
    }
    const rule = 'fault' in row ? row.fault : ruleOf(row.fields, columns, isAirport);
    const key = typeof rule === 'string' ? '' : JSON.stringify({ ...rule, minutes: 0 });
    const first = firstLines.get(key);
    if (typeof rule === 'string') rejected.push({ line: row.line, reason: rule });
    else if (first !== undefined)
      rejected.push({ line: row.line, reason: `the same rule is already on line ${first}` });
    else {
      firstLines.set(key, row.line);
      rules.push(rule);
    }
  }
  return { rules, rejected };
}

/** The rule, or why it is none. Empty and `*` stand for any. */
function ruleOf(fields: string[], columns: Columns, isAirport: (code: string) => boolean): ConnectionRule | string {
  const field = (name: keyof Columns): string | null => {
    const given = fieldAt(fields, columns[name]).toUpperCase();
    return given === '' || given === '*' ? null : given;
  };
  const rule = {
    arrivalAirport: field('arrivalAirport'),
    departureAirport: field('departureAirport') ?? field('arrivalAirport'),
    arrivalTerminal: field('arrivalTerminal'),
    departureTerminal: field('departureTerminal'),
    status: field('status') as ConnectionStatus | null,
    arrivalCarrier: field('arrivalCarrier'),
    departureCarrier: field('departureCarrier'),
  };
  if (rule.arrivalAirport === null && rule.departureAirport !== null)
    return 'a rule for every airport names no departure_airport';
  for (const airport of [rule.arrivalAirport, rule.departureAirport])
    if (airport !== null && !isAirport(airport)) return `unknown place ${airport}`;
  if (rule.status !== null && !connectionStatuses.includes(rule.status))
    return `status "${rule.status}" is none of ${connectionStatuses.join(', ')}`;
  for (const terminal of [rule.arrivalTerminal, rule.departureTerminal])
    if (terminal !== null && !/^[A-Z0-9]{1,2}$/.test(terminal))
      return `terminal "${terminal}" is not one or two letters or digits`;
  for (const carrier of [rule.arrivalCarrier, rule.departureCarrier])
    if (carrier !== null && !/^(?:[A-Z][A-Z0-9]|[0-9][A-Z])$/.test(carrier))
      return `carrier "${carrier}" is not an airline designator of two characters`;
  const minutes = fieldAt(fields, columns.minutes).toUpperCase();
  if (minutes === 'NO') return { ...rule, minutes: null };
  if (!/^\d{1,4}$/.test(minutes) || Number(minutes) > minutesMax)
    return `minutes "${minutes}" are neither 0 to ${minutesMax} nor NO`;
  return { ...rule, minutes: Number(minutes) };
}
