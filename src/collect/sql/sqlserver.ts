// Microsoft SQL Server and Azure SQL, by Microsoft's own driver: rows as they come, every value as text without loss.
import { Connection, type ConnectionConfiguration, Request, TYPES } from 'tedious';
import type { Cell } from '../../model/account.ts';
import type { SqlServer } from '../../model/source-settings.ts';
import { shortTime } from '../times.ts';
import { ROWS_AT_ONCE, type Row, type SqlDriver, type SqlRequest, type SqlSession, type SqlValue } from './engine.ts';
import { networkFailure, type SqlFailure, said } from './errors.ts';
import { shortFloat } from './floats.ts';

export const sqlserver: SqlDriver<SqlServer> = {
  connect: async (request) => {
    const connection = new Connection(configuration(request));
    // A connection that is lost while nothing is asked of it: whatever is asked next says so.
    connection.on('error', () => {});
    try {
      await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
    } catch (error) {
      connection.close();
      throw error;
    }
    return new SqlserverSession(connection, request);
  },
  parameter: (name) => `@${name}`,
  explain: (error) => valueFailure(error) ?? serverFailure(error) ?? networkFailure(innermost(error)),
};

export const configuration = (request: SqlRequest<SqlServer>): ConnectionConfiguration => {
  const { database, tls, connectMs } = request;
  return {
    server: database.host,
    authentication: authenticationOf(request),
    options: {
      port: database.port,
      database: database.database,
      encrypt: tls !== undefined,
      trustServerCertificate: false,
      ...(tls && { cryptoCredentialsDetails: tls }),
      appName: 'rollcall',
      // A replica that only reads will do.
      readOnlyIntent: true,
      connectTimeout: connectMs,
      // The time between two blocks of rows is watched elsewhere.
      requestTimeout: 0,
      useUTC: true,
    },
  };
};

const authenticationOf = ({ database: { signIn }, password }: SqlRequest<SqlServer>) => {
  switch (signIn.kind) {
    case 'entra':
      return {
        type: 'azure-active-directory-default' as const,
        options: signIn.clientId === null ? {} : { clientId: signIn.clientId },
      };
    case 'ntlm':
      return { type: 'ntlm' as const, options: { domain: signIn.domain, userName: signIn.user, password } };
    case 'password':
      return { type: 'default' as const, options: { userName: signIn.user, password } };
  }
};

class SqlserverSession implements SqlSession {
  readonly #connection: Connection;
  readonly #request: SqlRequest<SqlServer>;
  #query: Request | undefined;
  #rows: Row[] = [];
  #ended = false;
  #failure: unknown;
  /** Tells whoever waits that there is something new. */
  #wake = () => {};

  constructor(connection: Connection, request: SqlRequest<SqlServer>) {
    this.#connection = connection;
    this.#request = request;
  }

