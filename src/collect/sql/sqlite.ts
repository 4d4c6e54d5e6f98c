// SQLite, by Node.js' own driver: a file of this machine, opened to be read.
import { statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Cell } from '../../model/account.ts';
import type { SqlSettings } from '../../model/source-settings.ts';
import { ROWS_AT_ONCE, type Row, type SqlDriver, type SqlRequest, type SqlSession } from './engine.ts';
import { type SqlFailure, said } from './errors.ts';

type SqliteFile = Extract<SqlSettings['database'], { engine: 'sqlite' }>;

export const sqlite: SqlDriver<SqliteFile> = {
  connect: async (request) => {
    const { path } = request.database;
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) throw new MissingFile('there is no such file');
    if (found.isDirectory()) throw new MissingFile('this is a folder, not a file');
    return new SqliteSession(new DatabaseSync(path, { readOnly: true, timeout: request.connectMs }), request);
  },
  parameter: (name) => `:${name}`,
  explain: (error) =>
    error instanceof MissingFile ? { code: 'notFound', message: error.message } : engineFailure(error),
};

class MissingFile extends Error {}

class SqliteSession implements SqlSession {
  readonly #database: DatabaseSync;
  readonly #request: SqlRequest<SqliteFile>;
  #rows: Iterator<unknown> | undefined;

  constructor(database: DatabaseSync, request: SqlRequest<SqliteFile>) {
    this.#database = database;
    this.#request = request;
  }

  async start(): Promise<readonly string[]> {
    const { statement, values } = this.#request;
    const query = this.#database.prepare(statement.written(sqlite.parameter));
    query.setReadBigInts(true);
    query.setReturnArrays(true);
    this.#rows = query.iterate(Object.fromEntries([...values].map(([name, value]) => [name, bound(value)])));
    return query.columns().map(({ name }) => name);
  }

  async next(): Promise<readonly Row[]> {
    const rows: Row[] = [];
    while (rows.length < ROWS_AT_ONCE) {
      const { value, done } = this.#rows!.next();
      if (done) break;
      rows.push((value as unknown[]).map(cellOf));
    }
    // Whoever wants to cancel gets a turn between two blocks: the engine works within this process.
    await new Promise(setImmediate);
    return rows;
  }

  /** There is no server: between two blocks of rows nothing is done. */
  async cancel(): Promise<void> {}

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}

const bound = (value: string | number | boolean): SQLInputValue => (typeof value === 'boolean' ? Number(value) : value);

const cellOf = (value: unknown): Cell => {
  if (value === null) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
};

/** https://www.sqlite.org/rescode.html */
const engineFailure = (error: unknown): SqlFailure | undefined => {
  const { errcode, message } = error as { readonly errcode?: number; readonly message?: string };
  if (errcode === undefined) return undefined;
  const words = said(message ?? '');
  switch (errcode & 0xff) {
    case 5:
    case 6:
      return {
        code: 'busy',
        message: `another program holds it: ${words}`,
        remedy: 'Close it there, or read a copy of the file; then run the same command again.',
      };
    case 8:
      return { code: 'notReadOnly', message: words };
    case 14:
    case 3:
    case 23:
      return {
        code: 'noPermission',
        message: words,
        remedy: 'Give the account that runs Rollcall the right to read the file and its folder.',
      };
    case 26:
    case 11:
      return { code: 'notADatabase', message: words };
  }
  if (/^no such (?:table|column|function)/.test(words)) return { code: 'unknownName', message: words };
  return errcode === 1 ? { code: 'badQuery', message: words } : { code: 'serverError', message: words };
};
