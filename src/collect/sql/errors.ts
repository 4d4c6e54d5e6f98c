// What can go wrong with a database, each with its code, in words, and with what to do about it.
import { SourceError } from '../../model/errors.ts';
import type { SqlSettings } from '../../model/source-settings.ts';
import { networkFailureOf } from '../network-failure.ts';
import type { StatementProblem } from './statement.ts';

const RIGHTS = 'Ask who runs the database for the right to read it; nothing but reading is needed.';

/** One sentence of remedy for each kind of defect; the codes are what scripts branch on. */
const REMEDIES = {
  notReadOnly:
    'Write one SELECT that only reads, under source.sql.query; a name that is such a word has to stand in quotes.',
  severalStatements: 'Write one SELECT, without anything after a semicolon, under source.sql.query.',
  unfinished: 'Close it; the query stands under source.sql.query.',
  emptyQuery: 'Write a SELECT under source.sql.query.',
  unknownParameter:
    'Give it a value under source.sql.parameters, or correct its name; a colon before a name makes a parameter.',
  unusedParameter: 'Write it with a colon in the query, or remove it from source.sql.parameters.',
  repeatedColumn: 'Give each column a name of its own: "SELECT a.id AS account_id, …".',
  missingHeader: 'Give the column a name: "SELECT count(*) AS logins, …".',
  emptyRoster: 'Correct the query; if the application really has no account, there is nothing to govern.',
  unreachable: 'Check host and port under source.sql, that the server runs, and that no firewall stands between.',
  noTls: 'Ask who runs the server for TLS; a server without it is reached by a tunnel that ends on this machine.',
  notTrusted:
    'Name the certificate of the authority that signed it as caFile, and use the host name that the certificate is made out to.',
  badCertificate: 'Correct caFile under source.sql; it names a file with certificates in PEM.',
  badCredentials: 'Correct user or password under source.sql.',
  signInRefused: 'Ask who runs the server to allow this account to sign in from this machine.',
  unknownDatabase: 'Correct the name of the database under source.sql.',
  notFound: 'Correct the path; in rollcall.yaml it stands under source.sql.sqlite.path.',
  notADatabase: 'Name a database of SQLite as source.sql.sqlite.path.',
  noPermission: RIGHTS,
  unknownName: 'Correct the name in source.sql.query; a table may need its schema before it.',
  badQuery: 'Correct source.sql.query.',
  badValue: 'Correct the value under source.sql.parameters, or the query.',
  inexact: 'Let the database write it as text: "CAST(column AS varchar(60)) AS column".',
  timedOut: 'Run the same command again; if the database is just slow, raise querySeconds under source.sql.',
  connectTimedOut: 'Check host and port under source.sql; if the server is just slow, raise connectSeconds there.',
  connectionLost: 'Run the same command again; if it happens again, ask who runs the database.',
  busy: 'Run the same command again later.',
  serverError: 'Ask who runs the database what it means.',
} as const;

export type SqlDefect = keyof typeof REMEDIES;

/** What an engine made of its driver's error: the code, what happened, and where in the query. */
export interface SqlFailure {
  readonly code: SqlDefect;
  readonly message: string;
  /** In place of the code's own. */
  readonly remedy?: string;
  /** The offset into the query as it was sent, from 1, in characters. */
  readonly offset?: number;
  /** Line of the query as it was sent, from 1, where no more is known. */
  readonly line?: number;
}

/** The database as errors and descriptions name it. */
export const databaseText = ({ database }: Pick<SqlSettings, 'database'>): string => {
  if (database.engine === 'sqlite') return database.path;
  const host = database.host.includes(':') ? `[${database.host}]` : database.host;
  return database.host.startsWith('/')
    ? `${database.engine}:${database.host}/${database.database}`
    : `${database.engine}://${host}:${database.port}/${database.database}`;
};

/** Makes the error for a defect; `at` is the place in the query or the column, `message` what happened, in words. */
export const sqlError = (
  code: SqlDefect,
  settings: Pick<SqlSettings, 'database'>,
  message: string,
  { at, cause, remedy }: { readonly at?: string; readonly cause?: unknown; readonly remedy?: string } = {},
): SourceError => {
  const name = databaseText(settings);
  const place =
    settings.database.engine === 'sqlite' && at === undefined
      ? { file: name }
      : { address: name, ...(at !== undefined && { at }) };
  return new SourceError(code, place, message, remedy ?? REMEDIES[code], cause === undefined ? undefined : { cause });
};

/** The error for a query that is refused before it is sent. */
export const statementError = (
  settings: Pick<SqlSettings, 'database'>,
  { code, message, line, column }: StatementProblem,
): SourceError => sqlError(code, settings, message, { at: `line ${line}, column ${column} of the query` });

/** In words what the network or TLS says; undefined where it is something else. */
export const networkFailure = (error: unknown): SqlFailure | undefined => {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== 'string') return undefined;
  const failure = networkFailureOf(code, message);
  if (failure) return failure;
  if (['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST'].includes(code)) {
    return { code: 'connectionLost', message: 'the connection was lost' };
  }
  return undefined;
};

const MOST_SAID = 300;

/** What a server said, on one line and not too long. */
export const said = (message: string): string => {
  const line = message.replace(/[\s\0]+/g, ' ').trim();
  return line.length > MOST_SAID ? `${line.slice(0, MOST_SAID)}…` : line;
};
