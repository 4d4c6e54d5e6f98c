import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inCodePage } from '../../test/support/ebcdic.ts';
import { workbook } from '../../test/support/xlsx.ts';
import type { MatchRule, Settings } from '../model/settings.ts';
import { checkColumns } from './columns.ts';
import { proposeConfiguration } from './init.ts';
import { loadSettings } from './load.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-init-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Proposed {
  readonly yaml: string;
  readonly findings: readonly string[];
  readonly settings: Settings;
}

let count = 0;
const propose = async (content: string | Buffer, application?: string): Promise<Proposed> => {
  count += 1;
  const place = join(folder, `App ${count}`);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'users list.csv'), content);
  const proposal = await proposeConfiguration({
    users: { file: join(place, 'users list.csv') },
    tools: { readSecret: () => Promise.reject(new Error('no secret is needed')), env: {} },
    signal: new AbortController().signal,
    folder: place,
    ...(application && { application }),
  });
  await writeFile(join(place, 'rollcall.yaml'), proposal.yaml);
  return { ...proposal, settings: await loadSettings(join(place, 'rollcall.yaml')) };
};

const rulesOf = ({ settings }: Proposed): string[] =>
  settings.match.rules.map((rule: MatchRule) =>
    'filter' in rule ? rule.filter : `${rule.column} ${rule.attribute} ${rule.transforms.map(({ kind }) => kind)}`,
  );

const rows = (count: number, row: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${row(i)}\n`).join('');

test('mail addresses, employee ids, roles and names are seen', async () => {
  const proposed = await propose(
    `EMail,Full name,Alias,EmployeeId,Department,Role\n${rows(30, (i) => `person${i}@contoso.com,Person ${i},person${i},E${i},Sales,${i % 3 ? 'USR' : 'ADM'}`)}`,
    'CORPDB1',
  );
  expect(rulesOf(proposed)).toEqual(['EMail userPrincipalName trim', 'EMail mail trim', 'EmployeeId employeeId trim']);
  expect(proposed.settings).toMatchObject({
    application: { displayName: 'CORPDB1' },
    roles: { column: 'Role', map: null },
    create: {
      attributes: {
        displayName: '{Full name}',
        userPrincipalName: '{EMail}',
        mailNickname: '{Alias}',
        department: '{Department}',
      },
    },
  });
  expect(proposed.yaml).toContain('# Values that were seen: "ADM", "USR"');
  expect(proposed.findings[0]).toBe('Looked at all 30 rows of csv users list.csv (UTF-8, comma), with 6 columns.');
  checkColumns(proposed.settings, ['EMail', 'Full name', 'Alias', 'EmployeeId', 'Department', 'Role']);
});

test('account names with a domain lose it, whatever language the header is in', async () => {
  const proposed = await propose(
    `Benutzer;Nachname;Vorname;Gruppe\n${rows(20, (i) => `CONTOSO\\person${i};Wu;Ana;${i % 2}`)}`,
  );
  expect(rulesOf(proposed)).toEqual(['Benutzer onPremisesSamAccountName trim,stripDomain']);
  expect(proposed.settings.roles).toEqual({ column: 'Gruppe', map: null, default: null });
  expect(proposed.settings.create).toBeNull();
});

test('a column of principal names goes before other mail addresses', async () => {
  const proposed = await propose(
    `Mail,User Principal Name\n${rows(20, (i) => `p${i}@mail.example,p${i}@contoso.com`)}`,
  );
  expect(rulesOf(proposed)).toEqual(['User Principal Name userPrincipalName trim', 'Mail mail trim']);
});

test('first and last name make a display name', async () => {
  const proposed = await propose(
    `userName,First Name,Last Name,alias\n${rows(20, (i) => `p${i}@contoso.com,Ana,Ruiz ${i},p${i}`)}`,
  );
  expect(proposed.settings.create?.attributes).toEqual({
    displayName: '{First Name} {Last Name}',
    userPrincipalName: '{userName}',
    mailNickname: '{alias}',
    givenName: '{First Name}',
    surname: '{Last Name}',
  });
});

test('a column of many different values is no column of roles', async () => {
  const proposed = await propose(`EMail,Profile\n${rows(60, (i) => `p${i}@contoso.com,https://example.com/${i}`)}`);
  expect(proposed.settings.roles).toEqual({ default: 'General' });
});

test('a file that is not UTF-8 is read as Windows writes it, and says so', async () => {
  const proposed = await propose(Buffer.from(`EMail,Name\n${rows(5, (i) => `p${i}@contoso.com,Zo\xeb W`)}`, 'latin1'));
  expect(proposed.settings.source).toMatchObject({ encoding: 'windows-1252' });
  expect(proposed.findings.join()).toContain('read as windows-1252');
});

test('a file in which nothing is seen still gives a configuration, which says that it is to be corrected', async () => {
  const proposed = await propose('A,B\n1,x\n2,x\n3,x\n');
  expect(rulesOf(proposed)).toEqual(['A userPrincipalName trim']);
  expect(proposed.yaml).toContain('nothing better was seen; this is to be corrected');
});

test('empty cells of a column that is compared are counted', async () => {
  const proposed = await propose(
    `EMail\n${rows(9, (i) => `p${i}@contoso.com`)}`.replace('EMail\n', 'EMail,B\n,x\n').replaceAll(/com\n/g, 'com,x\n'),
  );
  expect(proposed.findings).toContain('1 of 10 rows have nothing in "EMail".');
});

test('no more than the first thousand rows are looked at', async () => {
  const proposed = await propose(`EMail\n${rows(1500, (i) => `p${i}@contoso.com`)}`);
  expect(proposed.findings[0]).toContain('Looked at the first 1000 rows');
});

test('names that mean something to YAML are only names', async () => {
  const names = ['yes', 'a: b', '# c', '{d}', '"e"', '- f', '*g', "h'", 'i\nj', '__proto__', '\u{1F600}', 'null'];
  for (const name of names) {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const proposed = await propose(
      `${quoted},"role ${name.replaceAll('"', '""')}"\n${rows(12, (i) => `p${i}@contoso.com,${quoted}`)}`,
      name,
    );
    expect(rulesOf(proposed)[0]).toBe(`${name} userPrincipalName trim`);
    expect(proposed.settings.roles).toMatchObject({ column: `role ${name}` });
    expect(proposed.settings.application.displayName).toBe(name);
  }
});

test.each([
  [
    'excel',
    workbook({
      sheets: [
        {
          rows: [
            ['EMail', 'Name'],
            ['ana@contoso.com', 'Ana Ruiz'],
          ],
        },
      ],
    }),
    {},
  ],
  ['ldif', '# of a server\nversion: 1\n\ndn: cn=a,dc=x\nmail: ana@contoso.com\n', { columns: [{ attribute: 'mail' }] }],
  ['csvde', 'DN,mail\n"cn=a,dc=x",ana@contoso.com\n', { columns: [{ attribute: 'mail' }] }],
  ['text', '# users\nana:x:Ana Ruiz\nbo:x:Bo Li\n', { delimiter: ':', comment: '#' }],
  [
    'text',
    inCodePage('ibm037', 'ana@contoso.com     Ana Ruiz\x85bo@contoso.com      Bo Li   \x85'),
    { encoding: 'ibm037' },
  ],
])('a file that looks like %s is taken for that, whatever its name', async (kind, content, more) => {
  const { settings } = await propose(content);
  expect(settings.source).toMatchObject({ kind, ...more });
});
