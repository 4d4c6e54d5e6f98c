// What "doctor" says of each kind of source when something is wrong: in an administrator's words, with what to do about it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { csvError } from '../../../src/collect/csv-errors.ts';
import { networkFailureOf } from '../../../src/collect/network-failure.ts';
import { fileError } from '../../../src/collect/source-file.ts';
import { sourceOf } from '../../../src/collect/sources.ts';
import { checkColumns } from '../../../src/config/columns.ts';
import { loadSettings } from '../../../src/config/load.ts';
import { readSecret } from '../../../src/config/secrets.ts';
import type { Check } from '../../../src/doctor/check.ts';
import { sourceCheck } from '../../../src/doctor/source-check.ts';
import { SourceError } from '../../../src/model/errors.ts';
import {
  type Database,
  mariadbMissing,
  postgresqlMissing,
  startMariadb,
  startPostgresql,
} from '../../support/databases.ts';
import { held, listening, SCIM_TOKEN, scimApplication, startScim } from '../../support/scim-server.ts';
import { freePort } from '../../support/servers.ts';
import { type Slapd, slapdMissing, startSlapd } from '../../support/slapd.ts';
import { NAMESPACE, type SoapService, startSoap } from '../../support/soap-server.ts';
import { type HostIdentity, hostIdentity } from '../../support/tls.ts';
import { startWeb, type WebApplication } from '../../support/web.ts';
import { workbook } from '../../support/xlsx.ts';

const SECRET = 'not a real secret';
const IN = { env: 'TRIAL_SECRET' };
const ENV: Readonly<Record<string, string>> = {
  TRIAL_SECRET: SECRET,
  TRIAL_TOKEN: SCIM_TOKEN,
  TRIAL_WRONG: 'wr0ng-secret',
};

let folder: string;
let configurations = 0;

/** What doctor finds of the source that a configuration describes. */
const doctorOn = async (source: object): Promise<Check> => {
  configurations += 1;
  const file = join(folder, `rollcall-${configurations}.yaml`);
  const match = [{ column: 'EMail', attribute: 'mail' }];
  await writeFile(file, JSON.stringify({ application: 'CORPDB1', directory: 'local', source, match }));
  const settings = await loadSettings(file);
  const tools = { readSecret: (ref: Parameters<typeof readSecret>[0]) => readSecret(ref, ENV), env: ENV };
  const { check } = await sourceCheck(
    await sourceOf(settings.source, tools, settings.columns),
    settings,
    (columns, notes) => checkColumns(settings, columns, notes),
    new AbortController().signal,
  );
  return check;
};

interface Mishap {
  /** Kind and mishap. */
  readonly what: string;
  readonly missing?: string | undefined;
  readonly source: () => object;
  readonly found: string | RegExp;
  readonly remedy: string | RegExp;
  readonly status?: 'warning';
}

const saved = async (name: string, content: string | Buffer): Promise<void> => writeFile(join(folder, name), content);

