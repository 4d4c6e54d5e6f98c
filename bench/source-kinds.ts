// What the sources are measured with: each kind made to hold the same invented people, and told as a configuration names it.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import {
  type Database,
  mariadbMissing,
  postgresqlMissing,
  startMariadb,
  startPostgresql,
} from '../test/support/databases.ts';
import { held, SCIM_TOKEN, startScim } from '../test/support/scim-server.ts';
import { slapdMissing, startSlapd } from '../test/support/slapd.ts';
import { NAMESPACE, startSoap } from '../test/support/soap-server.ts';
import { workbookPieces } from '../test/support/xlsx.ts';

const COLUMNS = ['EMail', 'Name', 'EmployeeId', 'Role'] as const;

type Person = readonly [mail: string, name: string, number: string, role: string];

const person = (i: number): Person => [
  `person${i}@contoso.com`,
  `Person ${i}`,
  String(i).padStart(6, '0'),
  i % 3 === 0 ? 'ADM' : 'USR',
];

const people = function* (rows: number): Generator<Person> {
  for (let i = 0; i < rows; i += 1) yield person(i);
};

/** Writes what `text` makes of each person, after a beginning. */
const writeAll = async (file: string, rows: number, text: (of: Person) => string, beginning = ''): Promise<void> => {
  const handle = await open(file, 'w');
  try {
    let waiting = beginning;
    for (const of of people(rows)) {
      waiting += text(of);
      if (waiting.length < 65_536) continue;
      await handle.appendFile(waiting);
      waiting = '';
    }
    await handle.appendFile(waiting);
  } finally {
    await handle.close();
  }
};

export interface Made {
  /** What stands under `source` in the configuration. */
  readonly source: object;
  readonly close?: () => unknown;
}

export interface MeasuredKind {
  readonly name: string;
  /** Why it cannot be measured on this machine. */
  readonly missing?: string | undefined;
  /** Makes what is to be read. `folder` is where the configuration will be. */
  make(folder: string, rows: number): Promise<Made>;
}

const ATTRIBUTES = { EMail: 'mail', Name: 'cn', EmployeeId: 'employeeNumber', Role: 'title' };

const entryText = ([mail, name, number, role]: Person): string =>
  `dn: mail=${mail},dc=contoso,dc=com\nobjectClass: inetOrgPerson\nmail: ${mail}\ncn: ${name}\nsn: ${name}\nemployeeNumber: ${number}\ntitle: ${role}\n\n`;

/** A file beside the configuration that holds a secret. */
const secretFile = async (folder: string, secret: string): Promise<{ readonly file: string }> => {
  await writeFile(join(folder, 'secret.txt'), secret, { mode: 0o600 });
  return { file: 'secret.txt' };
};

const QUERY = 'select EMail, Name, EmployeeId, Role from people order by EMail';

const inServer =
  (engine: 'postgresql' | 'mariadb', start: () => Promise<Database>): MeasuredKind['make'] =>
  async (folder, rows) => {
    const database = await start();
    await database.run(
      'create table people (EMail varchar(200) primary key, Name varchar(200), EmployeeId varchar(20), Role varchar(20))',
    );
    await database.insert('people', people(rows));
    const { port, user } = database;
    const password = await secretFile(folder, database.password);
    // PostgreSQL has names without quotes in lower case.
    const query = engine === 'postgresql' ? QUERY.replace('EMail, Name, EmployeeId, Role', AS_NAMED) : QUERY;
    return {
      source: { sql: { [engine]: { host: '127.0.0.1', port, database: database.database, user, password }, query } },
      close: () => database.close(),
    };
  };

const AS_NAMED = COLUMNS.map((name) => `${name} as "${name}"`).join(', ');

/** Records of a page, where a server of this process makes them. */
const PAGE = 1000;

const recordOf = ([EMail, Name, EmployeeId, Role]: Person) => ({ EMail, Name, EmployeeId, Role });

const REST = { signIn: 'none', records: 'people', columns: Object.fromEntries(COLUMNS.map((name) => [name, name])) };
const JSON_TYPE = { 'Content-Type': 'application/json' };

const documentOf = function* (rows: number): Generator<string> {
  let waiting = '{"people":[';
  for (let i = 0; i < rows; i += 1) {
    waiting += `${i === 0 ? '' : ','}${JSON.stringify(recordOf(person(i)))}`;
    if (waiting.length < 65_536) continue;
    yield waiting;
    waiting = '';
  }
  yield `${waiting}]}`;
};

