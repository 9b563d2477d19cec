import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildConnectionTable,
  type ConnectionRule,
  type ConnectionStatus,
  codeNumber,
  connectionForbidden,
  connectionStatuses,
  defaultConnectionMinutes,
  isDefaultConnection,
  minimumConnection,
  statusNumber,
} from '../../server/domain/connections/minimum-connection.ts';
import { parseConnectionTimes } from '../../server/domain/connections/parse-connection-times.ts';
import { runSlices } from '../schedules/run-slices.ts';

const any: ConnectionRule = {
  arrivalAirport: null,
  departureAirport: null,
  arrivalTerminal: null,
  departureTerminal: null,
  status: null,
  arrivalCarrier: null,
  departureCarrier: null,
  minutes: 1,
};
const rule = (given: Partial<ConnectionRule>): ConnectionRule => ({ ...any, ...given });

interface Asked {
  at?: [string, string];
  terminals?: [string, string];
  carriers?: [string, string];
  status?: ConnectionStatus;
}
const numbers = ({ at = ['LHR', 'LHR'], terminals = ['', ''], carriers = ['QX', 'QY'], status = 'DD' }: Asked) => ({
  arrivalAirport: codeNumber(at[0]),
  departureAirport: codeNumber(at[1]),
  arrivalTerminal: codeNumber(terminals[0]),
  departureTerminal: codeNumber(terminals[1]),
  status: connectionStatuses.indexOf(status),
  arrivalCarrier: codeNumber(carriers[0]),
  departureCarrier: codeNumber(carriers[1]),
});
const minutes = (rules: ConnectionRule[], asked: Asked) =>
  minimumConnection(buildConnectionTable(rules), numbers(asked));

