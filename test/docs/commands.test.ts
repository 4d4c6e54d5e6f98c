// Each command has a page, each page a command, and the options on it are those of the command line.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pageOf, program, withOptions } from '../../scripts/command-pages.ts';

const commands = program().commands;

test('each command has a page and each page a command', () => {
  const pages = readdirSync(fileURLToPath(new URL('../../docs/commands/', import.meta.url)));
  expect(pages.sort()).toEqual(commands.map((command) => `${command.name()}.md`).sort());
});

for (const command of commands) {
  test(`the page of ${command.name()} lists its options as they are; npm run docs brings it up to date`, () => {
    const file = pageOf(command.name());
    expect(existsSync(file)).toBe(true);
    const page = readFileSync(file, 'utf8');
    expect(withOptions(page, command)).toBe(page);
  });
}
