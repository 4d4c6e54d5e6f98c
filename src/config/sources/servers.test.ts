// What is wrong with the description of an LDAP directory or a database is told, and what is right becomes complete.
import { expect, test } from 'vitest';
import { schemaMessage } from '../problems.ts';
import { sourceSettings, sourceWritten } from './sources.ts';

const problems = (source: unknown) =>
  (sourceWritten.safeParse(source, { error: schemaMessage }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
const settings = (source: unknown) => sourceSettings(sourceWritten.parse(source), (name) => `/place/${name}`);

const LDAP = {
  url: 'ldaps://dc1.contoso.com',
  bind: { dn: 'cn=reader', password: { env: 'X' } },
  base: 'dc=contoso,dc=com',
};

test.each([
  [{ url: 'ldap://dc1.contoso.com' }, 'a password would travel unencrypted'],
  [{ url: 'https://dc1.contoso.com' }, 'expected an address such as ldaps://'],
  [{ url: 'ldaps://user:secret@dc1.contoso.com' }, 'expected an address such as ldaps://'],
  [{ startTls: true }, 'goes with ldap:// only'],
  [{ bind: 'external' }, '"bind: external" needs it'],
  [{ bind: 'nobody' }, 'expected { dn, password }, external or anonymous'],
  [{ bind: { dn: 'cn=reader', password: 'plain' } }, 'expected { dn, password }, external or anonymous'],
  [{ url: 'ldap://localhost', clientCertificate: 'c.pem' }, 'goes with ldaps:// or startTls: true only'],
  [{ clientCertificatePassword: { env: 'Y' } }, 'goes with clientCertificate only'],
  [{ columns: { EMail: 'mail | upper' } }, 'unknown step "upper"'],
  [{ columns: { A: 'a | each', B: 'b | each' } }, 'only one column can have a row for each value'],
  [{ columns: { Role: 'group | name' } }, '"group" needs groups to be named'],
  [{ columns: {} }, 'expected at least one column'],
])('ldap with %o: %s', (more, problem) => {
  expect(problems({ ldap: { ...LDAP, ...more } }).join('\n')).toContain(problem);
});

test.each([
  [{}, { host: 'dc1.contoso.com', port: 636, security: 'ldaps' }],
  [
    { url: 'ldap://dc1.contoso.com', startTls: true },
    { host: 'dc1.contoso.com', port: 389, security: 'startTls' },
  ],
  [
    { url: 'ldap://dc1.contoso.com:1389', bind: 'anonymous' },
    { host: 'dc1.contoso.com', port: 1389, security: 'none' },
  ],
  [{ url: 'ldap://[::1]' }, { host: '::1', port: 389, security: 'none' }],
  [{ url: 'ldapi:///run/slapd/ldapi', bind: 'external' }, { socket: '/run/slapd/ldapi' }],
  [{ url: 'ldapi://%2Frun%2Fslapd%2Fldapi', bind: 'external' }, { socket: '/run/slapd/ldapi' }],
])('ldap with %o is reached at %o', (more, server) => {
  expect(problems({ ldap: { ...LDAP, ...more } })).toEqual([]);
  expect(settings({ ldap: { ...LDAP, ...more } })).toMatchObject({ server, nestedGroups: true, scope: 'sub' });
});

const SQL = {
  postgresql: { host: 'db.contoso.com', database: 'crm', user: 'reader', password: { env: 'X' } },
  query: 'SELECT 1 AS a',
};

test.each([
  [{ query: 'DELETE FROM users' }, 'it begins with "DELETE"'],
  [{ query: 'SELECT 1;\n SELECT 2' }, 'a second statement begins here (line 2, column 2 of the query)'],
  [{ sqlite: { path: 'a.db' } }, 'expected one, not 2,'],
  [{ postgresql: { ...SQL.postgresql, password: 'plain' } }, 'a secret never stands in this file'],
  [{ postgresql: { ...SQL.postgresql, tls: false } }, 'only a server of this machine is reached without TLS'],
  [{ parameters: { ':a': 1 } }, 'expected a name without the colon'],
  [
    { postgresql: undefined, sqlserver: { host: 'h', database: 'd', signIn: 'ntlm', user: 'u' } },
    '"signIn: ntlm" needs it',
  ],
  [
    { postgresql: undefined, sqlserver: { host: 'h', database: 'd', signIn: 'entra', user: 'u' } },
    'does not go with "signIn: entra"',
  ],
])('sql with %o: %s', (more, problem) => {
  const { postgresql, ...rest } = { ...SQL, ...more };
  expect(problems({ sql: { ...rest, ...(postgresql && { postgresql }) } }).join('\n')).toContain(problem);
});

test('a database over the network is reached by TLS, one of this machine need not be', () => {
  expect(settings({ sql: SQL })).toMatchObject({ database: { engine: 'postgresql', port: 5432, tls: true } });
  const database = (postgresql: object) =>
    settings({ sql: { ...SQL, postgresql: { ...SQL.postgresql, ...postgresql } } });
  expect(database({ host: 'localhost' })).toMatchObject({ database: { tls: false } });
  expect(database({ host: 'localhost', tls: true })).toMatchObject({ database: { tls: true } });
  expect(database({ host: '/run/postgresql' })).toMatchObject({ database: { tls: false } });
  expect(database({ caFile: 'ca.pem' })).toMatchObject({ database: { caFile: '/place/ca.pem' } });
});

test('each engine has its own port, and Oracle one for TLS', () => {
  const server = { host: 'db.contoso.com', user: 'u', password: { env: 'X' } };
  const port = (engine: object) => settings({ sql: { ...engine, query: SQL.query } });
  expect(port({ mariadb: { ...server, database: 'd' } })).toMatchObject({ database: { port: 3306 } });
  expect(port({ sqlserver: { ...server, database: 'd' } })).toMatchObject({ database: { port: 1433 } });
  expect(port({ oracle: { ...server, service: 's' } })).toMatchObject({ database: { port: 2484, database: 's' } });
  expect(port({ oracle: { ...server, host: '127.0.0.1', service: 's' } })).toMatchObject({ database: { port: 1521 } });
  expect(port({ sqlite: { path: 'a.db' } })).toMatchObject({ database: { engine: 'sqlite', path: '/place/a.db' } });
});