describe('minimum connection times', () => {
  it('[CONN-1] are defaults, and called so, where no rule fits', () => {
    const table = buildConnectionTable([]);
    expect(connectionStatuses.map((status) => minimumConnection(table, numbers({ status })))).toEqual([60, 75, 75, 75]);
    expect(minimumConnection(table, numbers({ at: ['LHR', 'LGW'] }))).toBe(180);
    expect(isDefaultConnection(table, numbers({}))).toBe(true);
    expect(isDefaultConnection(buildConnectionTable([rule({})]), numbers({}))).toBe(false);
    expect([
      statusNumber(false, false),
      statusNumber(false, true),
      statusNumber(true, false),
      statusNumber(true, true),
    ]).toEqual([0, 1, 2, 3]);
  });

  it('[CONN-2] are those of the most specific rule: carriers before terminals before the status', () => {
    const rules = [
      rule({ minutes: 50 }),
      rule({ arrivalAirport: 'LHR', minutes: 90 }),
      rule({ arrivalAirport: 'LHR', status: 'DD', minutes: 75 }),
      rule({ arrivalAirport: 'LHR', arrivalTerminal: '2', departureTerminal: '2', minutes: 60 }),
      rule({ arrivalAirport: 'LHR', arrivalTerminal: '2', departureTerminal: '4', minutes: 95 }),
      rule({ arrivalAirport: 'LHR', arrivalCarrier: 'BA', departureCarrier: 'BA', minutes: 45 }),
      rule({ arrivalAirport: 'LHR', departureAirport: 'LGW', minutes: 150 }),
    ];
    expect(minutes(rules, { status: 'II' })).toBe(90);
    expect(minutes(rules, {})).toBe(75);
    expect(minutes(rules, { terminals: ['2', '2'] })).toBe(60);
    expect(minutes(rules, { terminals: ['2', '4'] })).toBe(95);
    expect(minutes(rules, { terminals: ['2', '4'], carriers: ['BA', 'BA'] })).toBe(45);
    expect(minutes(rules, { at: ['LHR', 'LGW'] })).toBe(150);
    // Not the way back, and no rule for every airport says how long the way between two takes.
    expect(minutes(rules, { at: ['LGW', 'LHR'] })).toBe(180);
    expect(minutes(rules, { at: ['JFK', 'JFK'] })).toBe(50);
  });

  it('[CONN-2] of two equally specific rules the longer holds, and a ban above any', () => {
    const at = { arrivalAirport: 'LHR' };
    expect(
      minutes(
        [rule({ ...at, arrivalCarrier: 'BA', minutes: 40 }), rule({ ...at, departureCarrier: 'AA', minutes: 70 })],
        { carriers: ['BA', 'AA'] },
      ),
    ).toBe(70);
    expect(
      minutes(
        [rule({ ...at, arrivalCarrier: 'BA', minutes: null }), rule({ ...at, departureCarrier: 'AA', minutes: 70 })],
        { carriers: ['BA', 'AA'] },
      ),
    ).toBe(connectionForbidden);
  });

  it('[CONN-3] agree with trying every rule one by one', () => {
    const airport = fc.constantFrom('LHR', 'LGW', 'JFK', 'ZZZ', 'AAA');
    const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
    const terminal = fc.constantFrom('1', '2E', 'ZZ');
    const carrier = fc.constantFrom('BA', '9W', 'ZZ');
    const anyRule = fc
      .record({
        arrivalAirport: maybe(airport),
        departureAirport: airport,
        arrivalTerminal: maybe(terminal),
        departureTerminal: maybe(terminal),
        status: maybe(fc.constantFrom(...connectionStatuses)),
        arrivalCarrier: maybe(carrier),
        departureCarrier: maybe(carrier),
        minutes: maybe(fc.nat(1440)),
      })
      .map((given): ConnectionRule => (given.arrivalAirport ? given : { ...given, departureAirport: null }));
    const asked = fc.record({
      at: fc.tuple(airport, airport),
      terminals: fc.tuple(fc.constantFrom('', '1', '2E'), fc.constantFrom('', '1', 'ZZ')),
      carriers: fc.tuple(carrier, carrier),
      status: fc.constantFrom(...connectionStatuses),
    });
    const weight = (each: ConnectionRule) =>
      (each.arrivalAirport ? 1000 : 0) +
      [each.arrivalCarrier, each.departureCarrier].filter(Boolean).length * 8 +
      [each.arrivalTerminal, each.departureTerminal].filter(Boolean).length * 2 +
      (each.status ? 1 : 0);
    const fits = (each: ConnectionRule, { at, terminals, carriers, status }: Required<Asked>) =>
      (each.arrivalAirport ? each.arrivalAirport === at[0] && each.departureAirport === at[1] : at[0] === at[1]) &&
      (each.arrivalTerminal ?? terminals[0]) === terminals[0] &&
      (each.departureTerminal ?? terminals[1]) === terminals[1] &&
      (each.arrivalCarrier ?? carriers[0]) === carriers[0] &&
      (each.departureCarrier ?? carriers[1]) === carriers[1] &&
      (each.status ?? status) === status;
    const slowly = (rules: ConnectionRule[], given: Required<Asked>): number => {
      const [best] = rules
        .filter((each) => fits(each, given))
        .sort((a, b) => weight(b) - weight(a) || (b.minutes ?? 9999) - (a.minutes ?? 9999));
      if (best) return best.minutes ?? connectionForbidden;
      return given.at[0] === given.at[1]
        ? defaultConnectionMinutes[given.status]
        : defaultConnectionMinutes.airportChange;
    };
    fc.assert(
      fc.property(
        fc.array(anyRule, { maxLength: 12 }),
        fc.array(asked, { minLength: 5, maxLength: 20 }),
        (rules, questions) => {
          const table = buildConnectionTable(rules);
          for (const question of questions)
            expect(minimumConnection(table, numbers(question))).toBe(slowly(rules, question));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('[CONN-4] are read from a table, line by line', () => {
    const parse = (text: string) => runSlices(parseConnectionTimes(text, (code) => code !== 'QQQ'));
    const header =
      'arrival_airport,departure_airport,arrival_terminal,departure_terminal,status,arrival_carrier,departure_carrier,minutes';
    expect(parse(`${header}\nLHR,,2,2,,,,60\nLHR,LGW,,,,,,150\n*,*,*,*,ii,*,*,90\nLHR,,,,,BA,AA,NO\n`)).toEqual({
      rules: [
        rule({
          arrivalAirport: 'LHR',
          departureAirport: 'LHR',
          arrivalTerminal: '2',
          departureTerminal: '2',
          minutes: 60,
        }),
        rule({ arrivalAirport: 'LHR', departureAirport: 'LGW', minutes: 150 }),
        rule({ status: 'II', minutes: 90 }),
        rule({
          arrivalAirport: 'LHR',
          departureAirport: 'LHR',
          arrivalCarrier: 'BA',
          departureCarrier: 'AA',
          minutes: null,
        }),
      ],
      rejected: [],
    });
    const bad: [string, string][] = [
      ['QQQ,,,,,,,60', 'unknown place QQQ'],
      [',LHR,,,,,,60', 'a rule for every airport names no departure_airport'],
      ['LHR,,123,,,,,60', 'terminal "123" is not one or two letters or digits'],
      ['LHR,,,,DX,,,60', 'status "DX" is none of DD, DI, ID, II'],
      ['LHR,,,,,BAW,,60', 'carrier "BAW" is not an airline designator of two characters'],
      ['LHR,,,,,,,1441', 'minutes "1441" are neither 0 to 1440 nor NO'],
      ['LHR,LHR,2,2,,,,70', 'the same rule is already on line 2'],
    ];
    expect(parse([header, 'LHR,,2,2,,,,60', ...bad.map(([line]) => line)].join('\n')).rejected).toEqual(
      bad.map(([, reason], at) => ({ line: at + 3, reason })),
    );
    expect(parse('a,b\n1,2').rejected).toEqual([{ line: 1, reason: 'the header lacks arrival_airport or minutes' }]);
  });
});
