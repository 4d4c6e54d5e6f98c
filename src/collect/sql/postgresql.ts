// PostgreSQL, by its own driver: a cursor in a transaction that only reads, every value as the server writes it.
import { Socket } from 'node:net';
import pg from 'pg';
import Cursor from 'pg-cursor';
import type { Cell } from '../../model/account.ts';
import type { SqlServer } from '../../model/source-settings.ts';
import { ROWS_AT_ONCE, type Row, type SqlDriver, type SqlRequest, type SqlSession } from './engine.ts';
import { networkFailure, type SqlFailure, said } from './errors.ts';
import { isoTime } from './times.ts';

/** Numbers of types: https://www.postgresql.org/docs/current/catalog-pg-type.html */
const BOOLEAN = 16;
const BYTES = 17;
const TIMESTAMPS = [1114, 1184];

/** Values come as the server writes them, not as the driver would read them. */
const AS_WRITTEN = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig;

export const postgresql: SqlDriver<SqlServer> = {
  connect: async (request) => {
    const socket = new Socket();
    const client = clientOf(request, socket);
    try {
      await client.connect();
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new PostgresqlSession(client, socket, request);
  },
  parameter: (_, index) => `$${index + 1}`,
  explain: (error) => serverFailure(error) ?? networkFailure(error) ?? driverFailure(error),
};

const clientOf = (request: SqlRequest<SqlServer>, socket: Socket): pg.Client => {
  const client = new pg.Client({ ...configuration(request), stream: () => socket });
  // A connection that is lost while nothing is asked of it: whatever is asked next says so.
  client.on('error', () => {});
  return client;
};

export const configuration = ({ database, password, tls, connectMs }: SqlRequest<SqlServer>): pg.ClientConfig => ({
  host: database.host,
  port: database.port,
  database: database.database,
  // Nothing is taken from the environment or from files of the user's.
  ...(database.signIn.kind === 'password' && { user: database.signIn.user, password }),
  ssl: tls ?? false,
  connectionTimeoutMillis: connectMs,
  application_name: 'rollcall',
  keepAlive: true,
});

class PostgresqlSession implements SqlSession {
  readonly #client: pg.Client;
  readonly #socket: Socket;
  readonly #request: SqlRequest<SqlServer>;
  #cursor: Cursor<(string | null)[]> | undefined;
  /** The first rows came with the names of the columns. */
  #first: readonly Row[] | undefined;
  #readers: readonly ((text: string) => string)[] = [];

  constructor(client: pg.Client, socket: Socket, request: SqlRequest<SqlServer>) {
    this.#client = client;
    this.#socket = socket;
    this.#request = request;
  }

  async start(): Promise<readonly string[]> {
    const { statement, values, queryMs } = this.#request;
    await this.#client.query(
      [
        'BEGIN TRANSACTION READ ONLY',
        // The query is read and its values are written by these rules, whatever the server's own are.
        'SET LOCAL standard_conforming_strings = on',
        "SET LOCAL DateStyle = 'ISO'",
        "SET LOCAL IntervalStyle = 'iso_8601'",
        "SET LOCAL TimeZone = 'UTC'",
        "SET LOCAL bytea_output = 'hex'",
        `SET LOCAL statement_timeout = ${Math.ceil(queryMs)}`,
      ].join('; '),
    );
    const text = statement.written(postgresql.parameter);
    const parameters = statement.parameters.map((name) => values.get(name));
    this.#cursor = new Cursor<(string | null)[]>(text, parameters, { rowMode: 'array', types: AS_WRITTEN });
    this.#client.query(this.#cursor);
    const { rows, fields } = await this.#read();
    this.#readers = fields.map(({ dataTypeID }) => readerOf(dataTypeID));
    this.#first = this.#cellsOf(rows);
    return fields.map(({ name }) => name);
  }

  async next(): Promise<readonly Row[]> {
    const first = this.#first;
    this.#first = undefined;
    if (first) return first;
    return this.#cellsOf((await this.#read()).rows);
  }

  async cancel(): Promise<void> {
    const { processID } = this.#client as unknown as { processID: number | null };
    if (processID === null) return;
    // The protocol's own way to cancel needs no sign-in; this one needs no protocol of ours.
    const socket = new Socket();
    const other = clientOf(this.#request, socket);
    try {
      await other.connect();
      await other.query('SELECT pg_cancel_backend($1)', [processID]);
    } finally {
      socket.destroy();
    }
  }

  async close(): Promise<void> {
    this.#socket.destroy();
  }

  #read(): Promise<{ rows: (string | null)[][]; fields: readonly pg.FieldDef[] }> {
    return new Promise((resolve, reject) => {
      this.#cursor!.read(ROWS_AT_ONCE, (error, rows, result) => {
        if (error) reject(error);
        // The read after the last row comes without a result.
        else resolve({ rows, fields: (result as pg.QueryResult | undefined)?.fields ?? [] });
      });
    });
  }

  #cellsOf(rows: readonly (readonly (string | null)[])[]): readonly Row[] {
    return rows.map((row) => row.map((text, at): Cell => (text === null ? null : this.#readers[at]!(text))));
  }
}

const asWritten = (text: string): string => text;

const readerOf = (type: number): ((text: string) => string) => {
  if (type === BOOLEAN) return (text) => (text === 't' ? 'true' : 'false');
  if (type === BYTES) return (text) => Buffer.from(text.slice(2), 'hex').toString('base64');
  return TIMESTAMPS.includes(type) ? isoTime : asWritten;
};

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const serverFailure = (error: unknown): SqlFailure | undefined => {
  if (!(error instanceof pg.DatabaseError)) return undefined;
  const { code = '', message, position } = error;
  const offset = position === undefined ? {} : { offset: Number(position) };
  const words = said(message);
  switch (code) {
    case '28P01':
      return { code: 'badCredentials', message: words };
    case '28000':
      return { code: 'signInRefused', message: words };
    case '3D000':
      return { code: 'unknownDatabase', message: words };
    case '42501':
      return { code: 'noPermission', message: words };
    case '42P01':
    case '42703':
    case '42883':
    case '3F000':
      return { code: 'unknownName', message: words, ...offset };
    case '25006':
      return { code: 'notReadOnly', message: words };
    case '57014':
      return { code: 'timedOut', message: 'the query took longer than querySeconds allow' };
    case '57P01':
    case '57P02':
    case '57P03':
      return { code: 'connectionLost', message: words };
    case '53300':
      return { code: 'busy', message: words };
  }
  if (code.startsWith('22')) return { code: 'badValue', message: words, ...offset };
  if (code.startsWith('42')) return { code: 'badQuery', message: words, ...offset };
  return { code: 'serverError', message: `${words} (${code})` };
};

/** What the driver says without a code. */
const driverFailure = (error: unknown): SqlFailure | undefined => {
  const message = error instanceof Error ? error.message : '';
  if (/does not support SSL/i.test(message)) return { code: 'noTls', message: 'the server does not speak TLS' };
  if (/timeout expired|timed? ?out/i.test(message))
    return { code: 'connectTimedOut', message: 'the server does not answer' };
  if (/Connection terminated|not queryable/i.test(message)) {
    return { code: 'connectionLost', message: 'the connection was lost' };
  }
  return undefined;
};
