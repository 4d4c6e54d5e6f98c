import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../model/errors.ts';
import type { Settings } from '../model/settings.ts';
import { loadSettings } from './load.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SMALLEST = `application: CORPDB1
directory: local
source:
  csv: { path: users.csv }
match:
  - { column: EMail, attribute: userPrincipalName }
`;

const load = async (yaml: string): Promise<Settings> => {
  const file = join(folder, 'rollcall.yaml');
  await writeFile(file, yaml);
  return loadSettings(file);
};

test('a path of Windows in double quotes is told how to be written', async () => {
  expect(await problems(SMALLEST.replace('users.csv', '"C:\\data\\users.csv"'))).toContain(
    'rollcall.yaml:4:19: a backslash in double quotes begins an escape; write the path with / or in single quotes',
  );
});

/** The problems as people see them, without the folder: `rollcall.yaml:2:3: path: message`. */
const problems = async (yaml: string): Promise<string[]> => {
  const error = await load(yaml).then(
    () => expect.fail('the configuration was loaded'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message.split('\n').map((line) => line.replace(join(folder, '/'), ''));
};

const withDirectory = (directory: string) => SMALLEST.replace('directory: local', `directory: ${directory}`);
const withRule = (rule: string) => SMALLEST.replace(/ {2}- .*\n/, `  - ${rule}\n`);

describe('a configuration', () => {
  test('with nothing but the necessary has every default filled in', async () => {
    expect(await load(SMALLEST)).toEqual({
      file: join(folder, 'rollcall.yaml'),
      stateFolder: join(folder, '.rollcall'),
      application: { displayName: 'CORPDB1', uniqueName: 'rollcall-corpdb1', appId: null },
      directory: { kind: 'local', users: null },
      source: { kind: 'csv', path: join(folder, 'users.csv'), encoding: 'auto', delimiter: 'auto' },
      columns: { drop: [], keep: [] },
      accounts: { enabled: null, lastLogin: null, created: null, ends: null, owner: null, type: null },
      complete: { columns: [], rows: null, sum: null, trailer: null },
      match: {
        rules: [
          {
            column: 'EMail',
            attribute: 'userPrincipalName',
            operator: 'equals',
            transforms: [{ kind: 'trim' }],
          },
        ],
        overrides: [],
        strategy: 'auto',
        roleColumn: null,
      },
      create: null,
      roles: { default: 'User' },
      roleDescriptions: { byName: {}, column: null },
      review: null,
      removals: { channel: null, dueDays: 14, remindDays: 7, escalateDays: 14 },
      evidence: { key: null },
      guards: {
        maxCreateShare: 0.25,
        maxAssignShare: 1,
        maxRemoveShare: 0.1,
        maxShrinkShare: 0.1,
        maxGrowShare: 0.5,
        floor: 20,
      },
      hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
  });

  test('may say everything', async () => {
    await writeFile(join(folder, 'decisions.csv'), 'EMail,decision,user,reason\nx@y.example,ignore,,a service\n');
    const settings = await load(`
application: { name: SAP Cloud Identity, uniqueName: sap-ci, appId: 11111111-2222-4333-8444-55555555AAAA }
directory:
  tenant: contoso.com
  cloud: usgov
  signIn: clientSecret
  clientId: 11111111-2222-4333-8444-555555555555
  secret: { file: secrets/app }
  caFile: ca.pem
source:
  csv: { path: data/users.txt, encoding: windows-1252, delimiter: tab }
match:
  - column: Login
    attribute: onPremisesSamAccountName
    operator: startsWith
    transforms: [trim, lower, stripDomain, { replaceDomain: contoso.com }, { prefix: a }, { suffix: b }, { regex: '^0*(\\d+)$', with: $1 }]
  - { column: EMail, attribute: proxyAddresses, transforms: [{ prefix: 'smtp:' }] }
  - { column: Badge, attribute: extensionAttribute3 }
  - { filter: "mail eq '{EMail}' and surname eq '{Last name}'", transforms: [] }