let slapd: Slapd | undefined;
let postgresql: Database | undefined;
let mariadb: Database | undefined;
let soap: SoapService;
let scim: Awaited<ReturnType<typeof startScim>>;
let web: WebApplication;
let identity: HostIdentity;
let secure: { readonly port: number; close(): void };
let nobody: number;
let locking: DatabaseSync;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-doctor-'));
  nobody = await freePort();
  await saved('users.csv', 'EMail,Name\nana@contoso.com,Ana\n');
  await saved('names.csv', 'Mail,Name\nana@contoso.com,Ana\n');
  await saved('cut.csv', 'EMail,Name\nana@contoso.com,Ana\nbo@contoso.com\n');
  await saved(
    'users.xlsx',
    workbook({
      sheets: [
        {
          rows: [
            ['EMail', 'Name'],
            ['ana@contoso.com', 'Ana'],
          ],
        },
      ],
    }),
  );
  await saved(
    'names.xlsx',
    workbook({
      sheets: [
        {
          rows: [
            ['Mail', 'Name'],
            ['ana@contoso.com', 'Ana'],
          ],
        },
      ],
    }),
  );
  await saved('users.txt', 'ana@contoso.com     Ana\n');
  await saved('users.ldif', 'dn: cn=a,dc=x\nobjectClass: person\nmail: ana@contoso.com\n\n');
  await saved('export.csv', 'DN,objectClass,mail\n"cn=a,dc=x",person,ana@contoso.com\n');
  await saved('notes.txt', 'These are\nno accounts.\n');
  const database = new DatabaseSync(join(folder, 'app.db'));
  database.exec("create table people (email text); insert into people values ('ana@contoso.com')");
  database.close();
  locking = new DatabaseSync(join(folder, 'locked.db'));
  locking.exec('create table people (email text); pragma locking_mode = exclusive; begin exclusive');

  identity = await hostIdentity('localhost');
  await saved('ca.pem', identity.ca);
  await saved('other.pem', (await hostIdentity('localhost')).ca);
  const https = createSecure(identity, scimApplication);
  secure = { port: await listening(https as never), close: () => void https.close() };
  scim = await startScim();
  held.users = [{ id: 'a', userName: 'ana', emails: [{ value: 'ana@contoso.com' }] }];
  soap = await startSoap('1.1');
  soap.people = [{ Mail: ['ana@contoso.com'], Name: 'Ana', Job: { Number: '1', Role: 'A' } }];
  web = await startWeb(({ url }, response) => {
    const status = Number(/^\/(\d{3})/.exec(url ?? '')?.[1] ?? 200);
    const html = url?.startsWith('/page') === true;
    response.writeHead(status, { 'content-type': html ? 'text/html' : 'application/json' });
    response.end(
      html ? '<html><title>Sign in</title></html>' : JSON.stringify({ people: [{ mail: 'ana@contoso.com' }] }),
    );
  });
  if (!slapdMissing) {
    slapd = await startSlapd({ access: ['access to dn.subtree="ou=closed,dc=contoso,dc=com" by * none'] });
    await slapd.add(`ou=closed,${slapd.suffix}`, { objectClass: 'organizationalUnit' });
    await slapd.add(`cn=ana,${slapd.suffix}`, { objectClass: 'inetOrgPerson', sn: 'x', mail: 'ana@contoso.com' });
  }
  for (const [missing, start, keep] of [
    [postgresqlMissing, startPostgresql, (one: Database) => (postgresql = one)],
    [mariadbMissing, startMariadb, (one: Database) => (mariadb = one)],
  ] as const) {
    if (missing) continue;
    const one = await start();
    keep(one);
    await one.run('create table people (email varchar(99))', 'create table hidden (email varchar(99))');
    await one.run("insert into people values ('ana@contoso.com')");
    await one.run(
      one === postgresql ? `create user reader password '${SECRET}'` : `create user reader identified by '${SECRET}'`,
    );
    await one.run('grant select on people to reader');
  }
});

afterAll(async () => {
  await Promise.all([slapd?.close(), postgresql?.close(), mariadb?.close(), web?.close()]);
  for (const one of [soap, scim, secure, locking]) one?.close();
  await rm(folder, { recursive: true, force: true });
});

const COLUMNS = { EMail: 'mail' };

const ldap = (more: object = {}) => ({
  ldap: {
    url: `ldap://localhost:${slapd!.port}`,
    bind: { dn: slapd!.reader, password: IN },
    base: slapd!.suffix,
    columns: COLUMNS,
    ...more,
  },
});

const serverOf = (engine: 'postgresql' | 'mariadb'): Database => (engine === 'postgresql' ? postgresql! : mariadb!);

const sql = (engine: 'postgresql' | 'mariadb', more: object = {}, query = 'select email as "EMail" from people') => {
  const { port, database } = serverOf(engine);
  const written = { host: 'localhost', port, database, user: 'reader', password: IN, ...more };
  return { sql: { [engine]: written, query: engine === 'mariadb' ? query.replaceAll('"', '`') : query } };
};

const rest = (path: string, more: object = {}) => ({
  rest: {
    address: `http://127.0.0.1:${web.port}${path}`,
    signIn: { bearer: IN },
    records: 'people',
    columns: COLUMNS,
    repeats: 0,
    longestWait: 1,
    ...more,
  },
});

const scimAt = (more: object = {}) => ({
  scim: {
    address: `http://127.0.0.1:${scim.port}/scim`,
    signIn: { bearer: { env: 'TRIAL_TOKEN' } },
    columns: { EMail: 'emails[0].value' },
    repeats: 0,
    ...more,
  },
});

const soapAt = (more: object = {}) => ({
  soap: {
    address: `http://127.0.0.1:${soap.port}/users`,
    action: `${NAMESPACE}/list`,
    signIn: 'none',
    namespaces: { u: NAMESPACE },
    body: '<u:ListUsers/>',
    records: '//u:User',
    columns: { EMail: 'u:Mail' },
    repeats: 0,
    ...more,
  },
});