  async start(): Promise<readonly string[]> {
    const { statement, values } = this.#request;
    const query = new Request(statement.written(sqlserver.parameter), (error) => {
      this.#failure ??= error ?? undefined;
      this.#ended = true;
      this.#wake();
    });
    for (const [name, value] of values) query.addParameter(name, ...typed(value));
    let columns: readonly string[] | undefined;
    query.on('columnMetadata', (metadata) => {
      if (columns) this.#failure ??= new SecondResult('the query gives a second result');
      columns ??= Object.values(metadata).map(({ colName }) => colName);
      this.#wake();
    });
    query.on('row', (row: readonly TediousCell[]) => this.#take(row));
    this.#query = query;
    this.#connection.execSql(query);
    while (!columns && !this.#ended) await this.#news();
    if (this.#failure !== undefined) throw this.#failure;
    return columns ?? [];
  }

  async next(): Promise<readonly Row[]> {
    this.#query!.resume();
    while (this.#rows.length < ROWS_AT_ONCE && !this.#ended) await this.#news();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#rows.splice(0);
  }

  async cancel(): Promise<void> {
    this.#connection.cancel();
    while (!this.#ended) await this.#news();
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #take(row: readonly TediousCell[]): void {
    try {
      this.#rows.push(row.map(cellOf));
    } catch (error) {
      this.#failure ??= error;
    }
    if (this.#rows.length < ROWS_AT_ONCE) return;
    this.#query!.pause();
    this.#wake();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

const typed = (value: SqlValue): [(typeof TYPES)[keyof typeof TYPES], SqlValue] => {
  if (typeof value === 'boolean') return [TYPES.Bit, value];
  if (typeof value === 'string') return [TYPES.NVarChar, value];
  return [Number.isSafeInteger(value) ? TYPES.BigInt : TYPES.Float, value];
};

export interface TediousCell {
  readonly value: unknown;
  readonly metadata: {
    readonly colName: string;
    readonly type: { readonly name: string };
    readonly precision?: number | undefined;
    readonly scale?: number | undefined;
    readonly dataLength?: number | undefined;
  };
}

/** A value that the driver has rounded. */
class Inexact extends Error {}
class SecondResult extends Error {}

/** A number of 64 bits holds as many decimal digits exactly. */
const EXACT_DIGITS = 15;

/** A value of the driver's as text. Throws where the driver has no exact value. */
export const cellOf = ({ value, metadata }: TediousCell): Cell => {
  if (value === null || value === undefined) return null;
  const { colName, precision = 0, scale = 0, dataLength, type } = metadata;
  switch (type.name) {
    case 'Decimal':
    case 'DecimalN':
    case 'Numeric':
    case 'NumericN':
      if (precision > EXACT_DIGITS) {
        throw new Inexact(`column "${colName}" is decimal(${precision}, ${scale}), which the driver rounds`);
      }
      return (value as number).toFixed(scale);
    case 'Money':
    case 'SmallMoney':
    case 'MoneyN':
      if (!Number.isSafeInteger(Math.round((value as number) * 10_000))) {
        throw new Inexact(`column "${colName}" is money, of which the driver rounds a large sum`);
      }
      return (value as number).toFixed(4);
    case 'Real':
      return shortFloat(value as number);
    case 'FloatN':
      return dataLength === 4 ? shortFloat(value as number) : String(value);
    case 'Date':
      return (value as Date).toISOString().slice(0, 10);
    case 'Time':
      return finest(value as FineDate, scale).slice(11);
    case 'DateTime2':
      return finest(value as FineDate, scale);
    case 'DateTimeOffset':
      return `${finest(value as FineDate, scale)}Z`;
  }
  if (value instanceof Date) return shortTime(value.toISOString().slice(0, -1));
  return Buffer.isBuffer(value) ? value.toString('base64') : String(value);
};

/** A time of the driver's: what a Date cannot hold stands beside it, in seconds. */
type FineDate = Date & { readonly nanosecondsDelta?: number };

/** `2026-01-02T03:04:05.1234567`, with no more digits than the column has. */
const finest = (date: FineDate, scale: number): string => {
  const tenths = Math.round((date.nanosecondsDelta ?? 0) * 1e7)
    .toString()
    .padStart(4, '0');
  const whole = `${date.toISOString().slice(0, -1)}${tenths}`;
  return shortTime(scale === 0 ? whole.slice(0, 19) : whole.slice(0, 20 + scale));
};

const valueFailure = (error: unknown): SqlFailure | undefined => {
  if (error instanceof Inexact) return { code: 'inexact', message: error.message };
  return error instanceof SecondResult ? { code: 'severalStatements', message: error.message } : undefined;
};

/** Numbers of errors: https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors */
const serverFailure = (error: unknown): SqlFailure | undefined => {
  const { number, code, message, lineNumber } = innermost(error) as {
    readonly number?: number;
    readonly code?: string;
    readonly message?: string;
    readonly lineNumber?: number;
  };
  const words = said(message ?? '');
  const line = lineNumber === undefined ? {} : { line: lineNumber };
  switch (number) {
    case 18456:
    case 18452:
      return { code: 'badCredentials', message: words };
    case 18470:
    case 18486:
    case 18487:
    case 18488:
      return { code: 'signInRefused', message: words };
    case 4060:
    case 911:
      return { code: 'unknownDatabase', message: words };
    case 229:
    case 230:
    case 916:
      return { code: 'noPermission', message: words };
    case 207:
    case 208:
    case 4121:
    case 195:
      return { code: 'unknownName', message: words, ...line };
    case 102:
    case 105:
    case 156:
      return { code: 'badQuery', message: words, ...line };
    case 245:
    case 8114:
    case 241:
      return { code: 'badValue', message: words, ...line };
  }
  if (number !== undefined) return { code: 'serverError', message: `${words} (${number})` };
  if (code === 'ELOGIN') return { code: 'badCredentials', message: words };
  if (code === 'ETIMEOUT') return { code: 'connectTimedOut', message: 'the server does not answer' };
  if (code === 'ESOCKET' && /encrypt/i.test(words)) return { code: 'noTls', message: words };
  return code === 'ECLOSE' ? { code: 'connectionLost', message: 'the connection was lost' } : undefined;
};

/** The driver wraps what happened. */
const innermost = (error: unknown): object => {
  const { cause, errors } = (error ?? {}) as { readonly cause?: unknown; readonly errors?: readonly unknown[] };
  if (cause instanceof Error) return innermost(cause);
  return errors?.[0] instanceof Error ? innermost(errors[0]) : (error as object);
};
