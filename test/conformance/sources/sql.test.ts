// Databases, as a source: PostgreSQL, MariaDB and SQLite, each the real one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sourceOf } from '../../../src/collect/sources.ts';
import type { Cell } from '../../../src/model/account.ts';
import type { SourceError } from '../../../src/model/errors.ts';
import type { SourceTools } from '../../../src/model/source.ts';
import type { SqlServer, SqlSettings } from '../../../src/model/source-settings.ts';
import {
  type Database,
  mariadbMissing,
  postgresqlMissing,
  startMariadb,
  startPostgresql,
} from '../../support/databases.ts';
import { freePort } from '../../support/servers.ts';
import { sourceConformance } from './suite.ts';

const tools: SourceTools = { readSecret: async () => 'not a real secret', env: {} };

const QUERY =
  'SELECT email AS "EMail", name AS "Name", employee_id AS "EmployeeId", role AS "Role" FROM people ORDER BY email';
const TABLE =
  'CREATE TABLE people (email varchar(200), name varchar(200), employee_id varchar(200), role varchar(200))';

type Engine = Extract<SqlServer['engine'], 'postgresql' | 'mariadb'>;

const settingsOf = (
  engine: Engine,
  database: Database,
  query = QUERY,
  { server = {}, ...more }: Partial<SqlSettings> & { readonly server?: Partial<SqlServer> } = {},
): SqlSettings => ({
  kind: 'sql',
  database: {
    engine,
    host: '127.0.0.1',
    port: database.port,
    database: database.database,
    tls: false,
    caFile: null,
    signIn: { kind: 'password', user: database.user, password: { env: 'TRIAL_PASSWORD' } },
    ...server,
  },
  query: query === QUERY && engine === 'mariadb' ? query.replaceAll('"', '`') : query,
  parameters: {},
  connectSeconds: 60,
  querySeconds: 60,
  ...more,
});

const SERVERS = [
  [
    'postgresql',
    postgresqlMissing,
    startPostgresql,
    (count: number) =>
      `SELECT 'person' || i || '@contoso.com', 'Person ' || i, lpad(i::text, 6, '0'), CASE i % 3 WHEN 0 THEN 'ADM' ELSE 'USR' END FROM generate_series(0, ${count - 1}) AS i`,
  ],
  [
    'mariadb',
    mariadbMissing,
    startMariadb,
    (count: number) =>
      `SELECT concat('person', seq, '@contoso.com'), concat('Person ', seq), lpad(seq, 6, '0'), if(seq % 3 = 0, 'ADM', 'USR') FROM seq_0_to_${count - 1}`,
  ],
] as const;

for (const [engine, missing, start, made] of SERVERS) {
  let port = 0;
  sourceConformance({
    name: engine,
    missing,
    tellsNull: true,
    port: () => port,
    slow: 'timedOut',
    cut: 'connectionLost',
    many: 5000,
    million: true,
    tools,
    start: async () => {
      const database = await start();
      ({ port } = database);
      return {
        fill: async (accounts) => {
          await database.run('DROP TABLE IF EXISTS people', TABLE);
          await database.insert('people', accounts);
        },
        fillPeople: async (count) => {
          await database.run('DROP TABLE IF EXISTS people', TABLE, `INSERT INTO people ${made(count)}`);
        },
        settings: (through) =>
          settingsOf(engine, database, QUERY, through && { server: { port: through.port }, querySeconds: 2 }),
        close: () => database.close(),
      };
    },
  });
}

sourceConformance({
  name: 'sqlite',
  tellsNull: true,
  many: 5000,
  million: true,
  start: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-sqlite-'));
    const path = join(folder, 'people.db');
    return {
      fill: async (accounts) => {
        const database = new DatabaseSync(path);
        database.exec(`PRAGMA synchronous = OFF; DROP TABLE IF EXISTS people; ${TABLE}; BEGIN`);
        const insert = database.prepare('INSERT INTO people VALUES (?, ?, ?, ?)');
        for (const account of accounts) insert.run(...account);
        database.exec('COMMIT');
        database.close();
      },
      settings: () => sqliteSettings(path),
      close: () => rm(folder, { recursive: true }),
    };
  },
});

const sqliteSettings = (path: string, query = QUERY, more: Partial<SqlSettings> = {}): SqlSettings => ({
  ...{ kind: 'sql', database: { engine: 'sqlite', path }, query, parameters: {} },
  ...{ connectSeconds: 5, querySeconds: 5 },
  ...more,
});