/** What is wrong wherever a server is spoken to, in its kind's own words: source.ldap.url, source.sql. */
const AUTHORITY = 'signed by an authority that is not known';
const OTHER_NAME = 'is made out to another name';
const GET_CA = /caFile under source; in a Windows domain "certutil/;
const NOT_SET = 'The environment variable TRIAL_LOST is not set';
const SET = 'Set it to the secret';
const ONE_EMPTY = 'No account has a value in "EMail", which "match" compares.';
const WHERE_FROM = 'Correct where the column is read from under source, or ask for the right to read it';
const NO_COLUMN = 'match[0].column: the roster has no column "EMail"; did you mean "Mail"?';
const CORRECT_NAME = 'Correct the name, or collect a roster that has the column';

const FILES = {
  csv: { near: 'user.csv', other: 'users.xlsx', is: 'not a CSV file', keys: {} },
  excel: { near: 'user.xlsx', other: 'users.csv', is: 'this is a text file, not an Excel workbook', keys: {} },
  text: {
    near: 'user.txt',
    other: 'users.xlsx',
    is: 'not a text file',
    keys: { columns: { EMail: '1-20', Name: '21-' } },
  },
  ldif: { near: 'user.ldif', other: 'users.xlsx', is: 'not an LDIF file', keys: { columns: COLUMNS } },
  csvde: { near: 'exports.csv', other: 'users.xlsx', is: 'not a CSV file of csvde', keys: { columns: COLUMNS } },
} as const;

const fileMishaps = Object.entries(FILES).flatMap(([kind, { near, other, is, keys }]): Mishap[] => {
  const at = (path: string) => () => ({ [kind]: { path, ...keys } });
  return [
    {
      what: `${kind}: a file that is not there`,
      source: at(near),
      found: /: there is no such file; did you mean "\w+\.\w+"\?$/,
      remedy: 'Correct the path; in rollcall.yaml it stands under source.',
    },
    {
      what: `${kind}: a folder`,
      source: at('.'),
      found: ': this is a folder, not a file',
      remedy: 'Name the file itself; in rollcall.yaml its path stands under source.',
    },
    { what: `${kind}: a file of another kind`, source: at(other), found: is, remedy: /source: \{ (?:csv|excel): … \}/ },
  ];
});

const database = (path: string, query = 'select email from people') => ({ sql: { sqlite: { path }, query } });

const engineMishaps = (['postgresql', 'mariadb'] as const).flatMap((engine): Mishap[] => {
  const missing = engine === 'postgresql' ? postgresqlMissing : mariadbMissing;
  const tells = engine === 'postgresql';
  const mishaps: readonly Omit<Mishap, 'missing'>[] = [
    {
      what: 'a server that is not there',
      source: () => sql(engine, { port: nobody }),
      found: /:\/\/localhost:\d+\/\w+: nothing listens there$/,
      remedy: 'Check host and port under source.sql, that the server runs, and that no firewall stands between.',
    },
    {
      what: 'a name that nobody has',
      source: () => sql(engine, { host: 'db.invalid' }),
      found: 'there is no server of this name',
      remedy: 'Check host and port under source.sql',
    },
    { what: 'an unknown authority', source: () => sql(engine, { tls: true }), found: AUTHORITY, remedy: GET_CA },
    {
      what: 'a certificate for another name',
      source: () => sql(engine, { tls: true, host: '127.0.0.1', caFile: serverOf(engine).caFile }),
      found: tells ? OTHER_NAME : "a certificate is verified by a host's name, and the host is a number",
      remedy: 'Write the host by the name',
    },
    {
      what: 'a caFile that is not there',
      source: () => sql(engine, { tls: true, caFile: 'lost.pem' }),
      found: 'lost.pem: there is no such file',
      remedy: 'Correct caFile under source.sql',
    },
    {
      what: 'a caFile without a certificate',
      source: () => sql(engine, { tls: true, caFile: 'notes.txt' }),
      found: 'notes.txt: it holds no certificate in PEM',
      remedy: 'Correct caFile under source.sql',
    },
    {
      what: 'a wrong password',
      source: () => sql(engine, { password: { env: 'TRIAL_WRONG' } }),
      found: /password authentication failed for user "reader"|Access denied for user 'reader'/,
      remedy: 'Correct user or password under source.sql.',
    },
    {
      what: 'a secret that is not there',
      source: () => sql(engine, { password: { env: 'TRIAL_LOST' } }),
      found: NOT_SET,
      remedy: SET,
    },
    {
      what: 'a database that is not there',
      source: () => sql(engine, { database: 'lost' }),
      found: /database "lost" does not exist|to database 'lost'/,
      remedy: 'Correct the name of the database',
    },
    {
      what: 'a table that may not be read',
      source: () => sql(engine, {}, 'select email as "EMail" from hidden'),
      found: /permission denied for table hidden|command denied to user .*hidden/,
      remedy: /ask who runs the database for the right to read/i,
    },
    {
      what: 'a table that is not there',
      source: () => sql(engine, {}, 'select email as "EMail" from lost'),
      found: /line 1, column 30 of the query: relation "lost" does not exist|command denied to user .*lost/,
      remedy: 'Correct the name in source.sql.query',
    },
    {
      what: 'a column that the table lacks',
      source: () => sql(engine, {}, 'select mail as "EMail" from people'),
      found: /column "mail" does not exist|Unknown column 'mail'/,
      remedy: 'Correct the name in source.sql.query',
    },
    {
      what: 'a query that is refused',
      source: () => sql(engine, {}, 'select email as "EMail" from people where where 1 = 1'),
      found: /line 1(?:, column 43)? of the query: .*syntax/,
      remedy: 'Correct source.sql.query.',
    },
    {
      what: 'a column missing',
      source: () => sql(engine, {}, 'select email as "Mail" from people'),
      found: NO_COLUMN,
      remedy: CORRECT_NAME,
    },
  ];
  return mishaps.map((mishap) => ({ ...mishap, what: `${engine}: ${mishap.what}`, missing }));
});

