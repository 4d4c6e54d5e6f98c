// LDIF files and files of csvde, as sources: what a domain controller exported is what the roster holds.
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { directoryFileSource } from '../../../src/collect/directory-files/source.ts';
import { directoryColumns } from '../../../src/config/sources/directory-columns.ts';
import type { Account, Cell } from '../../../src/model/account.ts';
import type { DirectoryFileSettings } from '../../../src/model/source-settings.ts';
import { csvdeCell, type Entry, ldif } from '../../support/ldif.ts';
import { COLUMNS, sourceConformance } from './suite.ts';

const ATTRIBUTES = ['mail', 'displayName', 'employeeNumber', 'title'] as const;
const written = { EMail: 'mail', Name: 'displayName', EmployeeId: 'employeeNumber', Role: 'title' };
const classes = ['person', 'user', 'inetOrgPerson'];

const entryOf = (cells: readonly Cell[], i: number): Entry => [
  ['dn', `uid=p${i},ou=people,dc=contoso,dc=com`],
  ['objectClass', 'inetOrgPerson'],
  ...cells.flatMap((cell, at) => (cell === null ? [] : [[ATTRIBUTES[at]!, cell] as const])),
];

sourceConformance({
  name: 'ldif',
  tellsNull: true,
  many: 5000,
  million: false,
  start: async () => {
    const place = await mkdtemp(join(tmpdir(), 'rollcall-ldif-'));
    const path = join(place, 'users.ldf');
    let lines = 0;
    return {
      fill: async (accounts) => {
        const text = ldif([...accounts].map(entryOf));
        lines = text.split('\n').length;
        await writeFile(path, text);
      },
      settings: () => ({ kind: 'ldif', path, encoding: 'auto', classes, columns: directoryColumns(written) }),
      breakRecord: async () => {
        await appendFile(path, 'dn: uid=last,dc=contoso,dc=com\nmail:: bGFzd\n');
        return { code: 'badBase64', place: { file: path, line: lines + 1, column: 6 } };
      },
      close: () => rm(place, { recursive: true }),
    };
  },
});

