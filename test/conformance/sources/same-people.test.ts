// The same people through every kind of source are the same accounts: value by value, and where the order is the same, by hash.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { rosterFileSource, writeRosterFile } from '../../../src/collect/roster-file.ts';
import { RosterHash } from '../../../src/collect/roster-hash.ts';
import { sourceOf } from '../../../src/collect/sources.ts';
import { directoryColumns } from '../../../src/config/sources/directory-columns.ts';
import { textSettings, textWritten } from '../../../src/config/sources/text.ts';
import { type Account, type Cell, cellReader } from '../../../src/model/account.ts';
import { factReader } from '../../../src/model/account-facts.ts';
import type { AccountSettings } from '../../../src/model/settings.ts';
import type { Source, SourceTools } from '../../../src/model/source.ts';
import type { SourceSettings, SqlServer } from '../../../src/model/source-settings.ts';
import {
  type Database,
  mariadbMissing,
  postgresqlMissing,
  startMariadb,
  startPostgresql,
} from '../../support/databases.ts';
import { csvdeCell, ldif } from '../../support/ldif.ts';
import { held, SCIM_PASSWORD, startScim } from '../../support/scim-server.ts';
import { slapdMissing, startSlapd } from '../../support/slapd.ts';
import { NAMESPACE, startSoap } from '../../support/soap-server.ts';
import { startWeb, WEB } from '../../support/web.ts';
import { workbook } from '../../support/xlsx.ts';

interface Person {
  readonly mail: string;
  readonly name: Cell;
  readonly number: string;
  readonly role: string;
  /** A number with two decimals. */
  readonly share: string;
  /** The last login, in UTC: each application keeps it in its own way. */
  readonly login: string | null;
  readonly enabled: boolean;
}

const person = (
  mail: string,
  name: Cell,
  number: string,
  role: string,
  share: string,
  login: string | null,
  enabled = true,
): Person => ({ mail: `${mail}@contoso.com`, name, number, role, share, login, enabled });

/** Invented people, in the order of their addresses. */
const PEOPLE: readonly Person[] = [
  person('ana', 'Zoë Łukasz-Ångström', '00123', 'ADM', '0.10', '2026-01-02T01:04:05Z'),
  person('ben', "O'Brien; DROP TABLE users", '00000', 'USR', '1.00', '2025-12-31T23:59:59Z', false),
  person('cem', '日本太郎', '1e5', 'USR', '12.50', null),
  person('dee', 'עברית, "quoted"', '0x1F', 'USR', '0.00', '2024-02-29T22:30:00Z'),
  person('eve', null, '-0', 'null', '99.99', '2026-10-25T00:30:00Z', false),
  person('fay', '', '+49', 'USR', '0.05', '2026-03-29T01:00:00Z'),
  person('gus', '👩‍💻 cafe\u0301 <b>&amp;</b> ]]>', '12345678901234567890', '=SUM(A1)', '7.00', '1999-12-31T23:00:00Z'),
  person('hal', 'back\\slash \\n {Name} %PATH%', '007', 'TRUE', '3.14', '2026-06-30T12:00:00Z'),
];

const COLUMNS = ['EMail', 'Name', 'EmployeeId', 'Role', 'Share', 'LastLogin'] as const;

const cellsOf = ({ mail, name, number, role, share, login }: Person): readonly Cell[] => [
  ...[mail, name, number, role, share, login],
];

/** What the application says about its accounts, by columns of its own. */
const ACCOUNTS: AccountSettings = {
  enabled: { column: 'Enabled', yes: null },
  lastLogin: { column: 'LastLogin', format: null },
  created: null,
  ends: null,
  owner: null,
  type: null,
};

/** An account as each later stage reads it: cells by name, where no value is an empty one, and what is known of it. */
const canonical = (columns: readonly string[], accounts: readonly Account[]) => {
  const read = cellReader(columns);
  const facts = factReader(ACCOUNTS, columns);
  return accounts
    .map((account) => {
      const { enabled, lastLogin } = facts(account);
      return { cells: COLUMNS.map((column) => read(account, column)), enabled, lastLogin };
    })
    .sort((a, b) => (a.cells[0]! < b.cells[0]! ? -1 : 1));
};