const read = async (settings: SqlSettings, held = tools) => {
  const open = await (await sourceOf(settings, held)).open(new AbortController().signal);
  const rows: (readonly Cell[])[] = [];
  for await (const { cells } of open.rows()) rows.push(cells);
  return { columns: open.columns, rows };
};

const failure = (settings: SqlSettings, held = tools): Promise<SourceError> =>
  read(settings, held).then(
    () => expect.fail('it was read'),
    (error) => error,
  );

/** What each engine has of every kind of value, how it is written there, and the cell that is to come of it. */
const VALUES: Readonly<Record<Engine | 'sqlite', readonly (readonly [written: string, cell: Cell])[]>> = {
  postgresql: [
    ['NULL::text', null],
    ["''", ''],
    ['9223372036854775807::bigint', '9223372036854775807'],
    ['12345678901234567890.1234567890::numeric(40, 10)', '12345678901234567890.1234567890'],
    ['0.10::numeric(10, 2)', '0.10'],
    ['0.1::real', '0.1'],
    ['0.1::double precision', '0.1'],
    ['true', 'true'],
    ['false', 'false'],
    ["'2026-01-02'::date", '2026-01-02'],
    ["'2026-01-02 03:04:05.123456'::timestamp", '2026-01-02T03:04:05.123456'],
    ["'2026-01-02 03:04:05.5+02'::timestamptz", '2026-01-02T01:04:05.5Z'],
    ["'infinity'::timestamptz", 'infinity'],
    ["'\\xfffe00'::bytea", '//4A'],
    ['\'{"a": [1, 2.50]}\'::jsonb', '{"a": [1, 2.50]}'],
    ["'00112233-4455-6677-8899-aabbccddeeff'::uuid", '00112233-4455-6677-8899-aabbccddeeff'],
    ["'it''s; DELETE' || ' ☃'", "it's; DELETE ☃"],
  ],
  mariadb: [
    ['NULL', null],
    ["''", ''],
    ['CAST(18446744073709551615 AS UNSIGNED)', '18446744073709551615'],
    ['CAST(12345678901234567890.1234567890 AS DECIMAL(40, 10))', '12345678901234567890.1234567890'],
    ['CAST(0.10 AS DECIMAL(10, 2))', '0.10'],
    ['CAST(0.1 AS FLOAT)', '0.1'],
    ['CAST(0.1 AS DOUBLE)', '0.1'],
    ['true', '1'],
    ["DATE '2026-01-02'", '2026-01-02'],
    ["TIMESTAMP '2026-01-02 03:04:05.123456'", '2026-01-02T03:04:05.123456'],
    ['FROM_UNIXTIME(0)', '1970-01-01T00:00:00'],
    ["x'fffe00'", '//4A'],
    ["JSON_EXTRACT('{\"a\": [1, 2.50]}', '$')", '{"a": [1, 2.50]}'],
    ["'it\\'s; DELETE ☃'", "it's; DELETE ☃"],
  ],
  sqlite: [
    ['NULL', null],
    ["''", ''],
    ['9223372036854775807', '9223372036854775807'],
    ['0.1', '0.1'],
    ["x'fffe00'", '//4A'],
    ["'2026-01-02'", '2026-01-02'],
    ["'it''s; DELETE ☃'", "it's; DELETE ☃"],
  ],
};

const valuesQuery = (values: (typeof VALUES)['sqlite']): string =>
  `SELECT ${values.map(([written], at) => `${written} AS c${at}`).join(', ')}`;

