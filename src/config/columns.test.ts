import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError } from '../model/errors.ts';
import type { Settings } from '../model/settings.ts';
import { checkColumns } from './columns.ts';
import { loadSettings } from './load.ts';

let folder: string;
let settings: Settings;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-columns-'));
  await writeFile(join(folder, 'overrides.csv'), 'Badge,decision,user,reason\n7,ignore,,left\n8,ignore,,left\n');
  await writeFile(
    join(folder, 'rollcall.yaml'),
    `application: CORPDB1
directory: local
source: { csv: { path: users.csv } }
match:
  - { column: EMail, attribute: userPrincipalName }
  - { filter: "surname eq '{Last name}'" }
overrides: overrides.csv
create:
  displayName: "{Full name}"
  userPrincipalName: "{EMail}"
  mailNickname: "{Alias}"
roles: { column: Role }
`,
  );
  settings = await loadSettings(join(folder, 'rollcall.yaml'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ALL = ['EMail', 'Last name', 'Full name', 'Alias', 'Role', 'Badge', 'More'];

const told = (columns: readonly string[]): string[] => {
  try {
    checkColumns(settings, columns);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n').map((line) => line.replace(join(folder, '/'), ''));
  }
};

test('a roster with all columns that are named is right, whatever else it has', () => {
  expect(told(ALL)).toEqual([]);
});

test('each place that names a missing column is told, with the nearest right name', () => {
  expect(told(ALL.with(0, 'E-Mail'))).toEqual([
    'rollcall.yaml:5:15: match[0].column: the roster has no column "EMail"; did you mean "E-Mail"?',
    'rollcall.yaml:10:22: create.userPrincipalName: the roster has no column "EMail"; did you mean "E-Mail"?',
  ]);
});

test('columns of filters, roles and overrides are needed too', () => {
  expect(told(['EMail', 'Full name', 'Alias'])).toEqual([
    expect.stringMatching(/^rollcall\.yaml:6:15: match\[1\]\.filter: the roster has no column "Last name"/),
    expect.stringMatching(/^rollcall\.yaml:12:18: roles\.column: the roster has no column "Role"; it has EMail, /),
    expect.stringMatching(/^overrides\.csv:1: the roster has no column "Badge"/),
  ]);
});

test('a column of another case is another column', () => {
  expect(told(ALL.with(4, 'ROLE')).join()).toContain('did you mean "ROLE"?');
});

test('a configuration that has gone is still told by name', async () => {
  const gone = { ...settings, file: join(folder, 'gone.yaml') };
  expect(() => checkColumns(gone, ALL.slice(1))).toThrow('gone.yaml: match[0].column');
});
