// The seam to each engine's driver: connects, runs one query, hands out its rows in blocks, and can be stopped.
import type { Cell } from '../../model/account.ts';
import type { SqlSettings } from '../../model/source-settings.ts';
import type { SqlFailure } from './errors.ts';
import type { Statement, WriteParameter } from './statement.ts';

export type SqlValue = string | number | boolean;

/** For TLS: what is trusted, in PEM, where it is more than usual, and the name that the certificate must be made out to. */
export interface SqlTls {
  readonly minVersion: 'TLSv1.2';
  ca?: string[];
  servername?: string;
}

/** Everything that a driver needs; secrets are read. */
export interface SqlRequest<Database extends SqlSettings['database'] = SqlSettings['database']> {
  readonly database: Database;
  /** Empty where none is needed. */
  readonly password: string;
  /** Undefined where there is no TLS. */
  readonly tls: SqlTls | undefined;
  readonly statement: Statement;
  readonly values: ReadonlyMap<string, SqlValue>;
  readonly connectMs: number;
  readonly queryMs: number;
}

/** A column is known by its name alone. */
export type Row = readonly Cell[];

/** A connection with which one query is run, in a transaction that only reads where the engine has one. */
export interface SqlSession {
  /** Sends the query; answers the names of its columns. */
  start(): Promise<readonly string[]>;
  /** The next rows; none when all have passed. */
  next(): Promise<readonly Row[]>;
  /** Makes the server stop what it is doing. To be asked while `start` or `next` are under way. */
  cancel(): Promise<void>;
  /** Ends the connection, whatever goes on. Never fails. */
  close(): Promise<void>;
}

export interface SqlDriver<Database extends SqlSettings['database'] = SqlSettings['database']> {
  connect(request: SqlRequest<Database>): Promise<SqlSession>;
  /** How a parameter stands in the query for this engine. */
  readonly parameter: WriteParameter;
  /** In words what the driver's or the server's error says; undefined where it is not known. */
  explain(error: unknown): SqlFailure | undefined;
}

/** So many rows are asked for at once. */
export const ROWS_AT_ONCE = 1000;