for (const [engine, missing, start] of SERVERS) {
  describe.skipIf(missing !== undefined)(`a server of ${engine}${missing ? ` (${missing})` : ''}`, () => {
    let database: Database;
    const settings = (query?: string, more?: Parameters<typeof settingsOf>[3]) =>
      settingsOf(engine, database, query, more);
    const quoted = engine === 'mariadb' ? '`' : '"';

    beforeAll(async () => {
      database = await start();
      await database.run(TABLE, 'CREATE TABLE hidden (a integer)');
      await database.insert('people', [
        ['ana@contoso.com', 'Ana', '1', 'ADM'],
        ['ben@contoso.com', 'Ben', '2', 'USR'],
      ]);
      await database.run(
        ...(engine === 'postgresql'
          ? ["CREATE USER reader PASSWORD 'not a real secret'", 'GRANT SELECT ON people TO reader']
          : ["CREATE USER reader IDENTIFIED BY 'not a real secret'", 'GRANT SELECT ON people TO reader']),
      );
    });
    afterAll(() => database?.close());

    const reader = (query: string) =>
      settings(query, { server: { signIn: { kind: 'password', user: 'reader', password: { env: 'X' } } } });

    test('every kind of value comes as text without loss', async () => {
      const { rows } = await read(settings(valuesQuery(VALUES[engine])));
      expect(rows).toEqual([VALUES[engine].map(([, cell]) => cell)]);
    });

    test('parameters are named, plain or secret, and never a part of the query', async () => {
      const query = "SELECT email, :label AS label FROM people WHERE email = :email AND ':email' <> :email";
      const parameters = { email: { env: 'EMAIL' }, label: "x'; DROP TABLE people; --" };
      const held = {
        ...tools,
        readSecret: async (ref: object) =>
          'env' in ref && ref.env === 'EMAIL' ? 'ana@contoso.com' : 'not a real secret',
      };
      const { rows } = await read(settings(query, { parameters }), held);
      expect(rows).toEqual([['ana@contoso.com', "x'; DROP TABLE people; --"]]);
    });

    test('a secret that the server repeats is not shown', async () => {
      const query =
        engine === 'postgresql' ? 'SELECT cast(:key AS integer) AS a' : 'SELECT a FROM people WHERE :key = 1';
      const held = {
        ...tools,
        readSecret: async (ref: object) => ('file' in ref ? 'hunter2-of-the-trial' : 'not a real secret'),
      };
      const error = await failure(settings(query, { parameters: { key: { file: '/trial' } } }), held);
      expect(error.code).toBe(engine === 'postgresql' ? 'badValue' : 'unknownName');
      expect(inspect(error, { depth: 9 })).not.toMatch(/hunter2|not a real secret/);
    });

    test('what does more than read is refused unsent, and by the server as well', async () => {
      expect(await failure(settings('DELETE FROM people'))).toMatchObject({ code: 'notReadOnly' });
      expect((await failure(settings('SELECT 1 AS a; DELETE FROM people'))).message).toContain('line 1, column 16');
      if (engine === 'postgresql') {
        await database.run(
          'CREATE FUNCTION harm() RETURNS integer LANGUAGE sql AS $$ DELETE FROM people RETURNING 1 $$',
        );
        expect((await failure(settings('SELECT harm() AS harm'))).code).toBe('notReadOnly');
      } else {
        await database.run('CREATE FUNCTION harm() RETURNS integer BEGIN DELETE FROM people; RETURN 1; END');
        expect((await failure(settings('SELECT harm() AS harm'))).code).toBe('notReadOnly');
      }
      expect(Number(await database.ask('SELECT count(*) FROM people'))).toBe(2);
    });

    test('what is wrong is told in words, with a code and a remedy', async () => {
      const wrong: SourceTools = { ...tools, readSecret: async () => 'wrong' };
      expect((await failure(settings(), wrong)).code).toBe('badCredentials');
      expect((await failure(settings(QUERY, { server: { database: 'nowhere' } }))).code).toBe('unknownDatabase');
      expect((await failure(settings(QUERY, { server: { port: await freePort() } }))).code).toBe('unreachable');
      expect((await failure(settings(QUERY, { server: { host: 'server.invalid' } }))).code).toBe('unreachable');
      expect((await failure(reader('SELECT a FROM hidden'))).code).toBe('noPermission');
      expect((await failure(reader('SELECT a FROM hidden'))).message).toContain('hidden');
      expect((await failure(settings('SELECT lost FROM people'))).code).toBe('unknownName');
      expect((await failure(settings('SELECT a FROM lost'))).code).toBe('unknownName');
      const syntax = await failure(settings('SELECT email\nFROM people\nWHERE WHERE 1'));
      expect(syntax.code).toBe('badQuery');
      expect(syntax.message).toContain('line 3');
      expect((await failure(settings('SELECT 1 AS a, 2 AS a'))).code).toBe('repeatedColumn');
      expect((await failure(settings('SELECT :a AS a'))).code).toBe('unknownParameter');
      expect((await failure(settings('SELECT 1 AS a', { parameters: { b: 1 } }))).code).toBe('unusedParameter');
    });

    test('over TLS it is read, with the authority that signed the certificate and for its name alone', async () => {
      const secure = { tls: true, host: 'localhost', caFile: database.caFile };
      expect((await read(settings(QUERY, { server: secure }))).rows).toHaveLength(2);
      expect((await failure(settings(QUERY, { server: { ...secure, caFile: null } }))).code).toBe('notTrusted');
      expect((await failure(settings(QUERY, { server: { ...secure, host: '127.0.0.1' } }))).code).toBe('notTrusted');
      const lost = { ...secure, caFile: '/nowhere/ca.pem' };
      expect((await failure(settings(QUERY, { server: lost }))).code).toBe('badCertificate');
    });

    test('over a socket of this machine it is read, too', async () => {
      expect((await read(settings(QUERY, { server: { host: database.socket } }))).rows).toHaveLength(2);
    });

    if (engine === 'mariadb')
      test('a backslash in a text is read as the check reads it, whatever the server says', async () => {
        await database.run(
          "SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES,ERROR_FOR_DIVISION_BY_ZERO'",
        );
        const { rows } = await read(settings("SELECT 'it\\'s' AS a"));
        expect(rows).toEqual([["it's"]]);
      });

    const SLEEP = engine === 'postgresql' ? 'SELECT pg_sleep(60)::text AS slept' : 'SELECT sleep(60) AS slept';
    const asleep = async () =>
      Number(
        await database.ask(
          engine === 'postgresql'
            ? "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
            : "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'SELECT sleep%'",
        ),
      );
    const until = async (count: number) => {
      while ((await asleep()) !== count) await new Promise((done) => setTimeout(done, 20));
    };

    test('a query that takes too long is an error, and stopped on the server', async () => {
      expect((await failure(settings(SLEEP, { querySeconds: 0.5 }))).code).toBe('timedOut');
      await until(0);
    });

    test('cancelling stops the query on the server', async () => {
      const stop = new AbortController();
      const opening = (await sourceOf(settings(SLEEP), tools)).open(stop.signal);
      opening.catch(() => {});
      await until(1);
      stop.abort(new Error('stopped by a person'));
      await expect(opening).rejects.toThrow('stopped by a person');
      await until(0);
    });

    test('columns are named by the query', async () => {
      const { columns } = await read(settings(`SELECT email AS ${quoted}E-Mail${quoted}, role FROM people`));
      expect(columns).toEqual(['E-Mail', 'role']);
    });

    test('whoever does not read after all leaves no connection open', async () => {
      const open = await (await sourceOf(settings(), tools)).open(new AbortController().signal);
      await open.close?.();
      const connections =
        engine === 'postgresql'
          ? "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'rollcall'"
          : "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%AS `EMail`%' AND info NOT LIKE '%processlist%'";
      while (Number(await database.ask(connections)) !== 0) await new Promise((done) => setTimeout(done, 20));
      expect(Number(await database.ask(connections))).toBe(0);
    });
  });
}