sourceConformance({
  name: 'csvde',
  tellsNull: false,
  nothing: null,
  many: 5000,
  million: false,
  start: async () => {
    const place = await mkdtemp(join(tmpdir(), 'rollcall-csvde-'));
    const path = join(place, 'users.csv');
    return {
      fill: async (accounts) => {
        const rows = [...accounts].map((cells, i) =>
          [`"CN=P${i},OU=People,DC=contoso,DC=com"`, 'user', ...cells.map((cell) => csvdeCell(cell ?? ''))].join(','),
        );
        await writeFile(path, `${['DN', 'objectClass', ...ATTRIBUTES].join(',')}\r\n${rows.join('\r\n')}\r\n`);
      },
      settings: () => ({ kind: 'csvde', path, encoding: 'auto', classes, columns: directoryColumns(written) }),
      breakRecord: async () => {
        await appendFile(path, `"CN=Last,DC=contoso,DC=com",user,X'616',,,\r\n`);
        return { code: 'badHex', place: { file: path, line: 22 } };
      },
      close: () => rm(place, { recursive: true }),
    };
  },
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-directory-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
const sourceOf = async (
  kind: DirectoryFileSettings['kind'],
  content: string | Buffer,
  columns: Readonly<Record<string, string>> | undefined,
) => {
  files += 1;
  const path = join(folder, `users-${files}`);
  await writeFile(path, content);
  return directoryFileSource({ kind, path, encoding: 'auto', classes, columns: directoryColumns(columns) });
};

const read = async (
  kind: DirectoryFileSettings['kind'],
  content: string | Buffer,
  columns: Readonly<Record<string, string>>,
) => {
  const opened = await (await sourceOf(kind, content, columns)).open(new AbortController().signal);
  const accounts: Account[] = [];
  for await (const account of opened.rows()) accounts.push(account);
  return {
    cells: accounts.map(({ cells }) => cells),
    lines: accounts.map(({ line }) => line),
    notes: opened.notes?.(),
  };
};

const GUID = Buffer.from('33221100554477668899aabbccddeeff', 'hex');
const SID = Buffer.from('010500000000000515000000a065cf7e784b9b5fe77c8770091c0100', 'hex');
const COLUMNS_OF_AD = {
  EMail: 'mail',
  Enabled: 'userAccountControl | enabled',
  Id: 'objectGUID | guid',
  Sid: 'objectSid | sid',
  LastLogin: 'lastLogonTimestamp | date',
  Groups: 'memberOf | cn',
};
const ANA = [
  'ana@contoso.com',
  'false',
  '00112233-4455-6677-8899-aabbccddeeff',
  'S-1-5-21-2127521184-1604012920-1887927527-72713',
  '2024-01-17T21:20:00Z',
  'Administrators, old; crm-users',
];

test('an export of ldifde is read as people write its values, groups and computers left out', async () => {
  const person: Entry = [
    ['dn', 'CN=Ruiz\\, Ana,OU=People,DC=contoso,DC=com'],
    ['changetype', 'add'],
    ['objectClass', 'top'],
    ['objectClass', 'person'],
    ['objectClass', 'user'],
    ['mail', 'ana@contoso.com'],
    ['userAccountControl', '66050'],
    ['objectGUID', GUID],
    ['objectSid', SID],
    ['lastLogonTimestamp', '133500000000000000'],
    ['memberOf', 'CN=crm-users,OU=Groups,DC=contoso,DC=com'],
    ['memberOf', 'CN=Administrators\\, old,OU=Groups,DC=contoso,DC=com'],
  ];
  const group: Entry = [
    ['dn', 'CN=crm-users,OU=Groups,DC=contoso,DC=com'],
    ['objectClass', 'group'],
  ];
  const computer: Entry = [
    ['dn', 'CN=PC1,DC=contoso,DC=com'],
    ['objectClass', 'user'],
    ['objectClass', 'computer'],
  ];
  const content = Buffer.from(`\uFEFF${ldif([group, person, computer], '\r\n')}`, 'utf16le');
  const { cells, lines, notes } = await read('ldif', content, COLUMNS_OF_AD);
  expect(cells).toEqual([ANA]);
  expect(lines).toEqual([6]);
  expect(notes).toEqual(['2 entries of other classes (groups, computers, folders) were left out.']);
});

test('an export of csvde is read as people write its values', async () => {
  const header = 'DN,objectClass,mail,userAccountControl,objectGUID,objectSid,lastLogonTimestamp,memberOf';
  const ana = [
    csvdeCell('CN=Ruiz\\, Ana,OU=People,DC=contoso,DC=com'),
    csvdeCell('top', 'person', 'user'),
    'ana@contoso.com',
    '66050',
    csvdeCell(GUID),
    csvdeCell(SID),
    '133500000000000000',
    csvdeCell('CN=crm-users,OU=Groups,DC=contoso,DC=com', 'CN=Administrators\\, old,OU=Groups,DC=contoso,DC=com'),
  ];
  const group = '"CN=crm-users,OU=Groups,DC=contoso,DC=com",group,,,,,,';
  const { cells, notes } = await read('csvde', `${[header, group, ana.join(',')].join('\r\n')}\r\n`, COLUMNS_OF_AD);
  expect(cells).toEqual([ANA]);
  expect(notes).toEqual(['1 entries of other classes (groups, computers, folders) were left out.']);
});

test('with "each" an account has a row for each of its groups', async () => {
  const content =
    'dn: cn=a,dc=x\nmail: a@x.example\nmemberOf: cn=B,dc=x\nmemberOf: cn=A,dc=x\n\ndn: cn=b,dc=x\nmail: b@x.example\n';
  const { cells, lines } = await read('ldif', content, { EMail: 'mail', Role: 'memberOf | cn | each', Entry: 'dn' });
  expect(cells).toEqual([
    ['a@x.example', 'A', 'cn=a,dc=x'],
    ['a@x.example', 'B', 'cn=a,dc=x'],
    ['b@x.example', null, 'cn=b,dc=x'],
  ]);
  expect(lines).toEqual([1, 1, 6]);
});

test('what ldapsearch writes besides entries is understood', async () => {
  const content = [
    '# extended LDIF\n#\n# LDAPv3\n# base <dc=x> with scope subtree, and a comment\n  that goes on\n',
    'dn: cn=a,dc=x\nmail: a@x.example\n',
    '# search reference\nref: ldap://other.contoso.com/dc=y??sub\n',
    '# search result\nsearch: 2\nresult: 0 Success\n',
    '# numEntries: 1',
  ].join('\n');
  const { cells, notes } = await read('ldif', content, { EMail: 'mail' });
  expect(cells).toEqual([['a@x.example']]);
  expect(notes).toEqual([
    'The file refers to other servers for a part of the tree: ldap://other.contoso.com/dc=y??sub.',
  ]);
});

test('columns are proposed by what the entries have; without columns nothing is read', async () => {
  const content = 'dn: cn=a,dc=x\nobjectClass: person\nsAMAccountName: ana\nmail: a@x.example\nmemberOf: cn=B,dc=x\n';
  const source = await sourceOf('ldif', content, undefined);
  const signal = new AbortController().signal;
  expect(await source.proposeColumns!(signal)).toEqual({
    EMail: 'mail',
    Account: 'sAMAccountName',
    Role: 'memberOf | name | each',
  });
  await expect(source.open(signal)).rejects.toMatchObject({ code: 'noColumns' });
});

test('any texts written as LDIF come back as they were', async () => {
  const text = fc.string({ unit: 'binary' }).filter((value) => value !== '' && value.isWellFormed());
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      async (values, lineEnd) => {
        const entries = values.map(
          ([mail, cn], i): Entry => [
            ['dn', `uid=${i}`],
            ['mail', mail],
            ['cn', cn],
          ],
        );
        const { cells } = await read('ldif', ldif(entries, lineEnd), { EMail: 'mail', Name: 'cn' });
        expect(cells).toEqual(values.map((pair) => [...pair]));
      },
    ),
    { numRuns: 100 },
  );
});

test('any values written as csvde writes them come back as they were', async () => {
  // Cells of CSV hold no NUL, and blanks around a line of them can be a blank line.
  const text = fc.string().filter((value) => /^[^\\\0\s;X]/.test(value) && !value.includes('\\'));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
      async (all) => {
        const rows = all.map((values, i) => `CN=${i},${csvdeCell(...values)}\n`);
        const { cells } = await read('csvde', `DN,mail\n${rows.join('')}`, { EMail: 'mail | join "\u0001"' });
        expect(cells).toEqual(all.map((values) => [[...values].sort().join('\u0001')]));
      },
    ),
    { numRuns: 100 },
  );
});

test('columns are those of the suite', () => {
  expect(Object.keys(written)).toEqual([...COLUMNS]);
});