overrides: decisions.csv
create: { displayName: "{Full name}", userPrincipalName: "{EMail}", mailNickname: "{Alias}", extensionAttribute1: "{Badge}" }
roles:
  { column: Role, map: { ADM: Administrator, 1: User }, default: Guest, descriptions: { User: Reads. }, descriptionColumn: What }
review: { reviewers: [{ user: owner@contoso.com }], durationInDays: 14 }
strategy: directory
guards: { maxCreateShare: 0.5, floor: 5 }
`);
    expect(settings).toMatchObject({
      application: {
        displayName: 'SAP Cloud Identity',
        uniqueName: 'sap-ci',
        appId: '11111111-2222-4333-8444-55555555aaaa',
      },
      directory: {
        kind: 'tenant',
        tenant: 'contoso.com',
        graph: 'https://graph.microsoft.us/v1.0',
        authority: 'https://login.microsoftonline.us',
        signIn: {
          kind: 'clientSecret',
          clientId: '11111111-2222-4333-8444-555555555555',
          secret: { file: join(folder, 'secrets', 'app') },
        },
        caFile: join(folder, 'ca.pem'),
      },
      source: { path: join(folder, 'data', 'users.txt'), encoding: 'windows-1252', delimiter: '\t' },
      create: {
        attributes: {
          displayName: '{Full name}',
          userPrincipalName: '{EMail}',
          mailNickname: '{Alias}',
          extensionAttribute1: '{Badge}',
        },
      },
      roles: { column: 'Role', map: { ADM: 'Administrator', '1': 'User' }, default: 'Guest' },
      roleDescriptions: { byName: { User: 'Reads.' }, column: 'What' },
      review: {
        stages: [{ reviewers: [{ user: 'owner@contoso.com' }], fallback: [], durationInDays: 14 }],
        recurrence: 'once',
        default: 'none',
        autoApply: false,
      },
      guards: { maxCreateShare: 0.5, maxAssignShare: 1, maxRemoveShare: 0.1, floor: 5 },
    });
    expect(settings.match).toMatchObject({
      strategy: 'directory',
      roleColumn: 'Role',
      overrides: [{ where: { EMail: 'x@y.example' }, decision: { kind: 'ignore' }, place: 'decisions.csv:2' }],
      rules: [
        {
          operator: 'startsWith',
          transforms: [
            { kind: 'trim' },
            { kind: 'lower' },
            { kind: 'stripDomain' },
            { kind: 'replaceDomain', with: 'contoso.com' },
            { kind: 'prefix', text: 'a' },
            { kind: 'suffix', text: 'b' },
            { kind: 'regex', pattern: '^0*(\\d+)$', with: '$1' },
          ],
        },
        { operator: 'any', transforms: [{ kind: 'prefix', text: 'smtp:' }] },
        { attribute: 'onPremisesExtensionAttributes/extensionAttribute3' },
        { columns: ['EMail', 'Last name'], transforms: [] },
      ],
    });
  });

  test('may start the embedded directory with users', async () => {
    const settings = await load(withDirectory('{ local: { users: people.ndjson } }'));
    expect(settings.directory).toEqual({ kind: 'local', users: join(folder, 'people.ndjson') });
  });

  test.for([
    ['{ tenant: contoso.com, signIn: azureCli }', { kind: 'azureCli' }],
    ['{ tenant: contoso.com, signIn: browser }', { kind: 'browser', clientId: null }],
    ['{ tenant: contoso.com, signIn: managedIdentity }', { kind: 'managedIdentity', clientId: null }],
    [
      '{ tenant: a.example, signIn: certificate, clientId: 11111111-2222-4333-8444-555555555555, certificate: a.pem, certificatePassword: { env: CERT } }',
      { kind: 'certificate', password: { env: 'CERT' } },
    ],
  ] as const)('signs in as %s', async ([directory, signIn]) => {
    expect((await load(withDirectory(directory))).directory).toMatchObject({ kind: 'tenant', signIn });
  });

  test('may name addresses of its own; the version is added where it is missing', async () => {
    const yaml = withDirectory(
      '{ tenant: t, signIn: azureCli, graph: "http://127.0.0.1:8787/", authority: "http://127.0.0.1:8787" }',
    );
    expect((await load(yaml)).directory).toMatchObject({
      graph: 'http://127.0.0.1:8787/v1.0',
      authority: 'http://127.0.0.1:8787',
    });
  });

  test('with a byte order mark and Windows line ends loads', async () => {
    expect((await load(`\uFEFF${SMALLEST.replaceAll('\n', '\r\n')}`)).application.displayName).toBe('CORPDB1');
  });
});

describe('a wrong configuration', () => {
  test('is told every problem at once, each with its place', async () => {
    await writeFile(join(folder, 'wrong.csv'), 'EMail,decision,user,reason\na@b.example,match,,because\n');
    const told = await problems(`aplication: CORPDB1