test('SQLite: every kind of value comes as text without loss, parameters are named, and what is wrong is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-sqlite-'));
  const path = join(folder, 'people.db');
  try {
    const database = new DatabaseSync(path);
    database.exec(
      "CREATE TABLE people (email text); INSERT INTO people VALUES ('ana@contoso.com'), ('ben@contoso.com')",
    );
    database.close();
    const { rows } = await read(sqliteSettings(path, valuesQuery(VALUES.sqlite)));
    expect(rows).toEqual([VALUES.sqlite.map(([, cell]) => cell)]);
    const query = 'SELECT email FROM people WHERE email = :email';
    const found = await read(sqliteSettings(path, query, { parameters: { email: 'ben@contoso.com' } }));
    expect(found.rows).toEqual([['ben@contoso.com']]);
    expect((await failure(sqliteSettings(join(folder, 'lost.db')))).code).toBe('notFound');
    expect((await failure(sqliteSettings(path, 'SELECT lost FROM people'))).code).toBe('unknownName');
    expect((await failure(sqliteSettings(path, 'SELECT FROM people'))).code).toBe('badQuery');
    expect((await failure(sqliteSettings(path, 'UPDATE people SET email = 1'))).code).toBe('notReadOnly');
    expect((await failure(sqliteSettings(new URL(import.meta.url).pathname))).code).toBe('notADatabase');
  } finally {
    await rm(folder, { recursive: true });
  }
});
