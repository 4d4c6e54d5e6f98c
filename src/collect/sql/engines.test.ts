// The drivers whose servers are not at hand: how settings reach them, how values become text, and what is said when nobody answers.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import oracledb from 'oracledb';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../../test/support/servers.ts';
import { serveTds } from '../../../test/support/tds.ts';
import { hostIdentity } from '../../../test/support/tls.ts';
import type { SqlServer, SqlSignIn } from '../../model/source-settings.ts';
import type { SqlRequest } from './engine.ts';
import { fetched, oracle, cellOf as oracleCell, configuration as oracleConfiguration } from './oracle.ts';
import { sqlSource } from './source.ts';
import { cellOf, configuration, sqlserver } from './sqlserver.ts';
import { readStatement } from './statement.ts';

const PASSWORD: SqlSignIn = { kind: 'password', user: 'reader', password: { env: 'X' } };

const request = (engine: SqlServer['engine'], more: Partial<SqlServer> = {}, tls = true): SqlRequest<SqlServer> => {
  const statement = readStatement('SELECT 1 AS a', engine);
  if ('code' in statement) throw new Error(statement.message);
  return {
    database: {
      engine,
      host: 'db.contoso.com',
      port: 1,
      database: 'crm',
      tls,
      caFile: null,
      signIn: PASSWORD,
      ...more,
    },
    password: 'not a real secret',
    tls: tls ? { minVersion: 'TLSv1.2', ca: ['PEM'], servername: 'db.contoso.com' } : undefined,
    statement,
    values: new Map(),
    connectMs: 5000,
    queryMs: 5000,
  };
};

const told = async (engine: 'sqlserver' | 'oracle', more: Partial<SqlServer>) => {
  const { database } = request(engine, more, false);
  const source = sqlSource(
    { kind: 'sql', database, query: 'SELECT 1 AS a', parameters: {}, connectSeconds: 20, querySeconds: 20 },
    { readSecret: async () => 'not a real secret', env: {} },
  );
  return source.open(new AbortController().signal).then(
    () => expect.fail('it was opened'),
    (error) => error,
  );
};

test.each(['sqlserver', 'oracle'] as const)('%s: where nothing listens, that is said', async (engine) => {
  const error = await told(engine, { host: '127.0.0.1', port: await freePort() });
  expect(error).toMatchObject({ name: 'SourceError', code: 'unreachable' });
  expect(error.message).not.toContain('not a real secret');
});

test('SQL Server is always asked for a certificate that is verified, unless it is on this machine', () => {
  expect(configuration(request('sqlserver')).options).toMatchObject({
    ...{ port: 1, database: 'crm', encrypt: true, trustServerCertificate: false, readOnlyIntent: true },
    cryptoCredentialsDetails: { ca: ['PEM'] },
  });
  expect(configuration(request('sqlserver', {}, false)).options).toMatchObject({
    encrypt: false,
    trustServerCertificate: false,
  });
});

test('SQL Server is signed in to by password, Windows account or Microsoft Entra', () => {
  const authentication = (signIn: SqlSignIn) => configuration(request('sqlserver', { signIn })).authentication;
  expect(authentication(PASSWORD)).toEqual({
    type: 'default',
    options: { userName: 'reader', password: 'not a real secret' },
  });
  expect(authentication({ ...PASSWORD, kind: 'ntlm', domain: 'CONTOSO' })).toEqual({
    type: 'ntlm',
    options: { domain: 'CONTOSO', userName: 'reader', password: 'not a real secret' },
  });
  expect(authentication({ kind: 'entra', clientId: 'c' })).toEqual({
    type: 'azure-active-directory-default',
    options: { clientId: 'c' },
  });
});

const fine = (iso: string, seconds: number) =>
  Object.defineProperty(new Date(iso), 'nanosecondsDelta', { value: seconds });

test.each([
  ['NVarChar', {}, 'Zoë', 'Zoë'],
  ['NVarChar', {}, '', ''],
  ['NVarChar', {}, null, null],
  ['IntN', {}, 42, '42'],
  ['BigInt', {}, '9223372036854775807', '9223372036854775807'],
  ['BitN', {}, true, 'true'],
  ['DecimalN', { precision: 15, scale: 2 }, 9_999_999_999_999.99, '9999999999999.99'],
  ['NumericN', { precision: 10, scale: 4 }, 0.1, '0.1000'],
  ['MoneyN', {}, 12.5, '12.5000'],
  ['Real', {}, Math.fround(0.1), '0.1'],
  ['FloatN', { dataLength: 8 }, 0.1, '0.1'],
  ['Date', {}, new Date('2026-01-02T00:00:00Z'), '2026-01-02'],
  ['Time', { scale: 7 }, fine('1970-01-01T03:04:05.123Z', 0.0004567), '03:04:05.1234567'],
  ['DateTimeN', {}, new Date('2026-01-02T03:04:05.997Z'), '2026-01-02T03:04:05.997'],
  ['DateTime2', { scale: 7 }, fine('2026-01-02T03:04:05.123Z', 0.0004567), '2026-01-02T03:04:05.1234567'],
  ['DateTime2', { scale: 0 }, fine('2026-01-02T03:04:05.000Z', 0), '2026-01-02T03:04:05'],
  ['DateTimeOffset', { scale: 3 }, fine('2026-01-02T03:04:05.120Z', 0), '2026-01-02T03:04:05.12Z'],
  ['VarBinary', {}, Buffer.from('fffe00', 'hex'), '//4A'],
] as const)('SQL Server: %s with %o of %s is %s', (name, metadata, value, cell) => {
  expect(cellOf({ value, metadata: { colName: 'c', type: { name }, ...metadata } })).toBe(cell);
});