const CANONICAL = PEOPLE.map((each) => ({
  cells: cellsOf(each).map((cell) => cell ?? ''),
  enabled: each.enabled,
  lastLogin: each.login,
}));

/** What is made of a missing value and of an empty one: the hash keeps them apart where the source does. */
type Nothing = 'apart' | 'empty' | 'null';

const NOTHINGS: Readonly<Record<Nothing, (cell: Cell) => Cell>> = {
  apart: (cell) => cell,
  empty: (cell) => cell ?? '',
  null: (cell) => (cell === '' ? null : cell),
};

const hashOf = (nothing: Nothing): string => {
  const hash = new RosterHash(COLUMNS);
  for (const [at, each] of PEOPLE.entries()) hash.add({ n: at + 1, cells: cellsOf(each).map(NOTHINGS[nothing]) });
  return hash.digest();
};

const TOOLS: SourceTools = {
  readSecret: async (ref) => ('env' in ref && ref.env === 'SCIM' ? SCIM_PASSWORD : 'not a real secret'),
  env: {},
};

const signal = new AbortController().signal;

const readFrom = async (source: Source) => {
  const opened = await source.open(signal);
  const hash = new RosterHash(opened.columns);
  const accounts: Account[] = [];
  for await (const account of opened.rows()) {
    hash.add(account);
    accounts.push(account);
  }
  return { columns: opened.columns, accounts, hash: hash.digest() };
};

const ending = (close: () => unknown): void => onTestFinished(async () => void (await close()));

const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'rollcall-same-'));
  ending(() => rm(made, { recursive: true }));
  return made;
};

const fileWith = async (name: string, content: string | Buffer): Promise<string> => {
  const path = join(await folder(), name);
  await writeFile(path, content);
  return path;
};

/** As a clock two hours ahead of UTC shows it. */
const twoHoursAhead = (login: string): string =>
  new Date(Date.parse(login) + 7_200_000).toISOString().slice(0, 19).replace('T', ' ');

/** As Active Directory counts: 100 nanoseconds since 1601. */
const windowsTime = (login: string): string => String((BigInt(Date.parse(login)) + 11_644_473_600_000n) * 10_000n);

/** RFC 4517, 3.3.13. */
const generalizedTime = (login: string): string => `${twoHoursAhead(login).replaceAll(/\D/g, '')}.0+0200`;

const DIRECTORY_COLUMNS = directoryColumns({
  ...{ EMail: 'mail', Name: 'description', EmployeeId: 'employeeNumber', Role: 'trialRole', Share: 'carLicense' },
  ...{ LastLogin: 'lastLogonTimestamp', Enabled: 'userAccountControl | enabled' },
})!;

const control = ({ enabled }: Person): string => (enabled ? '512' : '514');

const attributesOf = (each: Person): (readonly [string, string])[] => {
  const { mail, name, number, role, share, login } = each;
  return [
    ['mail', mail],
    ...(name === null ? [] : [['description', name] as const]),
    ['employeeNumber', number],
    ['trialRole', role],
    ['carLicense', share],
    ...(login === null ? [] : [['lastLogonTimestamp', windowsTime(login)] as const]),
    ['userAccountControl', control(each)],
  ];
};

const inCsv = (cell: Cell): string => `"${(cell ?? '').replaceAll('"', '""')}"`;

const WIDTHS = [24, 32, 24, 10, 6, 24, 5] as const;

interface Holding {
  readonly name: string;
  readonly missing?: string | undefined;
  /** Undefined where accounts come in no order of their own: then there is no one hash. */
  readonly nothing: Nothing | undefined;
  /** Puts the people into an application; it is gone when the test ends. */
  hold(): Promise<SourceSettings>;
}

const restPage = JSON.stringify({
  people: PEOPLE.map(({ number, share, ...rest }) => ({ ...rest, work: { number }, share: `decimal ${share}` })),
  // As a program writes it that has decimal numbers: 0.10.
}).replaceAll(/"decimal ([\d.]+)"/g, '$1');

