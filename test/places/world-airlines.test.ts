import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { columnsOf, fieldAt, readDelimited } from '../../server/domain/places/read-delimited.ts';
import { worldAirlines } from '../../server/domain/places/world-airlines.ts';

const reference = new URL('../../../shared/data/world/optd_airlines.csv', import.meta.url);
const absent = !existsSync(reference);
if (absent) console.warn('SKIPPED: the public list of airlines that ours is checked against is not beside the project');

/** Where the reference says something else, and why ours stands. */
const explanations: Record<string, string> = {
  '4Y alliance': 'flies for a member without being one',
  'AZ alliance': 'left SkyTeam in 2025',
  'FA name': 'the brand; the reference has the company',
  'FJ alliance': 'a full member of oneworld since 2025',
  'IY name': 'the brand of Yemen Airways',
  'KB name': 'written in one word',
  'LA alliance': 'left oneworld in 2020',
  'MF name': 'written in two words',
  'OK alliance': 'has ended its own flights',
  'P5 name': 'the brand of Copa Airlines Colombia',
  'SK alliance': 'moved from Star Alliance to SkyTeam in 2024',
  'SU alliance': 'suspended from SkyTeam in 2022',
  'WM name': 'the brand of Windward Islands Airways',
  'WY alliance': 'joined oneworld in 2025',
  'X3 name': 'written in two words',
};

describe('the airlines that we know from the start', () => {
  const airlines = worldAirlines();

  it('[CONN-5] are about two hundred, each code once, in order', () => {
    const codes = airlines.map((each) => each.code);
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(codes.length).toBeGreaterThanOrEqual(190);
    const members = (alliance: string) => airlines.filter((each) => each.alliance === alliance).length;
    expect([members('oneworld'), members('skyteam'), members('star_alliance')]).toEqual([15, 18, 25]);
    expect(airlines.find((each) => each.code === 'LH')).toEqual({
      code: 'LH',
      name: 'Lufthansa',
      alliance: 'star_alliance',
    });
  });

  it.skipIf(absent)('[CONN-5] agree with public data, but for exceptions that are explained one by one', () => {
    const file = readDelimited(absent ? '' : readFileSync(reference, 'utf8'));
    const columns = columnsOf(file?.header ?? [], {
      code: ['2char_code'],
      until: ['validity_to'],
      name: ['name'],
      name2: ['name2'],
      others: ['alt_names'],
      alliance: ['alliance_code'],
      status: ['alliance_status'],
    });
    const rows = [...(file?.rows() ?? [])].flatMap((row) => ('fields' in row ? [row.fields] : []));
    const current = Map.groupBy(
      rows.filter((row) => fieldAt(row, columns.until) === ''),
      (row) => fieldAt(row, columns.code),
    );
    const plain = (alliance: string) => alliance.toLowerCase().replace(' ', '_');
    const found = airlines.flatMap(({ code, name, alliance }) => {
      const theirs = current.get(code) ?? [];
      const namesakes = theirs.filter((row) =>
        [columns.name, columns.name2, columns.others].some((column) => shareAWord(name, fieldAt(row, column))),
      );
      const isAllied = (namesakes.length > 0 ? namesakes : theirs).some((row) => {
        const member = fieldAt(row, columns.status) === 'Affiliate' ? '' : plain(fieldAt(row, columns.alliance));
        return member === (alliance ?? '');
      });
      return [...(namesakes.length > 0 ? [] : [`${code} name`]), ...(isAllied ? [] : [`${code} alliance`])];
    });
    expect(found).toEqual(Object.keys(explanations));
  });
});

const common = new Set(['air', 'airlines', 'airways', 'airline', 'the']);
function wordsOf(text: string): Set<string> {
  const words =
    text
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  return new Set(words.filter((word) => !common.has(word)));
}
const shareAWord = (a: string, b: string): boolean => !wordsOf(a).isDisjointFrom(wordsOf(b));
