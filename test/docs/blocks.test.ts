// What the documents tell people to type and to write is what the program takes.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { program } from '../../scripts/command-pages.ts';
import { loadSettings } from '../../src/config/load.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const pages = readdirSync(join(ROOT, 'docs', 'commands')).map((page) => join('docs', 'commands', page));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-docs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const blocks = (page: string, language: string): string[] => {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll('\r\n', '\n');
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map((all) => all[2]!);
};

const commandLines = (page: string): string[] =>
  blocks(page, 'sh')
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line.startsWith('rollcall '));

test.each(['README.md', ...pages])('each command in %s is one that the program takes', (page) => {
  const lines = commandLines(page);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    const words = line.split(/\s+/).slice(1);
    let command = program();
    while (words[0] !== undefined) {
      const next = command.commands.find((one) => one.name() === words[0]);
      if (!next) break;
      command = next;
      words.shift();
    }
    const known = command.options.flatMap(({ short, long }) => [short, long]);
    const unknown = words.filter((word) => /^-/.test(word) && !known.includes(word.split('=')[0]));
    expect({ line, command: command.name() === 'rollcall', unknown }).toEqual({ line, command: false, unknown: [] });
  }
});

test('the configuration that docs/configuration.md shows loads, with its overrides', async () => {
  const [whole] = blocks('docs/configuration.md', 'yaml');
  writeFileSync(join(folder, 'overrides.csv'), blocks('docs/configuration.md', 'csv')[0]!);
  writeFileSync(join(folder, 'rollcall.yaml'), whole!);
  const settings = await loadSettings(join(folder, 'rollcall.yaml'));
  expect(settings.match.overrides).toHaveLength(2);
});

const sourcePages = readdirSync(join(ROOT, 'docs', 'sources')).map((page) => join('docs', 'sources', page));

test.each(['docs/sources.md', ...sourcePages])('each source that %s shows loads', async (page) => {
  const sources = blocks(page, 'yaml');
  expect(sources.length).toBeGreaterThan(0);
  for (const [i, source] of sources.entries()) {
    const file = join(folder, `source-${i}.yaml`);
    writeFileSync(file, `application: A\ndirectory: local\nmatch: [{ column: a, attribute: mail }]\n${source}`);
    const { kind } = (await loadSettings(file)).source;
    expect(source).toMatch(new RegExp(`^  ${kind}:`, 'm'));
  }
});

test("the README's way to a tenant of one's own loads", async () => {
  const [written] = blocks('README.md', 'yaml');
  const rest = 'application: A\nsource: { csv: { path: a.csv } }\nmatch: [{ column: a, attribute: mail }]\n';
  writeFileSync(join(folder, 'tenant.yaml'), `${written}${rest}`);
  expect((await loadSettings(join(folder, 'tenant.yaml'))).directory).toMatchObject({ tenant: 'contoso.com' });
});
