// Oracle Database, by its own driver without any client of Oracle's: a cursor in a transaction that only reads.
import oracledb from 'oracledb';
import type { Cell } from '../../model/account.ts';
import type { SqlServer } from '../../model/source-settings.ts';
import { certificateFailure } from '../network-failure.ts';
import { shortTime } from '../times.ts';
import { ROWS_AT_ONCE, type Row, type SqlDriver, type SqlRequest, type SqlSession } from './engine.ts';
import { networkFailure, type SqlFailure, said } from './errors.ts';

export const oracle: SqlDriver<SqlServer> = {
  connect: async (request) => {
    const ca = request.tls?.ca;
    const wallet = ca === undefined ? undefined : await (await import('./oracle-wallet.ts')).walletWith(ca);
    const connection = await oracledb.getConnection(configuration(request, wallet));
    connection.callTimeout = request.queryMs;
    return new OracleSession(connection, request);
  },
  parameter: (name) => `:${name}`,
  explain: (error) => serverFailure(error) ?? networkFailure((error as Error | undefined)?.cause ?? error),
};

/** `wallet`: whom to trust, in PEM; undefined: whom Node.js trusts. */
export const configuration = (
  { database, password, tls, connectMs }: SqlRequest<SqlServer>,
  wallet: string | undefined,
) => {
  const seconds = Math.max(1, Math.ceil(connectMs / 1000));
  const host = database.host.includes(':') ? `[${database.host}]` : database.host;
  return {
    ...(database.signIn.kind === 'password' && { user: database.signIn.user, password }),
    connectString: `${tls ? 'tcps' : 'tcp'}://${host}:${database.port}/${database.database}`,
    connectTimeout: seconds,
    transportConnectTimeout: seconds,
    sslServerDNMatch: true,
    ...(wallet !== undefined && { walletContent: wallet }),
  };
};

class OracleSession implements SqlSession {
  readonly #connection: oracledb.Connection;
  readonly #request: SqlRequest<SqlServer>;
  #cursor: oracledb.ResultSet<unknown[]> | undefined;

  constructor(connection: oracledb.Connection, request: SqlRequest<SqlServer>) {
    this.#connection = connection;
    this.#request = request;
  }

  async start(): Promise<readonly string[]> {
    const { statement, values } = this.#request;
    await this.#connection.execute('SET TRANSACTION READ ONLY');
    const bound = Object.fromEntries(
      [...values].map(([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value]),
    );
    const { resultSet } = await this.#connection.execute<unknown[]>(statement.written(oracle.parameter), bound, {
      resultSet: true,
      outFormat: oracledb.OUT_FORMAT_ARRAY,
      fetchArraySize: ROWS_AT_ONCE,
      fetchTypeHandler: fetched,
    });
    this.#cursor = resultSet!;
    return this.#cursor.metaData.map(({ name }) => name);
  }

  async next(): Promise<readonly Row[]> {
    const rows = await this.#cursor!.getRows(ROWS_AT_ONCE);
    return rows.map((row) => row.map(cellOf));
  }

  cancel(): Promise<void> {
    return this.#connection.break();
  }

  async close(): Promise<void> {
    await this.#connection.close({ drop: true }).catch(() => {});
  }
}

/** How a column is to be fetched, so that nothing is rounded and nothing is left to be fetched later. */
export const fetched = ({ dbType }: { readonly dbType?: unknown }): oracledb.FetchTypeResponse | undefined => {
  switch (dbType) {
    case oracledb.DB_TYPE_NUMBER:
    case oracledb.DB_TYPE_CLOB:
    case oracledb.DB_TYPE_NCLOB:
    case oracledb.DB_TYPE_LONG:
      return { type: oracledb.STRING };
    case oracledb.DB_TYPE_BLOB:
    case oracledb.DB_TYPE_LONG_RAW:
      return { type: oracledb.BUFFER };
    case oracledb.DB_TYPE_TIMESTAMP_TZ:
    case oracledb.DB_TYPE_TIMESTAMP_LTZ:
      return { converter: (date: unknown) => (date instanceof Date ? shortTime(date.toISOString()) : null) };
    case oracledb.DB_TYPE_DATE:
    case oracledb.DB_TYPE_TIMESTAMP:
      return { converter: (date: unknown) => (date instanceof Date ? shortTime(withoutZone(date)) : null) };
    case oracledb.DB_TYPE_JSON:
      return { converter: (value: unknown) => (value === null ? null : JSON.stringify(value)) };
    default:
      return undefined;
  }
};

