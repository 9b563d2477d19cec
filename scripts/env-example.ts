import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { environmentSchema } from '../server/config.ts';

const root = new URL('../', import.meta.url);
export const exampleFile = new URL('.env.example', root);
export const readmeFile = new URL('README.md', root);

export interface Setting {
  name: string;
  about: string;
  /** As it would be written in the environment; undefined when there is none. */
  byDefault: string | undefined;
  /** Nothing in the server reads it yet: it is checked, and that is all. */
  unused: boolean;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'boolean') return value ? '1' : '0';
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** Every setting of the server, in the order of the schema. */
export function settings(): Setting[] {
  const sources = readdirSync(new URL('server', root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== 'config.ts')
    .map((path) => readFileSync(new URL(`server/${path}`, root), 'utf8'));
  return Object.entries(environmentSchema.shape).map(([name, schema]) => ({
    name,
    about: String(schema.meta()?.about ?? ''),
    byDefault: textOf(schema.parse(undefined)),
    unused: !sources.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
  }));
}

const header = `\
# Every setting of the server with its default. Copy this file to .env and take the # from what you change.
# Written by \`npm run env:example\` from server/config.ts.
`;

export const exampleText = (): string =>
  [
    header,
    ...settings().map(
      ({ name, about, byDefault = '', unused }) =>
        `# ${about}${unused ? ' (no effect yet)' : ''}\n# ${name}=${byDefault}\n`,
    ),
  ].join('\n');

const begin = '<!-- settings: written by npm run env:example -->';
const end = '<!-- end of settings -->';

const cell = (text: string | undefined): string => (text ? `\`${text}\`` : '–');

function tableText(): string {
  const [used, unused] = [settings().filter((each) => !each.unused), settings().filter((each) => each.unused)];
  const rows = used.map(({ name, about, byDefault }) => `| \`${name}\` | ${cell(byDefault)} | ${about} |`);
  const rest = unused.map(({ name }) => `\`${name}\``).join(', ');
  return [
    '| variable | default | meaning |',
    '|---|---|---|',
    ...rows,
    ...(rest ? ['', `Checked when they are set, and without effect in this version: ${rest}.`] : []),
  ].join('\n');
}

/** The README with its table of settings as the schema has it. Throws when the markers are missing. */
export function withSettings(readme: string): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error('README.md has no place for the settings');
  return `${readme.slice(0, from + begin.length)}\n${tableText()}\n${readme.slice(to)}`;
}

if (import.meta.main) {
  writeFileSync(exampleFile, exampleText());
  writeFileSync(readmeFile, withSettings(readFileSync(readmeFile, 'utf8')));
  console.log(`${settings().length} settings written to .env.example and README.md`);
}