/** Whose servers are not at hand: what their drivers say before a server would. */
const driverMishaps = (['mysql', 'sqlserver', 'oracle'] as const).flatMap((engine): Mishap[] => {
  const at = (more: object) => () => {
    const named = engine === 'oracle' ? { service: 'crm' } : { database: 'crm' };
    const written = { host: 'localhost', port: nobody, user: 'reader', password: IN, ...named, ...more };
    return { sql: { [engine]: written, query: 'select email as EMail from people', connectSeconds: 20 } };
  };
  const remedy = 'Check host and port under source.sql, that the server runs, and that no firewall stands between.';
  return [
    { what: `${engine}: a server that is not there`, source: at({}), found: /: nothing listens there$/, remedy },
    {
      what: `${engine}: a name that nobody has`,
      source: at({ host: 'db.invalid' }),
      found: /: there is no server of this name$/,
      remedy,
    },
    {
      what: `${engine}: a caFile that is not there`,
      source: at({ tls: true, caFile: 'lost.pem' }),
      found: 'lost.pem: there is no such file',
      remedy: 'Correct caFile under source.sql',
    },
    {
      what: `${engine}: a secret that is not there`,
      source: at({ password: { env: 'TRIAL_LOST' } }),
      found: NOT_SET,
      remedy: SET,
    },
  ];
});