test('SQL Server: what the driver has rounded is an error, and says what to do', () => {
  const big = { value: 1e20, metadata: { colName: 'Sum', type: { name: 'DecimalN' }, precision: 38, scale: 10 } };
  let error: unknown;
  expect(() => {
    try {
      cellOf(big);
    } catch (thrown) {
      error = thrown;
      throw thrown;
    }
  }).toThrow('decimal(38, 10)');
  expect(sqlserver.explain(error)).toMatchObject({ code: 'inexact' });
  expect(() =>
    cellOf({ value: 922_337_203_685_477.5, metadata: { colName: 'Sum', type: { name: 'MoneyN' } } }),
  ).toThrow('money');
});

test.each([
  [18456, 'badCredentials'],
  [4060, 'unknownDatabase'],
  [229, 'noPermission'],
  [208, 'unknownName'],
  [102, 'badQuery'],
  [50000, 'serverError'],
])('SQL Server: error %i is %s', (number, code) => {
  expect(sqlserver.explain(Object.assign(new Error('said'), { number, lineNumber: 3 }))).toMatchObject({ code });
});

test('Oracle is reached by its name, with TLS and what is trusted', () => {
  expect(oracleConfiguration(request('oracle'), 'PEM')).toMatchObject({
    ...{ user: 'reader', password: 'not a real secret', connectString: 'tcps://db.contoso.com:1/crm' },
    ...{ sslServerDNMatch: true, walletContent: 'PEM', connectTimeout: 5 },
  });
  expect(oracleConfiguration(request('oracle', { host: '::1' }, false), undefined).connectString).toBe(
    'tcp://[::1]:1/crm',
  );
});

/** Agrees on TLS as a database's server does; there is none behind it. */
const tlsServer = async (identity: { readonly cert: string; readonly key: string }) => {
  const met: string[] = [];
  const server = createServer(identity, (socket) => {
    met.push('a client that trusts');
    socket.end();
  });
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return { met, port: (server.address() as AddressInfo).port };
};

test.each([
  ['oracle', tlsServer],
  ['sqlserver', serveTds],
] as const)(
  '%s is reached over TLS with the authority of caFile, for its name alone, and what is wrong with a certificate is told',
  async (engine, serve) => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-tls-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const serving = async (host: string) => {
      const { ca, ...identity } = await hostIdentity(host);
      const caFile = join(folder, `${host}.pem`);
      await writeFile(caFile, ca);
      return { ...(await serve(identity)), caFile };
    };
    const good = await serving('localhost');
    const other = await serving('elsewhere.contoso.com');
    const over = ({ port }: typeof good, caFile: string | null) =>
      told(engine, { host: 'localhost', port, tls: true, caFile });
    // The connection ends when TLS stands: it was agreed on.
    expect(await over(good, good.caFile)).toMatchObject({ code: 'connectionLost' });
    expect(good.met).toHaveLength(1);
    const unknown = await over(good, null);
    expect([unknown.code, unknown.message]).toEqual([
      'notTrusted',
      expect.stringContaining('authority that is not known'),
    ]);
    expect(unknown.remedy).toContain('caFile');
    const named = await over(other, other.caFile);
    expect([named.code, named.message]).toEqual(['notTrusted', expect.stringContaining('made out to another name')]);
  },
);

test('Oracle: numbers and long texts are fetched as text, bytes as bytes, times as ISO 8601', () => {
  expect(fetched({ dbType: oracledb.DB_TYPE_NUMBER })).toEqual({ type: oracledb.STRING });
  expect(fetched({ dbType: oracledb.DB_TYPE_CLOB })).toEqual({ type: oracledb.STRING });
  expect(fetched({ dbType: oracledb.DB_TYPE_BLOB })).toEqual({ type: oracledb.BUFFER });
  expect(fetched({ dbType: oracledb.DB_TYPE_VARCHAR })).toBeUndefined();
  const written = (dbType: unknown, value: unknown) => fetched({ dbType })!.converter!(value);
  expect(written(oracledb.DB_TYPE_TIMESTAMP_TZ, new Date('2026-01-02T03:04:05.678Z'))).toBe('2026-01-02T03:04:05.678Z');
  expect(written(oracledb.DB_TYPE_DATE, new Date(2026, 0, 2, 3, 4, 5))).toBe('2026-01-02T03:04:05');
  expect(written(oracledb.DB_TYPE_DATE, null)).toBeNull();
  expect(written(oracledb.DB_TYPE_JSON, { a: [1] })).toBe('{"a":[1]}');
  expect([oracleCell(null), oracleCell('x'), oracleCell(0.1), oracleCell(Buffer.from('fffe00', 'hex'))]).toEqual([
    ...[null, 'x', '0.1', '//4A'],
  ]);
});

test.each([
  ['ORA-01017: invalid username/password', 'badCredentials'],
  ['NJS-530: The host addresses', 'unreachable'],
  ['NJS-506: connection encountered TLS handshake failure. unable to verify the first certificate', 'notTrusted'],
  ['NJS-506: connection encountered TLS handshake failure. wrong version number', 'noTls'],
  ['ORA-12514: Service crm is not registered', 'unknownDatabase'],
  ['ORA-00942: table or view does not exist', 'unknownName'],
  ['ORA-00936: missing expression', 'badQuery'],
  ['ORA-01456: may not perform insert, delete, update operation inside a READ ONLY transaction', 'notReadOnly'],
  ['ORA-00600: internal error code', 'serverError'],
])('Oracle: %s is %s', (message, code) => {
  expect(oracle.explain(Object.assign(new Error(message), { offset: 7 }))).toMatchObject({ code });
});
