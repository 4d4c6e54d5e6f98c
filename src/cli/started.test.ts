import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine, shownPath, startedAs } from './started.ts';

const clone = resolve('/clone');
const npm = { npm_lifecycle_event: 'rollcall', npm_config_local_prefix: clone };

test.each([
  ['npm run in the clone', 'main.ts', { ...npm, INIT_CWD: join(clone, 'examples') }, 'npm run -s rollcall --'],
  [
    'npm run with --prefix',
    'main.ts',
    { ...npm, INIT_CWD: resolve('/work') },
    `npm run -s --prefix ${clone} rollcall --`,
  ],
  ['npm start', 'main.ts', { ...npm, npm_lifecycle_event: 'start', INIT_CWD: clone }, 'npm run -s rollcall --'],
  ['npx', 'main.js', { npm_command: 'exec' }, 'npx rollcall'],
  ['an installed command', '/usr/bin/rollcall', {}, 'rollcall'],
  ['the clone itself', join('src', 'cli', 'main.ts'), {}, `node ${join('src', 'cli', 'main.ts')}`],
])('after %s the next command is told as it was typed', (_how, script, env, expected) => {
  expect(startedAs(script === 'main.ts' ? join(clone, script) : script, env)).toBe(expected);
});

test('a command to type next names configuration and directory, in quotes where they hold blanks', () => {
  expect(commandLine('rollcall', { config: 'rollcall.yaml' }, 'verify')).toBe('rollcall verify');
  expect(commandLine('rollcall', { config: 'my apps/a.yaml', directory: 'd.json' }, 'run', '--what-if')).toBe(
    'rollcall run --what-if --config "my apps/a.yaml" --directory d.json',
  );
});

test('a path is shown from the working folder where it lies in it', () => {
  expect(shownPath(join(clone, 'a', 'b.html'), clone)).toBe(join('a', 'b.html'));
  expect(shownPath(resolve('/else', 'b.html'), clone)).toBe(resolve('/else', 'b.html'));
  expect(shownPath(resolve('/clone-2'), clone)).toBe(resolve('/clone-2'));
});