const ldapMishaps: readonly Omit<Mishap, 'missing'>[] = [
  {
    what: 'a server that is not there',
    source: () => ldap({ url: `ldap://localhost:${nobody}` }),
    found: /^ldap:\/\/localhost:\d+: nothing listens there$/,
    remedy: 'Check the address under source.ldap.url, that the server runs, and that no firewall stands between.',
  },
  {
    what: 'a name that nobody has',
    source: () => ldap({ url: 'ldaps://dc1.invalid' }),
    found: 'ldaps://dc1.invalid:636: there is no server of this name',
    remedy: 'Check the address under source.ldap.url',
  },
  {
    what: 'an unknown authority',
    source: () => ldap({ url: `ldaps://localhost:${slapd!.tlsPort}` }),
    found: AUTHORITY,
    remedy: GET_CA,
  },
  {
    what: 'another authority',
    source: () => ldap({ url: `ldap://localhost:${slapd!.port}`, startTls: true, caFile: 'other.pem' }),
    found: AUTHORITY,
    remedy: GET_CA,
  },
  {
    what: 'a certificate for another name',
    source: () => ldap({ url: `ldaps://127.0.0.1:${slapd!.tlsPort}`, caFile: slapd!.caFile }),
    found: OTHER_NAME,
    remedy: 'Write the host by the name',
  },
  {
    what: 'a caFile that is not there',
    source: () => ldap({ url: `ldaps://localhost:${slapd!.tlsPort}`, caFile: 'lost.pem' }),
    found: 'lost.pem: there is no such file',
    remedy: 'Correct caFile or clientCertificate under source.ldap',
  },
  {
    what: 'a port without TLS',
    source: () => ldap({ url: `ldaps://localhost:${slapd!.port}` }),
    found: 'the server ends the connection when TLS is begun',
    remedy: 'Check the port: with ldaps:// it is most often 636, with ldap:// 389',
  },
  {
    what: 'a wrong password',
    source: () => ldap({ bind: { dn: slapd!.reader, password: { env: 'TRIAL_WRONG' } } }),
    found: 'the server refused the sign-in: wrong name or password',
    remedy: 'Correct the dn or its password under source.ldap.bind.',
  },
  {
    what: 'a secret that is not there',
    source: () => ldap({ bind: { dn: slapd!.reader, password: { env: 'TRIAL_LOST' } } }),
    found: NOT_SET,
    remedy: SET,
  },
  {
    what: 'a base that is not there',
    source: () => ldap({ base: `ou=lost,${slapd!.suffix}` }),
    found: 'ou=lost,dc=contoso,dc=com: there is no such entry',
    remedy: 'Correct source.ldap.base; it can also be that the reader has no right to see it.',
  },
  {
    what: 'a base that may not be seen',
    source: () => ldap({ base: `ou=closed,${slapd!.suffix}` }),
    found: 'ou=closed,dc=contoso,dc=com: there is no such entry',
    remedy: 'it can also be that the reader has no right to see it',
  },
  {
    what: 'a filter that is none',
    source: () => ldap({ filter: '(mail=*' }),
    found: '"(mail=*" is not a filter',
    remedy: 'source.ldap.filter',
  },
  {
    what: 'a filter that nothing fits',
    source: () => ldap({ filter: '(objectClass=device)' }),
    found: 'dc=contoso,dc=com: no entry fits',
    remedy: 'Correct base, scope, filter or groups under source.ldap, and check that the reader may see the entries.',
  },
  {
    what: 'a group that is not there',
    source: () => ldap({ groups: [`cn=lost,${slapd!.suffix}`] }),
    found: 'cn=lost,dc=contoso,dc=com: there is no such group',
    remedy: 'Correct source.ldap.groups',
  },
  {
    what: 'an attribute that no entry has',
    source: () => ldap({ columns: { EMail: 'emial', Name: 'sn' } }),
    found: `${ONE_EMPTY} Column "EMail" (emial) has a value in no account.`,
    remedy: WHERE_FROM,
    status: 'warning',
  },
  {
    what: 'a column missing',
    source: () => ldap({ columns: { Mail: 'mail' } }),
    found: NO_COLUMN,
    remedy: CORRECT_NAME,
  },
];

const UNREACHABLE = {
  found: 'the connection was refused',
  remedy: 'Check that the server runs, that the port is right, and that no firewall stands between.',
};
const REFUSED_SIGN_IN = {
  found: 'the server refuses the sign-in: status 401',
  remedy: 'Check what stands under signIn, and whether the account is locked or its secret has expired.',
};

