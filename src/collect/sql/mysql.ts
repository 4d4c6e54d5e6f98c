// MySQL and MariaDB, by one driver: a prepared query in a transaction that only reads, its rows as the server sends them.
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import mysql2, { type Connection, type FieldPacket } from 'mysql2';
import type { Cell } from '../../model/account.ts';
import type { SqlServer } from '../../model/source-settings.ts';
import { certificateFailure } from '../network-failure.ts';
import { ROWS_AT_ONCE, type Row, type SqlDriver, type SqlRequest, type SqlSession } from './engine.ts';
import { networkFailure, type SqlFailure, said } from './errors.ts';
import { shortFloat } from './floats.ts';
import { isoTime } from './times.ts';

/** Node.js sees no names in this module but its default. */
const { createConnection, Types } = mysql2;

export const mysql: SqlDriver<SqlServer> = {
  connect: async (request) => {
    const connection = await connected(request);
    return new MysqlSession(connection, request);
  },
  parameter: () => '?',
  explain: (error) =>
    error instanceof UnverifiableHost
      ? { code: 'notTrusted', message: error.message, remedy: 'Write the host by the name of its certificate.' }
      : (serverFailure(error) ?? networkFailure(error)),
};

export const configuration = ({ database, password, tls, connectMs }: SqlRequest<SqlServer>) => ({
  ...(database.host.startsWith('/') ? { socketPath: database.host } : { host: database.host, port: database.port }),
  database: database.database,
  ...(database.signIn.kind === 'password' && { user: database.signIn.user, password }),
  ...(tls && { ssl: { ...tls, rejectUnauthorized: true, verifyIdentity: true } }),
  connectTimeout: connectMs,
  charset: 'utf8mb4',
  timezone: 'Z',
  // What is exact stays exact: as the server writes it.
  supportBigNumbers: true,
  bigNumberStrings: true,
  dateStrings: true,
  jsonStrings: true,
  rowsAsArray: true,
  // The driver would otherwise compile a program for each query.
  disableEval: true,
  // The server could otherwise ask for files of this machine.
  flags: ['-LOCAL_FILES'],
});

/** The driver holds a certificate against "localhost" where the host is a number: any such certificate would do. */
class UnverifiableHost extends Error {}

const connected = async (request: SqlRequest<SqlServer>): Promise<Connection> => {
  if (request.tls && isIP(request.database.host) !== 0) {
    throw new UnverifiableHost("a certificate is verified by a host's name, and the host is a number");
  }
  const connection = createConnection(configuration(request));
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return connection;
};

class MysqlSession implements SqlSession {
  readonly #connection: Connection;
  readonly #request: SqlRequest<SqlServer>;
  #failure: Error | undefined;
  #stream: Readable | undefined;
  #rows: AsyncIterator<unknown[]> | undefined;
  #readers: readonly ((value: unknown) => string)[] = [];

  constructor(connection: Connection, request: SqlRequest<SqlServer>) {
    this.#connection = connection;
    this.#request = request;
    // Whoever reads a stream of rows is not told by the driver that the connection was lost.
    connection.on('error', (error) => this.#fail(error));
  }

  async start(): Promise<readonly string[]> {
    const { statement, values } = this.#request;
    await this.#do("SET SESSION time_zone = '+00:00'");
    // A backslash in a text is read as the check of the query has read it, whatever the server's own rule is.
    await this.#do("SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')");
    await this.#do('START TRANSACTION READ ONLY');
    const text = statement.written(mysql.parameter);
    const query = this.#connection.execute({ sql: text, rowsAsArray: true }, [
      ...statement.parameters.map((name) => values.get(name)!),
    ]);
    const stream = query.stream({ highWaterMark: ROWS_AT_ONCE });
    this.#stream = stream;
    this.#rows = stream[Symbol.asyncIterator]() as AsyncIterator<unknown[]>;
    // Told by whoever reads; until then nobody listens.
    stream.on('error', () => {});
    query.on('error', (error: Error) => this.#fail(error));
    const columns = await new Promise<FieldPacket[]>((resolve, reject) => {
      query.once('fields', resolve);
      stream.once('error', reject);
    });
    this.#readers = columns.map(readerOf);
    return columns.map(({ name }) => name);
  }