const serving = async (reply: RequestListener): Promise<{ readonly address: string; readonly close: () => void }> => {
  const server = createServer(reply);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/people`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

export const KINDS: readonly MeasuredKind[] = [
  {
    name: 'csv',
    make: async (folder, rows) => {
      await writeAll(join(folder, 'users.csv'), rows, (of) => `${of.join(',')}\n`, `${COLUMNS.join(',')}\n`);
      return { source: { csv: { path: 'users.csv' } } };
    },
  },
  {
    name: 'excel',
    make: async (folder, rows) => {
      const file = createWriteStream(join(folder, 'users.xlsx'));
      for (const piece of workbookPieces(COLUMNS, people(rows))) {
        if (!file.write(piece)) await once(file, 'drain');
      }
      file.end();
      await once(file, 'close');
      return { source: { excel: { path: 'users.xlsx' } } };
    },
  },
  {
    name: 'text, fixed columns',
    make: async (folder, rows) => {
      const widths = [30, 20, 7, 3];
      const record = (of: Person) => `${of.map((cell, i) => cell.padEnd(widths[i]!)).join('')}\n`;
      await writeAll(join(folder, 'users.txt'), rows, record);
      const columns = { EMail: '1-30', Name: '31-50', EmployeeId: '51-57', Role: '58-60' };
      return { source: { text: { path: 'users.txt', columns } } };
    },
  },
  {
    name: 'ldif',
    make: async (folder, rows) => {
      await writeAll(join(folder, 'users.ldif'), rows, entryText, 'version: 1\n\n');
      return { source: { ldif: { path: 'users.ldif', columns: ATTRIBUTES } } };
    },
  },
  {
    name: 'csvde',
    make: async (folder, rows) => {
      const entry = ([mail, name, number, role]: Person) =>
        `"mail=${mail},DC=contoso,DC=com",person,${mail},${name},${number},${role}\n`;
      await writeAll(join(folder, 'users.csv'), rows, entry, 'DN,objectClass,mail,cn,employeeNumber,title\n');
      return { source: { csvde: { path: 'users.csv', columns: ATTRIBUTES } } };
    },
  },
  {
    name: 'sql, SQLite',
    make: async (folder, rows) => {
      const database = new DatabaseSync(join(folder, 'app.db'));
      database.exec('create table people (EMail text, Name text, EmployeeId text, Role text); begin');
      const insert = database.prepare('insert into people values (?, ?, ?, ?)');
      for (const of of people(rows)) insert.run(...of);
      database.exec('commit');
      database.close();
      return { source: { sql: { sqlite: { path: 'app.db' }, query: QUERY } } };
    },
  },
  { name: 'sql, PostgreSQL', missing: postgresqlMissing, make: inServer('postgresql', startPostgresql) },
  { name: 'sql, MariaDB', missing: mariadbMissing, make: inServer('mariadb', startMariadb) },
  {
    name: 'ldap, OpenLDAP, 500 a page',
    missing: slapdMissing,
    make: async (folder, rows) => {
      const load = join(folder, 'people.ldif');
      const reader = 'cn=reader,dc=contoso,dc=com';
      const secret = 'not a real secret';
      const beginning = [
        ...[
          'dn: dc=contoso,dc=com',
          'objectClass: dcObject',
          'objectClass: organization',
          'dc: contoso',
          'o: Contoso',
          '',
        ],
        ...[`dn: ${reader}`, 'objectClass: organizationalRole', 'objectClass: simpleSecurityObject'],
        ...[`userPassword: ${secret}`, '', ''],
      ];
      await writeAll(load, rows, entryText, beginning.join('\n'));
      const slapd = await startSlapd({ load });
      const bind = { dn: reader, password: await secretFile(folder, secret) };
      const source = { url: `ldap://127.0.0.1:${slapd.port}`, bind, base: slapd.suffix, columns: ATTRIBUTES };
      return { source: { ldap: source }, close: () => slapd.close() };
    },
  },
  {
    name: 'rest, 1,000 a page',
    make: async (_folder, rows) => {
      const { address, close } = await serving(({ url }, answer) => {
        const offset = Number(new URL(url ?? '/', 'http://127.0.0.1').searchParams.get('offset') ?? 0);
        const page = Array.from({ length: Math.min(PAGE, rows - offset) }, (_, i) => recordOf(person(offset + i)));
        answer.writeHead(200, JSON_TYPE).end(JSON.stringify({ people: page }));
      });
      const paging = { offset: 'offset', size: { parameter: 'limit', value: PAGE } };
      return { source: { rest: { ...REST, address, paging } }, close };
    },
  },
  {
    name: 'rest, one document as it comes',
    make: async (_folder, rows) => {
      const { address, close } = await serving((_request, answer) => {
        answer.writeHead(200, JSON_TYPE);
        Readable.from(documentOf(rows)).pipe(answer);
      });
      return { source: { rest: { ...REST, address, format: 'jsonStream' } }, close };
    },
  },
  {
    name: 'scim, scimmy, 1,000 a page',
    make: async (folder, rows) => {
      const server = await startScim();
      const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
      held.users = Array.from(people(rows), ([mail, displayName, employeeNumber, userType], i) => ({
        ...{ id: `u${i}`, userName: mail, emails: [{ value: mail, type: 'work' }], displayName, userType },
        [enterprise]: { employeeNumber },
      }));
      const scim = {
        address: `http://127.0.0.1:${server.port}/scim`,
        signIn: { bearer: await secretFile(folder, SCIM_TOKEN) },
        pageSize: PAGE,
        columns: {
          EMail: 'emails.value',
          Name: 'displayName',
          EmployeeId: `${enterprise}:employeeNumber`,
          Role: 'userType',
        },
      };
      return { source: { scim }, close: () => server.close() };
    },
  },
  {
    name: 'soap, node-soap, 500 a page',
    make: async (_folder, rows) => {
      const service = await startSoap('1.1');
      service.people = Array.from(people(rows), ([mail, name, number, role]) => ({
        ...{ Mail: [mail], Name: name, Job: { Number: number, Role: role } },
      }));
      const soap = {
        address: `http://127.0.0.1:${service.port}/users`,
        action: `${NAMESPACE}/list`,
        signIn: 'none',
        namespaces: { u: NAMESPACE },
        body: '<u:ListUsers><u:Token>{pageToken}</u:Token></u:ListUsers>',
        paging: { token: '//u:Next' },
        records: '//u:User',
        columns: { EMail: 'u:Mail', Name: 'u:Name', EmployeeId: 'u:Job/u:Number', Role: 'u:Job/u:Role' },
        total: '//u:Count',
      };
      return { source: { soap }, close: () => service.close() };
    },
  },
];