const MISHAPS: readonly Mishap[] = [
  ...fileMishaps,
  {
    what: 'csv: a column missing',
    source: () => ({ csv: { path: 'names.csv' } }),
    found: NO_COLUMN,
    remedy: CORRECT_NAME,
  },
  {
    what: 'csv: a row cut off',
    source: () => ({ csv: { path: 'cut.csv' } }),
    found: 'cut.csv:3:15: the row has 1 of 2 cells',
    remedy: 'Correct the row, or export again',
  },
  {
    what: 'excel: a column missing',
    source: () => ({ excel: { path: 'names.xlsx' } }),
    found: NO_COLUMN,
    remedy: CORRECT_NAME,
  },
  {
    what: 'excel: a sheet missing',
    source: () => ({ excel: { path: 'users.xlsx', sheet: 'People' } }),
    found: 'the workbook has no sheet "People"; it has "Users"',
    remedy: 'Correct source.excel.sheet.',
  },
  {
    what: 'text: a column missing',
    source: () => ({ text: { path: 'users.txt', columns: { Mail: '1-20' } } }),
    found: NO_COLUMN,
    remedy: CORRECT_NAME,
  },
  {
    what: 'text: positions where nothing stands',
    source: () => ({ text: { path: 'users.txt', columns: { EMail: '70-80', Name: '1-20' } } }),
    found: ONE_EMPTY,
    remedy: WHERE_FROM,
    status: 'warning',
  },
  {
    what: 'ldif: an attribute that no entry has',
    source: () => ({ ldif: { path: 'users.ldif', columns: { EMail: 'emial' } } }),
    found: `${ONE_EMPTY} Column "EMail" (emial) has a value in no account.`,
    remedy: WHERE_FROM,
    status: 'warning',
  },
  {
    what: 'csvde: an attribute that the file lacks',
    source: () => ({ csvde: { path: 'export.csv', columns: { EMail: 'emial' } } }),
    found: `${ONE_EMPTY} Column "EMail" (emial) has a value in no account.`,
    remedy: WHERE_FROM,
    status: 'warning',
  },
  {
    what: 'ldif: any text',
    source: () => ({ ldif: { path: 'notes.txt', columns: COLUMNS } }),
    found: 'notes.txt:1:1: the line is no "attribute: value"',
    remedy: 'Correct the line, or export again',
  },
  {
    what: 'csvde: any CSV file',
    source: () => ({ csvde: { path: 'users.csv', columns: COLUMNS } }),
    found: 'users.csv:1: there is no column DN, but EMail, Name',
    remedy: 'For other CSV files write "source: { csv: … }".',
  },
  {
    what: 'sqlite: a file that is not there',
    source: () => database('ap.db'),
    found: 'ap.db: there is no such file',
    remedy: 'source.sql.sqlite.path',
  },
  {
    what: 'sqlite: a folder',
    source: () => database('.'),
    found: 'this is a folder, not a file',
    remedy: 'source.sql.sqlite.path',
  },
  {
    what: 'sqlite: no database',
    source: () => database('users.csv'),
    found: 'file is not a database',
    remedy: 'Name a database of SQLite as source.sql.sqlite.path.',
  },
  {
    what: 'sqlite: a column that the table lacks',
    source: () => database('app.db', 'select mail from people'),
    found: 'no such column: mail',
    remedy: 'Correct the name in source.sql.query',
  },
  {
    what: 'sqlite: a table that is not there',
    source: () => database('app.db', 'select email from persons'),
    found: 'no such table: persons',
    remedy: 'Correct the name in source.sql.query',
  },
  {
    what: 'sqlite: a query that is refused',
    source: () => database('app.db', 'select email from where'),
    found: /app\.db: .*syntax error/,
    remedy: 'Correct source.sql.query.',
  },
  {
    what: 'sqlite: a column missing',
    source: () => database('app.db', 'select email as Mail from people'),
    found: NO_COLUMN,
    remedy: CORRECT_NAME,
  },
  {
    what: 'sqlite: locked by another program',
    source: () => ({ sql: { ...database('locked.db').sql, connectSeconds: 0.1 } }),
    found: 'another program holds it: database is locked',
    remedy: 'Close it there, or read a copy of the file; then run the same command again.',
  },
  ...engineMishaps,
  ...driverMishaps,
  ...ldapMishaps.map((mishap) => ({ ...mishap, what: `ldap: ${mishap.what}`, missing: slapdMissing })),
  {
    what: 'rest: a server that is not there',
    source: () => rest('/', { address: `http://127.0.0.1:${nobody}/` }),
    ...UNREACHABLE,
  },
  {
    what: 'rest: a name that nobody has',
    source: () => rest('/', { address: 'https://api.invalid/' }),
    found: 'https://api.invalid/: there is no such host',
    remedy: 'Correct the address in rollcall.yaml, or check the name service and the proxy',
  },
  {
    what: 'rest: an unknown authority',
    source: () => rest('/', { address: `https://localhost:${secure.port}/` }),
    found: AUTHORITY,
    remedy: GET_CA,
  },
  {
    what: 'rest: a certificate for another name',
    source: () => rest('/', { address: `https://127.0.0.1:${secure.port}/`, caFile: 'ca.pem' }),
    found: OTHER_NAME,
    remedy: 'Write the host by the name',
  },
  {
    what: 'rest: a caFile that is not there',
    source: () => rest('/', { caFile: 'lost.pem' }),
    found: 'lost.pem: there is no such file',
    remedy: 'Correct caFile',
  },
  {
    what: 'rest: a port without TLS',
    source: () => rest('/', { address: `https://127.0.0.1:${web.port}/` }),
    found: 'no TLS could be agreed on with the server',
    remedy: 'Check that the server speaks TLS at this port, and whether it wants a clientCertificate.',
  },
  { what: 'rest: a sign-in that is refused', source: () => rest('/401'), ...REFUSED_SIGN_IN },
  {
    what: 'rest: a missing right',
    source: () => rest('/403'),
    found: 'the account that signs in may not read this: status 403',
    remedy: 'Give the account that signs in the right to read the accounts.',
  },
  {
    what: 'rest: a wrong address',
    source: () => rest('/404'),
    found: 'there is nothing at this address: status 404',
    remedy: 'Correct the address in rollcall.yaml.',
  },
  {
    what: 'rest: a request that is refused',
    source: () => rest('/400'),
    found: 'the server refuses the request: status 400',
    remedy: 'Compare the request with the documentation of the API',
  },
  {
    what: 'rest: too many requests',
    source: () => rest('/429'),
    found: 'the server asks for fewer requests: status 429',
    remedy: 'Try again later',
  },
  {
    what: 'rest: a server that fails',
    source: () => rest('/500'),
    found: 'the server fails: status 500',
    remedy: 'ask those who run the API',
  },
  {
    what: 'rest: a page to sign in at',
    source: () => rest('/page'),
    found: 'the answer is an HTML page; it begins: "Sign in"',
    remedy: 'Often a page to sign in at: check the address and what stands under signIn.',
  },
  {
    what: 'rest: records that are elsewhere',
    source: () => rest('/', { records: 'users' }),
    found: 'records ("users") leads to no list; the answer is a group of people; its lists: people',
    remedy: 'Correct source.rest.records',
  },
  {
    what: 'rest: a path that no record has',
    source: () => rest('/', { columns: { EMail: 'emial' } }),
    found: `${ONE_EMPTY} Column "EMail" (emial) has a value in no account.`,
    remedy: WHERE_FROM,
    status: 'warning',
  },
  {
    what: 'rest: a column missing',
    source: () => rest('/', { columns: { Mail: 'mail' } }),
    found: NO_COLUMN,
    remedy: CORRECT_NAME,
  },
  {
    what: 'rest: a secret that is not there',
    source: () => rest('/', { signIn: { bearer: { env: 'TRIAL_LOST' } } }),
    found: NOT_SET,
    remedy: SET,
  },
  {
    what: 'rest: no token',
    source: () =>
      rest('/', {
        signIn: { clientCredentials: { tokenUrl: `http://127.0.0.1:${web.port}/401`, clientId: 'x', secret: IN } },
      }),
    found: 'no token was given: status 401',
    remedy: 'Check tokenUrl, clientId, secret and scope under signIn.',
  },
  {
    what: 'scim: a server that is not there',
    source: () => scimAt({ address: `http://127.0.0.1:${nobody}/scim` }),
    ...UNREACHABLE,
  },
  {
    what: 'scim: an unknown authority',
    source: () => scimAt({ address: `https://localhost:${secure.port}/scim` }),
    found: AUTHORITY,
    remedy: GET_CA,
  },
  {
    what: 'scim: a sign-in that is refused',
    source: () => scimAt({ signIn: { bearer: { env: 'TRIAL_WRONG' } } }),
    ...REFUSED_SIGN_IN,
  },
  {
    what: 'scim: a wrong address',
    source: () => scimAt({ address: `http://127.0.0.1:${scim.port}/` }),
    found: 'there is nothing at this address: status 404',
    remedy: 'Correct the address in rollcall.yaml.',
  },
  {
    what: 'scim: another API',
    source: () => scimAt({ address: `http://127.0.0.1:${web.port}/` }),
    found: 'the answer is no list of SCIM; it has people',
    remedy: 'Correct source.scim.address',
  },
  {
    what: 'scim: a filter that is refused',
    source: () => scimAt({ filter: '(active eq' }),
    found: 'the server refuses the filter:',
    remedy: 'Correct source.scim.filter',
  },
  {
    what: 'scim: an attribute that no user has',
    source: () => scimAt({ columns: { EMail: 'nickName' } }),
    found: `${ONE_EMPTY} Column "EMail" (nickName) has a value in no account.`,
    remedy: WHERE_FROM,
    status: 'warning',
  },
  {
    what: 'scim: a column missing',
    source: () => scimAt({ columns: { Mail: 'userName' } }),
    found: NO_COLUMN,
    remedy: CORRECT_NAME,
  },
  {
    what: 'soap: a server that is not there',
    source: () => soapAt({ address: `http://127.0.0.1:${nobody}/` }),
    ...UNREACHABLE,
  },
  {
    what: 'soap: an unknown authority',
    source: () => soapAt({ address: `https://localhost:${secure.port}/` }),
    found: AUTHORITY,
    remedy: GET_CA,
  },
  {
    what: 'soap: a sign-in that is refused',
    source: () => soapAt({ address: `http://127.0.0.1:${web.port}/401` }),
    ...REFUSED_SIGN_IN,
  },
  {
    what: 'soap: a fault',
    source: () => soapAt({ body: '<u:ListUsers><u:Token>nonsense</u:Token></u:ListUsers>' }),
    found: 'the service answers with a fault: soap:Client: No such token (Begin anew)',
    remedy: 'Compare the request with the documentation of the service',
  },
  {
    what: 'soap: records that are elsewhere',
    source: () => soapAt({ records: '//u:Person' }),
    found: 'records ("//u:Person") leads to nothing',
    remedy: 'Check body and records',
  },
  {
    what: 'soap: an element that no record has',
    source: () => soapAt({ columns: { EMail: 'u:Email' } }),
    found: `${ONE_EMPTY} Column "EMail" (u:Email) has a value in no account.`,
    remedy: WHERE_FROM,
    status: 'warning',
  },
  {
    what: 'soap: a WSDL that is none',
    source: () =>
      soapAt({
        address: undefined,
        body: undefined,
        action: undefined,
        wsdl: `http://127.0.0.1:${web.port}/`,
        operation: 'ListUsers',
      }),
    found: 'WSDL: it stops being XML at line 1, column 1',
    remedy: 'Correct source.soap.wsdl, which most often ends in "?wsdl"',
  },
  {
    what: 'soap: another API',
    source: () => soapAt({ address: `http://127.0.0.1:${web.port}/` }),
    found: 'the answer is no SOAP envelope but application/json',
    remedy: 'Check the address',
  },
  {
    what: 'soap: a column missing',
    source: () => soapAt({ columns: { Mail: 'u:Mail' } }),
    found: NO_COLUMN,
    remedy: CORRECT_NAME,
  },
];