directory: { tenant: contoso.com, cloud: gobal, signIn: devicecode }
source:
  csv: { path: users.csv, delimeter: "," }
match:
  - { colum: EMail, attribute: mial }
overrides: wrong.csv
guards: { maxCreateShare: 2 }
`);
    expect(told).toEqual([
      'rollcall.yaml:1:1: aplication: unknown key; did you mean "application"?',
      'rollcall.yaml:2:42: directory.cloud: expected one of global, usgov, dod or china; did you mean "global"?',
      expect.stringMatching(/^rollcall\.yaml:2:57: directory\.signIn: expected .*; did you mean "deviceCode"\?$/),
      'rollcall.yaml:4:27: source.csv.delimeter: unknown key; did you mean "delimiter"?',
      'rollcall.yaml:6:7: match[0].colum: unknown key; did you mean "column"?',
      'rollcall.yaml:6:32: match[0].attribute: there is no user attribute "mial" to match by; did you mean "mail"?',
      'rollcall.yaml:8:27: guards.maxCreateShare: expected a share from 0 to 1',
      'wrong.csv:2: user: missing; a match needs the user it is to',
    ]);
  });

  test.for([
    ['a missing part', SMALLEST.replace('application: CORPDB1\n', ''), 'application: missing; expected a name'],
    ['no rule', SMALLEST.replace(/match:\n.*\n/, 'match: []\n'), 'match: expected at least one rule'],
    ['an empty part', SMALLEST.replace(/match:\n.*\n/, 'match:\n'), 'match: expected a list'],
    [
      'a number for a name',
      SMALLEST.replace('CORPDB1', '1234'),
      '1:14: application: expected a name (a number in quotes)',
    ],
    ['an unknown source', SMALLEST.replace('csv:', 'xyz:'), 'source.xyz: unknown key; expected one of csv, '],
    [
      'an unknown encoding',
      SMALLEST.replace('users.csv', 'u.csv, encoding: utf-9'),
      'source.csv.encoding: expected an encoding',
    ],
    [
      'a long delimiter',
      SMALLEST.replace('users.csv', 'u.csv, delimiter: "||"'),
      'source.csv.delimiter: expected one character',
    ],
    ['a rule that is a text', withRule('nonsense'), '6:5: match[0]: expected { column, attribute } or { filter }'],
    ['an unknown transform', withRule('{ column: A, attribute: mail, transforms: [trimm] }'), '; did you mean "trim"?'],
    [
      'a misspelt transform',
      withRule('{ column: A, attribute: mail, transforms: [{ prefx: a }] }'),
      'transforms[0].prefx: unknown key; did you mean "prefix"?',
    ],
    [
      'a bad expression',
      withRule('{ column: A, attribute: mail, transforms: [{ regex: "(", with: a }] }'),
      'regex: expected a regular expression',
    ],
    [
      'one value asked of a list',
      withRule('{ column: A, attribute: otherMails, operator: equals }'),
      'operator: otherMails holds a list; expected any',
    ],
    [
      'a list asked of one value',
      withRule('{ column: A, attribute: mail, operator: any }'),
      'operator: mail holds a single value; expected equals or startsWith',
    ],
    [
      'an attribute that never answers',
      withRule('{ column: A, attribute: onPremisesUserPrincipalName }'),
      'the directory answers no question about onPremisesUserPrincipalName',
    ],
    [
      'a filter that leaves its quotes',
      withRule('{ filter: "mail eq \'{A}\' or mail eq {B}" }'),
      'match[0].filter: expected every {Column} inside single quotes',
    ],
    [
      'a filter without a column',
      withRule('{ filter: "accountEnabled eq true" }'),
      'match[0].filter: expected a {Column}',
    ],
    [
      'a half template',
      `${SMALLEST}create: { displayName: "{A", userPrincipalName: a, mailNickname: b }\n`,
      'create.displayName: a brace has no partner',
    ],
    [
      'an attribute nobody can set',
      `${SMALLEST}create: { displayName: a, userPrincipalName: a, mailNickname: b, proxyAddresses: c }\n`,
      'create.proxyAddresses: unknown key',
    ],
    [
      'a template that is missing',
      `${SMALLEST}create: { displayName: a, userPrincipalName: a }\n`,
      'create.mailNickname: missing; expected a text',
    ],
    ['roles of nothing', `${SMALLEST}roles: {}\n`, 'roles.'],
    [
      'a role that is a number',
      `${SMALLEST}roles: { column: R, map: { A: 5 } }\n`,
      'roles.map.A: expected a text, in quotes',
    ],
    [
      'the key that objects keep',
      `${SMALLEST}roles: { column: R, map: { __proto__: x } }\n`,
      'roles.map.__proto__: this name cannot be used',
    ],
    [
      'the key that objects keep, elsewhere',
      `${SMALLEST}roles: { column: R, descriptions: { __proto__: x } }\n`,
      'roles.descriptions.__proto__: this name cannot be used',
    ],
    [
      'a review without reviewers',
      `${SMALLEST}review: { reviewers: [], durationInDays: 3 }\n`,
      'review.reviewers: expected at least one reviewer',
    ],
    [
      'half a day',
      `${SMALLEST}review: { reviewers: [{ user: a@b.example }], durationInDays: 0.5 }\n`,
      'review.durationInDays: expected whole days',
    ],
    [
      'a review of nobody',
      `${SMALLEST}review: { durationInDays: 3 }\n`,
      'review.reviewers: missing; expected a list of reviewers, or stages',
    ],
    [
      'a review that lasts longer than until the next',
      `${SMALLEST}review: { reviewers: [{ manager: true }], durationInDays: 30, recurrence: monthly }\n`,
      'review.durationInDays: it lasts 30 days, and begins again after 28',
    ],
    [
      'a review of four stages',
      `${SMALLEST}review: { stages: [${Array(4).fill('{ reviewers: [{ manager: true }], durationInDays: 3 }').join(', ')}] }\n`,
      'review.stages: expected at most three stages',
    ],
    [
      'stages and reviewers at once',
      `${SMALLEST}review: { reviewers: [{ manager: true }], stages: [{ reviewers: [{ owners: true }], durationInDays: 3 }] }\n`,
      'review.reviewers: stands in each stage',
    ],
    [
      'an end of what happens once',
      `${SMALLEST}review: { reviewers: [{ manager: true }], durationInDays: 3, ends: { after: 2 } }\n`,
      'review.ends: goes with a review that recurs',
    ],
    [
      'a sign-in without its secret',
      withDirectory('{ tenant: t, signIn: clientSecret }'),
      'directory.secret: missing; "signIn: clientSecret" needs it',
    ],
    [
      'a secret for nothing',
      withDirectory('{ tenant: t, signIn: azureCli, secret: { env: A } }'),
      'directory.secret: goes with "signIn: clientSecret" only',
    ],
    [
      'an address in the open',
      withDirectory('{ tenant: t, signIn: azureCli, graph: "http://graph.example" }'),
      'directory.graph: expected an https address',
    ],
    [
      'a name that is no file name',
      SMALLEST.replace('CORPDB1', '{ name: A, uniqueName: ../x }'),
      'application.uniqueName: expected up to 120 letters',
    ],
    ['a repeated key', `${SMALLEST}strategy: auto\nstrategy: auto\n`, '8:1: map keys must be unique'],
    ['broken YAML', 'application: [A\n', 'rollcall.yaml:'],
    ['an alias of nothing', SMALLEST.replace('CORPDB1', '*name'), 'an alias names no anchor'],
    ['an empty file', '', 'expected a group of keys'],
    ['a list', '- a\n', 'expected a group of keys'],
    ['overrides that are not there', `${SMALLEST}overrides: lost.csv\n`, 'lost.csv: there is no such file'],
  ] as const)('%s is named', async ([, yaml, expected]) => {
    expect((await problems(yaml)).join('\n')).toContain(expected);
  });

  test('that is not there says how to get one', async () => {
    await expect(loadSettings(join(folder, 'nowhere.yaml'))).rejects.toMatchObject({
      message: expect.stringContaining('there is no such file'),
      remedy: expect.stringContaining('rollcall init'),
      exitCode: 64,
    });
  });

  test('that is not UTF-8 says so', async () => {
    const file = join(folder, 'latin1.yaml');
    await writeFile(file, Buffer.from('application: Zo\xeb\n', 'latin1'));
    await expect(loadSettings(file)).rejects.toThrow('it is not UTF-8 text');
  });

  test.for([
    'secret: hunter2-planted',
    'secret: { env: hunter2-planted }',
    'secret: { hunter2-planted: }',
    'secret: { value: hunter2-planted }',
    'secret: [hunter2-planted]',
    'secret: *hunter2-planted',
    'secret: !hunter2-planted x',
    'secret: "x" hunter2-planted',
    'secret: @hunter2-planted',
    'secret: {env: A, file: hunter2-planted',
    'secert: hunter2-planted',
    'certificatePassword: hunter2-planted',
  ])('%s: the value is not in the error', async (line) => {
    const yaml = SMALLEST.replace('directory: local', `directory:\n  tenant: t\n  signIn: clientSecret\n  ${line}`);
    const told = await problems(yaml);
    expect(told.length).toBeGreaterThan(0);
    expect(told.join('\n')).not.toContain('hunter2');
  });
});

describe('the hash', () => {
  const hashOf = async (yaml: string) => (await load(yaml)).hash;

  test('stays the same when nothing that decides has changed', async () => {
    const hash = await hashOf(SMALLEST);
    expect(await hashOf(`# a comment\n${SMALLEST}\nstrategy: lookups\n`)).toBe(hash);
    expect(await hashOf(SMALLEST.replace('users.csv', 'others.csv'))).toBe(hash);
    expect(await hashOf(withDirectory('{ tenant: contoso.com, signIn: azureCli }'))).toBe(hash);
    expect(await hashOf(`${SMALLEST}roles: { default: User }\n`)).toBe(hash);
  });

  test.for([
    SMALLEST.replace('CORPDB1', 'CORPDB2'),
    SMALLEST.replace('EMail', 'Mail'),
    withRule('{ column: EMail, attribute: userPrincipalName, transforms: [lower] }'),
    `${SMALLEST}create: { displayName: a, userPrincipalName: b, mailNickname: c }\n`,
    `${SMALLEST}roles: { default: Reader }\n`,
    `${SMALLEST}guards: { floor: 21 }\n`,
  ])('changes with what decides: %#', async (yaml) => {
    expect(await hashOf(yaml)).not.toBe(await hashOf(SMALLEST));
  });

  test('covers what the overrides say, not where they say it', async () => {
    const yaml = `${SMALLEST}overrides: o.csv\n`;
    const hashWith = async (content: string) => {
      await writeFile(join(folder, 'o.csv'), content);
      return hashOf(yaml);
    };
    const header = 'EMail,decision,user,reason\n';
    const first = await hashWith(`${header}a@b.example,ignore,,a robot\n`);
    expect(await hashWith(`${header}\n\na@b.example,ignore,,a robot\n`)).toBe(first);
    expect(await hashWith(`${header}a@b.example,ignore,,a person\n`)).not.toBe(first);
  });
});