const restAt = async (format: 'json' | 'ndjson'): Promise<SourceSettings> => {
  const text =
    format === 'json' ? restPage : restPage.slice('{"people":['.length, -2).replaceAll('},{"mail"', '}\n{"mail"');
  const api = await startWeb((_, response) => {
    response.setHeader('content-type', format === 'json' ? 'application/json' : 'application/x-ndjson');
    response.end(text);
  });
  ending(() => api.close());
  return {
    ...{ kind: 'rest', web: WEB, address: `http://127.0.0.1:${api.port}/people`, method: 'GET', headers: {} },
    ...{ body: null, format, paging: { kind: 'none' }, total: null, records: format === 'json' ? 'people' : '@' },
    columns: {
      ...{ EMail: 'mail', Name: 'name', EmployeeId: 'work.number', Role: 'role', Share: 'share' },
      ...{ LastLogin: 'login', Enabled: 'enabled' },
    },
  };
};

const directoryFile = async (kind: 'ldif' | 'csvde', text: string, login: string): Promise<SourceSettings> => ({
  kind,
  path: await fileWith(`users.${kind}`, text),
  encoding: 'auto',
  classes: ['inetOrgPerson'],
  columns: DIRECTORY_COLUMNS.map((column) => (column.name === 'LastLogin' ? { ...column, attribute: login } : column)),
});

/** The people in a table of texts, and from there in one whose columns have the types of the engine. */
const inDatabase = async (database: Database, table: string, select: string): Promise<void> => {
  const columns = ['email', 'name', 'number', 'role', 'share', 'login', 'enabled'];
  await database.run(`CREATE TABLE written (${columns.map((column) => `${column} varchar(200)`).join(', ')})`);
  await database.insert(
    'written',
    PEOPLE.map((each) => [
      ...cellsOf(each).slice(0, 5),
      each.login && twoHoursAhead(each.login),
      each.enabled ? '1' : '0',
    ]),
  );
  await database.run(`CREATE TABLE people (${table})`, `INSERT INTO people SELECT ${select} FROM written`);
};

const QUERY =
  'SELECT email AS EMail, name AS Name, number AS EmployeeId, role AS Role, share AS Share, login AS LastLogin, enabled AS Enabled FROM people ORDER BY email';

const sqlAt = (
  database: SqlServer | { readonly engine: 'sqlite'; readonly path: string },
  query: string,
): SourceSettings => ({ kind: 'sql', database, query, parameters: {}, connectSeconds: 60, querySeconds: 60 });

const serverAt = (engine: SqlServer['engine'], { port, database, user }: Database): SqlServer => ({
  ...{ engine, host: '127.0.0.1', port, database, tls: false, caFile: null },
  signIn: { kind: 'password', user, password: { env: 'DATABASE' } },
});

