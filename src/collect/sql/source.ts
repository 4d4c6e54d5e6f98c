// Databases as a source: one query that reads, its rows streamed, every value as text without loss.
import { isIP } from 'node:net';
import { authoritiesWith } from '../../http/authorities.ts';
import type { Account } from '../../model/account.ts';
import type { SecretRef } from '../../model/settings.ts';
import type { Source, SourceTools } from '../../model/source.ts';
import type { SqlSettings } from '../../model/source-settings.ts';
import { whyUnusable } from '../certificate-file.ts';
import type { SqlDriver, SqlRequest, SqlSession, SqlValue } from './engine.ts';
import { databaseText, type SqlFailure, said, sqlError, statementError } from './errors.ts';
import { readStatement, type Statement } from './statement.ts';

/** So long a server may take to stop a query when it is asked to, before it is left alone. */
const CANCEL_MS = 5000;

/**
 * Reads accounts from a database, a row each.
 *
 * Shape:  the query's columns, by their names. Numbers, decimals and dates as the database writes them, exactly; times with
 *         a zone as ISO 8601; booleans as true and false; bytes in base64; NULL is no value. Blocks of rows are asked for as
 *         they are used, so memory does not grow with the roster.
 * Errors: {@link SourceError} whose `code` is one of {@link SqlDefect}. What does more than read is refused unsent.
 */
export const sqlSource = (settings: SqlSettings, tools: SourceTools): Source => ({
  kind: 'sql',
  open: async (signal) => {
    signal.throwIfAborted();
    const statement = checkedStatement(settings);
    let begun: Reading | undefined = await begin(settings, tools, statement, signal);
    const { columns } = begun;
    return {
      columns,
      description: `sql ${databaseText(settings)}`,
      rows: async function* () {
        // The query that gave the columns gives the rows, unless all are wanted twice.
        const reading = begun ?? (await begin(settings, tools, statement, signal));
        begun = undefined;
        yield* accounts(reading, settings);
      },
      close: async () => {
        await begun?.session.close();
        begun = undefined;
      },
    };
  },
});

const checkedStatement = (settings: SqlSettings): Statement => {
  const statement = readStatement(settings.query, settings.database.engine);
  if ('code' in statement) throw statementError(settings, statement);
  const given = Object.keys(settings.parameters);
  const missing = statement.parameters.find((name) => !given.includes(name));
  if (missing !== undefined) throw sqlError('unknownParameter', settings, `the parameter :${missing} has no value`);
  const unused = given.find((name) => !statement.parameters.includes(name));
  if (unused !== undefined) throw sqlError('unusedParameter', settings, `the query has no parameter :${unused}`);
  return statement;
};

/** A query under way. */
interface Reading {
  readonly session: SqlSession;
  readonly columns: readonly string[];
  /** Waits for the server, not longer than it may take, and in vain when somebody cancels. */
  readonly waitFor: <T>(asked: Promise<T>) => Promise<T>;
  readonly end: () => Promise<void>;
}

const begin = async (
  settings: SqlSettings,
  tools: SourceTools,
  statement: Statement,
  signal: AbortSignal,
): Promise<Reading> => {
  const { database, connectSeconds, querySeconds } = settings;
  const driver = await driverOf(database.engine);
  const secrets: string[] = [];
  const readSecret = async (ref: SecretRef): Promise<string> => {
    const secret = await tools.readSecret(ref);
    secrets.push(secret);
    return secret;
  };
  const request = await requestOf(settings, readSecret, statement);
  const explain = (error: unknown) => explained(settings, driver, statement, secrets, error);
  const session = await connected(driver, request, signal, explain, () =>
    sqlError('connectTimedOut', settings, `the server did not answer within ${connectSeconds} s`),
  );
  const waitFor = <T>(asked: Promise<T>): Promise<T> =>
    waitedFor(asked, signal, querySeconds * 1000, () =>
      sqlError('timedOut', settings, `the database gave no rows within ${querySeconds} s`),
    ).catch(async (error) => {
      const stopped = signal.aborted || error?.name === 'SourceError';
      if (stopped) await stop(session);
      await session.close();
      throw signal.aborted ? signal.reason : explain(error);
    });
  const columns = await waitFor(session.start());
  try {
    checkColumns(settings, columns);
  } catch (error) {
    await session.close();
    throw error;
  }
  return { session, columns, waitFor, end: () => session.close() };
};

async function* accounts({ session, waitFor, end }: Reading, settings: SqlSettings): AsyncGenerator<Account> {
  let n = 0;
  try {
    for (let rows = await waitFor(session.next()); rows.length > 0; rows = await waitFor(session.next())) {
      for (const cells of rows) {
        n += 1;
        yield { n, cells };
      }
    }
  } finally {
    await end();
  }
  if (n === 0) throw sqlError('emptyRoster', settings, 'the query gives no row');
}

