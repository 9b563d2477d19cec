/** Writes SSIM records by their columns, so that a test says only what it is about. */
type Fields = Record<number, string>;

function record(fields: Fields): string {
  const symbols = Array<string>(194).fill(' ');
  for (const [from, text] of Object.entries(fields))
    for (const [place, symbol] of [...text].entries()) symbols[Number(from) - 1 + place] = symbol;
  return symbols.join('');
}

interface Leg {
  flight?: string;
  suffix?: string;
  variation?: string;
  leg?: string;
  service?: string;
  from?: string;
  to?: string;
  days?: string;
  frequency?: string;
  departs?: string;
  arrives?: string;
  configuration?: string;
  /** Two symbols, departure and arrival. */
  dates?: string;
  columns?: Fields;
}

/** `departs` and `arrives` are `JFK 0930 -0500 4`: station, time, UTC variation, terminal; the last two may be absent. */
export function leg(given: Leg): string {
  const [origin = '', departure = '', originVariation = '', originTerminal = ''] = (given.departs ?? 'JFK 0930').split(
    ' ',
  );
  const [destination = '', arrival = '', destinationVariation = '', destinationTerminal = ''] = (
    given.arrives ?? 'BOS 1045'
  ).split(' ');
  return record({
    1: '3',
    2: given.suffix ?? ' ',
    3: 'QX',
    6: (given.flight ?? '1').padStart(4),
    10: given.variation ?? '01',
    12: given.leg ?? '01',
    14: given.service ?? 'J',
    15: given.from ?? '01JUN26',
    22: given.to ?? '30JUN26',
    29: given.days ?? '1234567',
    36: given.frequency ?? ' ',
    37: origin,
    40: departure,
    44: departure,
    48: originVariation,
    53: originTerminal,
    55: destination,
    58: arrival,
    62: arrival,
    66: destinationVariation,
    71: destinationTerminal,
    73: '738',
    76: 'Y',
    173: given.configuration ?? 'Y180VV180',
    193: given.dates ?? '  ',
    ...given.columns,
  });
}

export const segment = (dei: string, data: string, flight = '1'): string =>
  record({
    1: '4',
    3: 'QX',
    6: flight.padStart(4),
    10: '01',
    12: '01',
    14: 'J',
    29: 'AB',
    31: dei,
    34: 'JFKBOS',
    40: data,
  });

/** A whole file of one carrier, with the serial numbers that it should have. */
export function ssimFile(records: string[], mode: 'L' | 'U' = 'L', period = '29MAR2624OCT26'): string {
  const zeros = '0'.repeat(200);
  let serial = 0;
  const numbered = (text: string): string => `${text}${String(++serial).padStart(6, '0')}`;
  const header = numbered(record({ 1: '1AIRLINE STANDARD SCHEDULE DATA SET', 41: '1', 192: '001' }));
  const carrier = numbered(record({ 1: `2${mode}QX`, 11: 'S26', 15: period, 29: '01FEB26', 72: 'P' }));
  const body = records.map(numbered);
  const trailer = numbered(record({ 1: '5', 3: 'QX', 188: String(serial).padStart(6, '0'), 194: 'E' }));
  const lines = [header, zeros, zeros, zeros, zeros, carrier, zeros, zeros, zeros, zeros, ...body, trailer];
  while (lines.length % 5 !== 0) lines.push(zeros);
  return `${lines.join('\r\n')}\r\n`;
}

/** Lines of the header and carrier blocks: the first record of the body stands on the next. */
export const linesBefore = 10;
