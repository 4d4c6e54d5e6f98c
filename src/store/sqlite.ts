// Kysely on Node's own SQLite: the adapter between the two, and nothing else.
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import type { Tables } from './tables.ts';

/** How long a writer waits for another process that writes. */
const BUSY_MS = 10_000;

/** Opens, or makes, the database file, for its owner alone. Several processes may have it open. */
export const openSqlite = (file: string): Kysely<Tables> => {
  makePrivate(file);
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on');
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapted(database) }) });
};

/** What SQLite writes beside a database has the database's permissions. Windows has its own, which are inherited. */
const makePrivate = (file: string): void => {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(folder, 0o700);
  chmodSync(file, 0o600);
};

const adapted = (database: DatabaseSync): SqliteDatabase => ({
  close: () => database.close(),
  prepare: (sql) => {
    const statement = database.prepare(sql);
    const bound = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => statement.all(...bound(parameters)),
      run: (parameters) => statement.run(...bound(parameters)),
      iterate: (parameters) => statement.iterate(...bound(parameters)),
    };
  },
});