  async next(): Promise<readonly Row[]> {
    const rows: Row[] = [];
    while (rows.length < ROWS_AT_ONCE) {
      if (this.#failure) throw this.#failure;
      const { value, done } = await this.#rows!.next();
      if (done) break;
      rows.push(value.map((cell, at): Cell => (cell === null ? null : this.#readers[at]!(cell))));
    }
    return rows;
  }

  async cancel(): Promise<void> {
    const other = await connected(this.#request);
    other.on('error', () => {});
    try {
      await done(other, `KILL QUERY ${Number(this.#connection.threadId)}`);
    } finally {
      other.destroy();
    }
  }

  async close(): Promise<void> {
    this.#connection.destroy();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#stream?.destroy(error);
  }

  #do(statement: string): Promise<void> {
    return done(this.#connection, statement);
  }
}

const done = (connection: Connection, statement: string): Promise<void> =>
  new Promise((resolve, reject) => {
    connection.query(statement, (error) => (error ? reject(error) : resolve()));
  });

const readerOf = (field: FieldPacket): ((value: unknown) => string) => {
  switch (field.columnType ?? field.type) {
    case Types.TIMESTAMP:
      // It is kept in UTC and was asked for in UTC.
      return (value) => (String(value).startsWith('0000') ? String(value) : isoTime(`${value}Z`));
    case Types.DATETIME:
      return (value) => isoTime(String(value));
    case Types.FLOAT:
      return (value) => shortFloat(Number(value));
    case Types.BIT:
      return (value) => BigInt(`0x${(value as Buffer).toString('hex')}`).toString();
    default:
      return text;
  }
};

const text = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString('base64') : String(value));

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const serverFailure = (error: unknown): SqlFailure | undefined => {
  const {
    code = '',
    errno,
    message = '',
    sqlMessage,
  } = (error ?? {}) as {
    readonly message?: string;
    readonly code?: string;
    readonly errno?: number;
    readonly sqlMessage?: string;
  };
  const words = said(sqlMessage ?? '');
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
      return { code: 'badCredentials', message: words };
    case 'ER_HOST_NOT_PRIVILEGED':
    case 'ER_HOST_IS_BLOCKED':
    case 'ER_NOT_SUPPORTED_AUTH_MODE':
    case 'ER_ACCOUNT_HAS_BEEN_LOCKED':
    case 'ER_MUST_CHANGE_PASSWORD':
    case 'AUTH_SWITCH_PLUGIN_ERROR':
      return { code: 'signInRefused', message: words || 'the server wants a way to sign in that is not known here' };
    case 'ER_BAD_DB_ERROR':
      return { code: 'unknownDatabase', message: words };
    // Who has no right is not told whether it is there.
    case 'ER_DBACCESS_DENIED_ERROR':
      return {
        code: 'noPermission',
        message: words,
        remedy: 'Correct the name of the database, or ask who runs it for the right to read there.',
      };
    case 'ER_TABLEACCESS_DENIED_ERROR':
      return {
        code: 'noPermission',
        message: words,
        remedy: 'Correct the name in source.sql.query, or ask who runs the database for the right to read there.',
      };
    case 'ER_COLUMNACCESS_DENIED_ERROR':
    case 'ER_SPECIFIC_ACCESS_DENIED_ERROR':
      return { code: 'noPermission', message: words };
    case 'ER_NO_SUCH_TABLE':
    case 'ER_BAD_FIELD_ERROR':
    case 'ER_SP_DOES_NOT_EXIST':
      return { code: 'unknownName', message: words };
    case 'ER_PARSE_ERROR': {
      const line = /at line (\d+)/.exec(words)?.[1];
      return { code: 'badQuery', message: words, ...(line !== undefined && { line: Number(line) }) };
    }
    case 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION':
      return { code: 'notReadOnly', message: words };
    case 'ER_CON_COUNT_ERROR':
    case 'ER_TOO_MANY_USER_CONNECTIONS':
      return { code: 'busy', message: words };
    case 'ER_QUERY_INTERRUPTED':
    case 'ER_QUERY_TIMEOUT':
    case 'ER_STATEMENT_TIMEOUT':
      return { code: 'timedOut', message: words };
    case 'ER_SERVER_SHUTDOWN':
      return { code: 'connectionLost', message: words };
    case 'HANDSHAKE_SSL_ERROR':
      return tlsFailure(message);
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return { code: 'noTls', message: 'the server does not speak TLS' };
  }
  return sqlMessage === undefined ? undefined : { code: 'serverError', message: `${words} (${code || errno})` };
};

/** The driver puts one code in the place of all those of TLS. */
const tlsFailure = (message: string): SqlFailure => {
  const failure = certificateFailure(message);
  return failure
    ? { code: 'notTrusted', ...failure }
    : { code: 'noTls', message: `no TLS could be agreed on with the server: ${said(message)}` };
};