const HOLDINGS: readonly Holding[] = [
  {
    name: 'csv',
    nothing: 'empty',
    hold: async () => {
      const rows = PEOPLE.map((each) => [...cellsOf(each), each.enabled ? 'yes' : 'no'].map(inCsv).join(';'));
      const text = `\ufeff${[...COLUMNS, 'Enabled'].join(';')}\r\n${rows.join('\r\n')}\r\n`;
      return { kind: 'csv', path: await fileWith('users.csv', text), encoding: 'auto', delimiter: 'auto' };
    },
  },
  {
    name: 'excel',
    nothing: 'empty',
    hold: async () => {
      const rows = PEOPLE.map((each) => [
        ...cellsOf(each).map((cell, at) => {
          if (at === 4) return { attributes: 's="1"', xml: `<v>${Number(cell)}</v>` };
          return at === 2 && cell === '00123' ? { attributes: 's="2"', xml: '<v>123</v>' } : cell;
        }),
        { attributes: 't="b"', xml: `<v>${each.enabled ? 1 : 0}</v>` },
      ]);
      const book = workbook({ formats: ['0.00', '00000'], sheets: [{ rows: [[...COLUMNS, 'Enabled'], ...rows] }] });
      return { kind: 'excel', path: await fileWith('users.xlsx', book), sheet: null, headerRow: null };
    },
  },
  {
    name: 'text with fixed columns',
    nothing: 'empty',
    hold: async () => {
      const record = (each: Person) =>
        [...cellsOf(each), each.enabled ? 'Y' : 'N'].map((cell, at) => (cell ?? '').padEnd(WIDTHS[at]!)).join('');
      let from = 1;
      const places = WIDTHS.map((width) => {
        from += width;
        return `${from - width}-${from - 1}`;
      });
      const columns = Object.fromEntries([...COLUMNS, 'Enabled'].map((name, at) => [name, places[at]!]));
      const path = await fileWith('users.txt', `${PEOPLE.map(record).join('\n')}\n`);
      return textSettings(textWritten.parse({ path, columns }), (name) => name);
    },
  },
  {
    name: 'ldif',
    nothing: 'apart',
    hold: () => {
      const entries = PEOPLE.map((each, at) => [
        ['dn', `cn=${at},dc=contoso,dc=com`] as const,
        ['objectClass', 'inetOrgPerson'] as const,
        ...attributesOf(each),
      ]);
      return directoryFile('ldif', ldif(entries), 'lastLogonTimestamp');
    },
  },
  {
    name: 'csvde',
    nothing: 'null',
    hold: () => {
      const names = ['mail', 'description', 'employeeNumber', 'trialRole', 'carLicense', 'whenChanged'];
      const rows = PEOPLE.map((each, at) => {
        const cells = cellsOf({ ...each, login: each.login && generalizedTime(each.login) });
        const written = [...cells.map((cell) => csvdeCell(cell ?? '')), control(each)];
        return [`"CN=${at},DC=contoso,DC=com"`, 'inetOrgPerson', ...written].join(',');
      });
      const header = ['DN', 'objectClass', ...names, 'userAccountControl'].join(',');
      return directoryFile('csvde', `${header}\r\n${rows.join('\r\n')}\r\n`, 'whenChanged');
    },
  },
  {
    name: 'ldap, from OpenLDAP',
    missing: slapdMissing,
    nothing: undefined,
    hold: async () => {
      const slapd = await startSlapd();
      ending(() => slapd.close());
      await slapd.addAll(
        PEOPLE.map((each, at) => [
          `cn=${at},${slapd.suffix}`,
          {
            ...{ objectClass: ['inetOrgPerson', 'trialAccount'], sn: 'x' },
            ...Object.fromEntries(attributesOf(each).filter(([, value]) => value !== '')),
          },
        ]),
      );
      return {
        ...{ kind: 'ldap', caFile: null, clientCertificate: null, base: slapd.suffix, scope: 'sub' },
        ...{ groups: [], nestedGroups: true, pageSize: 3, timeoutSeconds: 60, columns: DIRECTORY_COLUMNS },
        server: { host: '127.0.0.1', port: slapd.port, security: 'none' },
        bind: { kind: 'simple', dn: slapd.reader, password: { env: 'LDAP' } },
        filter: '(objectClass=inetOrgPerson)',
      };
    },
  },
  {
    name: 'sql, from PostgreSQL',
    missing: postgresqlMissing,
    nothing: 'apart',
    hold: async () => {
      const database = await startPostgresql();
      ending(() => database.close());
      await inDatabase(
        database,
        'email text, name text, number varchar(30), role text, share numeric(5, 2), login timestamptz, enabled boolean',
        "email, name, number, role, share::numeric, (login || '+02')::timestamptz, enabled = '1'",
      );
      return sqlAt(serverAt('postgresql', database), QUERY.replaceAll(/AS (\w+)/g, 'AS "$1"'));
    },
  },
  {
    name: 'sql, from MariaDB',
    missing: mariadbMissing,
    nothing: 'apart',
    hold: async () => {
      const database = await startMariadb();
      ending(() => database.close());
      await database.run("SET time_zone = '+02:00'");
      await inDatabase(
        database,
        'email varchar(200), name varchar(200), number varchar(30), role varchar(20), share decimal(5, 2), login timestamp(3) NULL, enabled boolean',
        "email, name, number, role, share, login, enabled = '1'",
      );
      return sqlAt(serverAt('mariadb', database), QUERY);
    },
  },
  {
    name: 'sql, from SQLite',
    nothing: 'apart',
    hold: async () => {
      const path = join(await folder(), 'people.db');
      const database = new DatabaseSync(path);
      database.exec(
        'CREATE TABLE people (email text, name text, number text, role text, share text, login text, enabled integer)',
      );
      const insert = database.prepare('INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?)');
      for (const each of PEOPLE) insert.run(...cellsOf(each), each.enabled ? 1 : 0);
      database.close();
      return sqlAt({ engine: 'sqlite', path }, QUERY);
    },
  },
  {
    name: 'scim, from scimmy',
    nothing: 'apart',
    hold: async () => {
      const server = await startScim();
      ending(() => server.close());
      const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
      held.users = PEOPLE.map(({ mail, name, number, role, share, login, enabled }, at) => ({
        ...{ id: `u${at}`, userName: mail, emails: [{ value: mail, type: 'work' }], userType: role, active: enabled },
        ...(name !== null && { displayName: name }),
        [enterprise]: { employeeNumber: number, costCenter: share, ...(login !== null && { division: login }) },
      }));
      return {
        ...{ kind: 'scim', address: `http://127.0.0.1:${server.port}/scim`, filter: null, paging: 'index' },
        ...{ pageSize: 3, groups: null },
        web: { ...WEB, signIn: { kind: 'basic', user: 'svc', password: { env: 'SCIM' } } },
        columns: {
          ...{ EMail: 'emails[type eq "work"].value', Name: 'displayName', EmployeeId: `${enterprise}:employeeNumber` },
          ...{ Role: 'userType', Share: `${enterprise}:costCenter`, LastLogin: `${enterprise}:division` },
          Enabled: 'active',
        },
      };
    },
  },
  { name: 'rest, a page of JSON', nothing: 'apart', hold: () => restAt('json') },
  { name: 'rest, one record a line', nothing: 'apart', hold: () => restAt('ndjson') },
  {
    name: 'soap, from the server of node-soap',
    nothing: 'apart',
    hold: async () => {
      const service = await startSoap('1.1');
      ending(() => service.close());
      service.people = PEOPLE.map(({ mail, name, number, role, share, login, enabled }) => ({
        ...{ Mail: [mail], Name: name, Job: { Number: number, Role: role } },
        More: { Share: share, LastLogin: login, Enabled: enabled },
      }));
      return {
        ...{ kind: 'soap', web: WEB, wsdl: null, version: null, headers: {}, header: null, values: {}, security: null },
        ...{ address: `http://127.0.0.1:${service.port}/users`, action: `${NAMESPACE}/list`, records: '//u:User' },
        ...{ body: '<u:ListUsers/>', namespaces: { u: NAMESPACE }, total: '//*:Count', paging: null },
        columns: {
          ...{ EMail: '*:Mail', Name: '*:Name', EmployeeId: '*:Job/*:Number', Role: '*:Job/*:Role' },
          ...{ Share: '*:More/*:Share', LastLogin: '*:More/*:LastLogin', Enabled: '*:More/*:Enabled' },
        },
      };
    },
  },
];