/** The driver takes a time without a zone for one of this machine's zone; here the zone is left out again. */
const withoutZone = (date: Date): string => {
  const two = (part: number) => String(part).padStart(2, '0');
  const day = [String(date.getFullYear()).padStart(4, '0'), two(date.getMonth() + 1), two(date.getDate())].join('-');
  const time = [two(date.getHours()), two(date.getMinutes()), two(date.getSeconds())].join(':');
  const ms = date.getMilliseconds();
  return `${day}T${time}${ms === 0 ? '' : `.${String(ms).padStart(3, '0')}`}`;
};

export const cellOf = (value: unknown): Cell => {
  if (value === null || value === undefined) return null;
  return Buffer.isBuffer(value) ? value.toString('base64') : String(value);
};

/** The driver puts what TLS says behind words of its own. */
const tlsFailure = (message: string): SqlFailure => {
  const certificate = certificateFailure(/NJS-50[78]/.test(message) ? 'altname' : message);
  return certificate ? { code: 'notTrusted', ...certificate } : { code: 'noTls', message: said(message) };
};

/** https://docs.oracle.com/error-help/db/ and, of the driver's own, its errors NJS. */
const serverFailure = (error: unknown): SqlFailure | undefined => {
  const { message = '', offset } = (error ?? {}) as { readonly message?: string; readonly offset?: number };
  const [, code] = /\b((?:ORA|NJS|DPI)-\d+)\b/.exec(message) ?? [];
  const words = said(message.replace(/ ?\(CONNECTION_ID=[^)]*\)/, ''));
  const at = offset === undefined ? {} : { offset: offset + 1 };
  switch (code) {
    case undefined:
      return undefined;
    case 'ORA-01017':
      return { code: 'badCredentials', message: words };
    case 'ORA-28000':
    case 'ORA-28001':
    case 'ORA-01045':
      return { code: 'signInRefused', message: words };
    case 'ORA-12514':
    case 'ORA-12505':
    case 'NJS-518':
    case 'NJS-517':
      return { code: 'unknownDatabase', message: words };
    case 'ORA-01031':
    case 'ORA-41900':
      return { code: 'noPermission', message: words };
    case 'ORA-00942':
    case 'ORA-00904':
      return { code: 'unknownName', message: words, ...at };
    case 'ORA-01456':
      return { code: 'notReadOnly', message: words };
    case 'ORA-01722':
    case 'ORA-01858':
    case 'ORA-01861':
      return { code: 'badValue', message: words, ...at };
    case 'NJS-503':
      return { code: 'unreachable', message: /ECONNREFUSED/.test(words) ? 'nothing listens there' : words };
    case 'NJS-530':
      return { code: 'unreachable', message: 'there is no server of this name' };
    case 'NJS-501':
    case 'NJS-510':
    case 'NJS-511':
    case 'NJS-515':
      return { code: 'unreachable', message: words };
    case 'NJS-505':
      return { code: 'badCertificate', message: words };
    case 'NJS-506':
      return tlsFailure(message);
    case 'NJS-500':
    case 'NJS-003':
    case 'ORA-03113':
      return { code: 'connectionLost', message: words };
    case 'NJS-123':
    case 'DPI-1067':
      return { code: 'timedOut', message: words };
  }
  if (/^ORA-009\d\d$/.test(code)) return { code: 'badQuery', message: words, ...at };
  return { code: 'serverError', message: words };
};