for (const { what, missing, source, found, remedy, status = 'failed' } of MISHAPS) {
  test.skipIf(missing !== undefined)(`${what}${missing ? ` (${missing})` : ''}`, async () => {
    const check = await doctorOn(source());
    expect(check.status).toBe(status);
    expect(check.found).toMatch(found);
    expect(check.remedy).toMatch(remedy);
    expect(check.remedy).toMatch(/\.$/);
    // Nothing that only a programmer reads, and no secret.
    expect(`${check.found} ${check.remedy}`).not.toMatch(/\b(?:undefined|ENOENT|EACCES|ECONN\w+|null)\b|Error:|wr0ng/);
  });
}

test.each([
  ['EBUSY', 'locked', 'another program holds it open', /^Close it where it is open/],
  ['EACCES', 'noPermission', 'it may not be read', /^Give the account that runs Rollcall the right to read it/],
  ['EIO', 'unreadable', 'it cannot be read (EIO)', /^Check the disk or the network share/],
])('a file of which the system says %s is told as %s', async (code, defect, message, remedy) => {
  const failed = await fileError('users.csv', Object.assign(new Error('said'), { code }), csvError).catch(
    (error) => error,
  );
  expect(failed).toBeInstanceOf(SourceError);
  expect([failed.code, failed.message]).toEqual([defect, `users.csv: ${message}`]);
  expect(failed.remedy).toMatch(remedy);
});

test.each([
  ['CERT_HAS_EXPIRED', 'certificate has expired', 'has expired', /renew it/],
  ['CERT_NOT_YET_VALID', 'certificate is not yet valid', 'is not valid yet', /clock/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'signed by nobody but itself', /this certificate in PEM/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', AUTHORITY, GET_CA],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    "Host: dc. is not in the cert's altnames: DNS:dc1.contoso.com, DNS:dc1",
    'another name (dc1.contoso.com, dc1)',
    /^Write the host by the name/,
  ],
])('a certificate of which TLS says %s is told in words', (code, said, message, remedy) => {
  const failure = networkFailureOf(code, said);
  expect(failure?.code).toBe('notTrusted');
  expect(failure?.message).toContain(message);
  expect(failure?.remedy).toMatch(remedy);
});