for (const { name, missing, nothing, hold } of HOLDINGS) {
  test.skipIf(missing !== undefined)(
    `${name}: the people are the same accounts${nothing ? ', and the same roster' : ''}${missing ? ` (${missing})` : ''}`,
    async () => {
      const settings = await hold();
      const { columns, accounts } = await readFrom(await sourceOf(settings, TOOLS));
      expect(canonical(columns, accounts)).toEqual(CANONICAL);
      if (!nothing) return;
      // Whether an account can be used is written in many ways; all else is the same to the letter.
      const alike = await sourceOf(settings, TOOLS, { drop: ['Enabled'], keep: [] });
      expect((await readFrom(alike)).hash).toBe(hashOf(nothing));
    },
  );
}

test('roster file: the people are the same accounts, and the same roster', async () => {
  const source = await sourceOf(await restAt('json'), TOOLS);
  const { columns, accounts, hash } = await readFrom(source);
  const file = join(await folder(), 'a.roster');
  const roster = {
    ...{ hash, application: 'rollcall-a', columns, rows: accounts.length, source: 'rest', notes: [] },
    collectedAt: '2026-01-02T03:04:05.000Z',
  };
  await writeRosterFile(
    file,
    roster,
    (async function* () {
      yield* accounts;
    })(),
  );
  const carried = await readFrom(rosterFileSource(file, 'rollcall-a'));
  expect(canonical(carried.columns, carried.accounts)).toEqual(CANONICAL);
  expect(carried.hash).toBe(hash);
});
