// What the command line does with what surrounds it: variables, readers that go away, mistakes, no terminal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exampleWorld, startCommand } from './support/world.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

test('a run whose readers go away comes to its end all the same', async () => {
  const world = await exampleWorld('sap-cloud-identity', 'command-line-no-readers');
  const child = spawn(process.execPath, [MAIN, 'run', '--yes', '--directory', join(world.folder, 'connection.json')], {
    cwd: world.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  child.stderr.destroy();

  expect(await once(child, 'exit')).toEqual([2, null]);

  expect(await world.json(0, 'verify')).toMatchObject({ present: 102, missing: [] });
});

test('a reader that has seen enough of a table ends it, and leaves the application free', async () => {
  const world = await exampleWorld('corpdb1', 'command-line-head');
  await world.rollcall('collect');
  const child = spawn(
    process.execPath,
    [MAIN, 'match', '--output', 'csv', '--directory', join(world.folder, 'connection.json')],
    { cwd: world.folder, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await once(child.stdout, 'data');
  child.stdout.destroy();

  expect(await once(child, 'exit')).toEqual([2, null]);
  expect((await world.rollcall('plan', '--quiet')).err).toBe('');
});

test('ROLLCALL_YES=false does not answer the question with yes', async () => {
  const world = await exampleWorld('sap-cloud-identity', 'command-line-yes-false');
  const directory = join(world.folder, 'connection.json');

  const env = { ROLLCALL_YES: 'false', ROLLCALL_DIRECTORY: directory, ROLLCALL_QUIET: 'true' };
  const { status, err } = await startCommand(world.folder, ['run'], env).ended;

  expect(status).toBe(64);
  expect(err).toMatch(
    /cannot be asked, because there is no terminal\. Nothing was written\.\nGive the answer with --yes/,
  );
  expect(await world.writes()).toBe(0);
});

test.each([
  [['run', '--allow', 'creat'], 'there is no guard "creat"; did you mean "create"?\nName one of create, assign'],
  [['--config', 'x.yaml', 'match'], 'Options stand behind the command.'],
  [
    ['mtach'],
    'unknown command \'mtach\'\n(Did you mean match?)\nOptions stand behind the command. Type "rollcall --help" to see what there is.\n',
  ],
  [['match', '--strategie', 'lookups'], 'Type "rollcall match --help" to see what it takes.\n'],
  [['run', '--lag-limit', 'soon'], '--lag-limit takes a whole number from 0, not "soon".\nGive such a number.\n'],
  [['init'], 'Type "rollcall init --help" to see what it takes.\n'],
])('%j is a mistake in the command line, and the last line says what to do', async (args, told) => {
  const { status, out, err } = await startCommand('.', args).ended;
  expect({ status, out }).toEqual({ status: 64, out: '' });
  expect(err).toContain(told);
});

test('a file that cannot be written is told with what to do, by init and by plan', async () => {
  const world = await exampleWorld('sap-cloud-identity', 'command-line-unwritable');
  const { status, err } = await startCommand(world.folder, ['init', 'users.csv', '--config', 'no/such/a.yaml']).ended;
  expect(status).toBe(1);
  expect(err).toMatch(/^no\/such\/a\.yaml cannot be written: .*\nCheck that its folder is there/);

  await world.rollcall('collect');
  await world.rollcall('match');
  const planned = await world.rollcall('plan', '--to', join('users.csv', 'plan.jsonl'));
  expect(planned.status).toBe(1);
  expect(planned.err).toMatch(/^The plan cannot be written to .*\nIt is kept as .*name another file with --to\.\n$/);
});