const checkColumns = (settings: SqlSettings, columns: readonly string[]): void => {
  const seen = new Map<string, number>();
  for (const [index, name] of columns.entries()) {
    if (name.trim() === '' || name === '?column?') {
      throw sqlError('missingHeader', settings, `column ${index + 1} of the query has no name`);
    }
    const before = seen.get(name.toLowerCase());
    if (before !== undefined) {
      throw sqlError(
        'repeatedColumn',
        settings,
        `column ${index + 1} of the query is named "${name}" as column ${before + 1} is`,
      );
    }
    seen.set(name.toLowerCase(), index);
  }
};

/** Each driver is loaded when it is used. */
const driverOf = async (engine: SqlSettings['database']['engine']): Promise<SqlDriver> => {
  switch (engine) {
    case 'postgresql':
      return (await import('./postgresql.ts')).postgresql as SqlDriver;
    case 'mysql':
    case 'mariadb':
      return (await import('./mysql.ts')).mysql as SqlDriver;
    case 'sqlserver':
      return (await import('./sqlserver.ts')).sqlserver as SqlDriver;
    case 'oracle':
      return (await import('./oracle.ts')).oracle as SqlDriver;
    case 'sqlite':
      return (await import('./sqlite.ts')).sqlite as SqlDriver;
  }
};

const requestOf = async (settings: SqlSettings, readSecret: ReadSecret, statement: Statement): Promise<SqlRequest> => {
  const { database, parameters } = settings;
  const values = new Map<string, SqlValue>();
  for (const [name, value] of Object.entries(parameters))
    values.set(name, typeof value === 'object' ? await readSecret(value) : value);
  const signIn = database.engine === 'sqlite' ? undefined : database.signIn;
  return {
    database,
    password: signIn === undefined || signIn.kind === 'entra' ? '' : await readSecret(signIn.password),
    tls: await tlsOf(settings),
    statement,
    values,
    connectMs: settings.connectSeconds * 1000,
    queryMs: settings.querySeconds * 1000,
  };
};

type ReadSecret = SourceTools['readSecret'];

const tlsOf = async (settings: SqlSettings): Promise<SqlRequest['tls']> => {
  const { database } = settings;
  if (database.engine === 'sqlite' || !database.tls) return undefined;
  const { caFile, host } = database;
  const context = { minVersion: 'TLSv1.2', ca: await trusted(settings, caFile) } as const;
  // A name is asked for where the address is one; a number cannot be (RFC 6066).
  return { ...context, ...(isIP(host) === 0 && { servername: host }) };
};

const trusted = async (settings: SqlSettings, file: string | null): Promise<string[]> => {
  try {
    return await authoritiesWith(file);
  } catch (cause) {
    throw sqlError('badCertificate', settings, `${file}: ${whyUnusable(cause)}`, { cause });
  }
};

/** A connection that comes too late, or after somebody has cancelled, is closed by itself. */
const connected = async (
  driver: SqlDriver,
  request: SqlRequest,
  signal: AbortSignal,
  explain: (error: unknown) => unknown,
  tooLate: () => Error,
): Promise<SqlSession> => {
  const connecting = driver.connect(request);
  try {
    return await waitedFor(connecting, signal, request.connectMs, tooLate);
  } catch (error) {
    connecting.then(
      (session) => session.close(),
      () => {},
    );
    throw signal.aborted ? signal.reason : explain(error);
  }
};

const waitedFor = async <T>(asked: Promise<T>, signal: AbortSignal, ms: number, tooLate: () => Error): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const inVain = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate()), ms);
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([asked, inVain]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    // Whichever lost the race may still fail, and nobody waits for it.
    asked.catch(() => {});
  }
};

/** Stops the query on the server; one that cannot be stopped is left to the server's own limits. */
const stop = async (session: SqlSession): Promise<void> => {
  const gaveUp = new AbortController();
  await Promise.race([
    session.cancel().catch(() => {}),
    new Promise<void>((done) => {
      const timer = setTimeout(done, CANCEL_MS);
      gaveUp.signal.addEventListener('abort', () => clearTimeout(timer));
    }),
  ]);
  gaveUp.abort();
};

const explained = (
  settings: SqlSettings,
  driver: SqlDriver,
  statement: Statement,
  secrets: readonly string[],
  error: unknown,
): unknown => {
  if (error instanceof Error && error.name === 'SourceError') return error;
  const failure: SqlFailure = driver.explain(error) ?? { code: 'serverError', message: said(String(error)) };
  const at = placeInQuery(driver, statement, failure);
  // A server can repeat a value that it was given, and the driver's error keeps what it said: that is no cause to hand on.
  const message = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), failure.message);
  return sqlError(failure.code, settings, message, {
    ...(at !== undefined && { at }),
    ...(failure.remedy !== undefined && { remedy: failure.remedy }),
  });
};

/** Where in the query, as it stands in the configuration. */
const placeInQuery = (driver: SqlDriver, statement: Statement, failure: SqlFailure): string | undefined => {
  if (failure.line !== undefined) return `line ${failure.line} of the query`;
  if (failure.offset === undefined) return undefined;
  const { line, column } = statement.placeOf(failure.offset, driver.parameter);
  return `line ${line}, column ${column} of the query`;
};
