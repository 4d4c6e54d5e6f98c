// The directory's data in SQLite, indexed by every attribute that a query may use.
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { REVIEW_TABLES } from './reviews/tables.ts';
import { hasWords } from './search.ts';
import { columnOf, INDEXED_TEXTS } from './user-attributes.ts';

/** A database with its statements prepared once. */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    // Reads go by the mapped file, so the cache need only hold what is being written.
    // A lost write costs a trial directory, not a company's: speed is worth more here than surviving a power cut.
    this.#database.exec(
      'pragma journal_mode = wal; pragma synchronous = off; pragma busy_timeout = 10000; pragma cache_size = -8192; pragma mmap_size = 4294967296',
    );
    this.#database.function('has_words', { deterministic: true }, (text, wanted) =>
      Number(typeof text === 'string' && hasWords(text, String(wanted))),
    );
    this.#makeTables(file);
  }

  #makeTables(file: string): void {
    const [version, tables] = ['pragma user_version', 'select count(*) from sqlite_schema'].map(
      (sql) => Object.values(this.#database.prepare(sql).get()!)[0],
    );
    if (version === SCHEMA_VERSION) return;
    if (tables !== 0) {
      this.#database.close();
      throw new Error(`${file} was not made by this version of the local tenant; take another file, or delete it`);
    }
    this.transaction(() => {
      this.#database.exec(TABLES);
      this.#database.exec(`pragma user_version = ${SCHEMA_VERSION}`);
    });
  }

  #prepared(sql: string, asLists = false): StatementSync {
    const key = asLists ? `lists: ${sql}` : sql;
    let statement = this.#statements.get(key);
    if (!statement) {
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(asLists);
      // Filters can take any shape; a directory that is asked a million different questions must not grow.
      if (this.#statements.size > 2000) this.#statements.clear();
      this.#statements.set(key, statement);
    }
    return statement;
  }

  all<T>(sql: string, ...values: readonly SQLInputValue[]): T[] {
    return this.#prepared(sql).all(...values) as T[];
  }

  /** Rows as lists of their columns, which is the quickest way to get many. */
  lists(sql: string, ...values: readonly SQLInputValue[]): SQLOutputValue[][] {
    return this.#prepared(sql, true).all(...values) as unknown as SQLOutputValue[][];
  }

  /** Rows one by one. The statement is this walk's own. */
  iterate<T>(sql: string, ...values: readonly SQLInputValue[]): Iterable<T> {
    return this.#database.prepare(sql).iterate(...values) as Iterable<T>;
  }

  one<T>(sql: string, ...values: readonly SQLInputValue[]): T | undefined {
    return this.#prepared(sql).get(...values) as T | undefined;
  }

  run(sql: string, ...values: readonly SQLInputValue[]): { changes: number; rowid: number } {
    const { changes, lastInsertRowid } = this.#prepared(sql).run(...values);
    return { changes: Number(changes), rowid: Number(lastInsertRowid) };
  }

  /** All or nothing; one inside another is part of it. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    // At once, so that no other process comes in between what is read and what is written.
    this.#database.exec('begin immediate');
    this.#depth += 1;
    try {
      const result = work();
      this.#database.exec('commit');
      return result;
    } catch (error) {
      this.#database.exec('rollback');
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  /** Indexes are made after the first users are in: sorting once is quicker than a million insertions. */
  indexUsers(): void {
    for (const attribute of INDEXED_TEXTS) {
      const column = columnOf(attribute);
      const kind = attribute === 'userPrincipalName' ? 'unique index' : 'index';
      this.#database.exec(
        `create ${kind} if not exists users_by_${column} on users (${column}) where ${column} is not null`,
      );
    }
    this.#database.exec('create index if not exists user_lists_by_value on user_lists (attribute, value, user)');
    this.#database.exec('create index if not exists user_lists_by_user on user_lists (user)');
  }

  /** Tells the planner which attributes say much and which say little. Worth it after many users came in at once. */
  analyse(): void {
    this.#database.exec('pragma analysis_limit = 1000; analyze');
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** To be raised with every change of the tables. */
const SCHEMA_VERSION = 9;

const TABLES = `
create table facts (name text primary key, value text not null) without rowid;
create table users (
  n integer primary key, id text not null unique, body text not null, principal_name text, display_name text,
  account_enabled integer, sync_enabled integer, created text,
  ${INDEXED_TEXTS.map((attribute) => `${columnOf(attribute)} text`).join(', ')}
);
create table user_lists (attribute text not null, value text not null, user integer not null);
create table extensions (name text primary key) without rowid;
create table objects (
  n integer primary key, id text not null unique, kind text not null, body text not null, app_id text, unique_name text
);
create index objects_by_kind on objects (kind, n);
create index objects_by_app on objects (kind, app_id) where app_id is not null;
create index objects_by_name on objects (kind, unique_name) where unique_name is not null;
create table deleted (n integer primary key, id text not null unique, kind text not null, at integer not null, body text not null);
create index deleted_by_time on deleted (at);
create index deleted_by_kind on deleted (kind, n);
create table assignments (
  n integer primary key, id text not null unique, principal text not null, principal_type text not null,
  resource text not null, role text not null, created text not null, gone integer not null default 0
);
create unique index assignments_by_key on assignments (principal, resource, role);
create index assignments_by_resource on assignments (resource, n);
create table links (
  n integer primary key, relation text not null, source text not null, target text not null,
  gone integer not null default 0
);
create unique index links_by_key on links (source, relation, target);
create index links_by_source on links (source, relation, n);
create index links_by_target on links (target, relation, n);
create table changes (
  n integer primary key autoincrement, kind text not null, id text not null, at integer not null, properties text, other text
);
create index changes_by_kind on changes (kind, n);
create index changes_by_time on changes (at);
create table audits (n integer primary key, id text not null, at text not null, body text not null);
create index audits_by_time on audits (at);
create index audits_by_id on audits (id);
create table audit_targets (target text not null, audit integer not null, primary key (target, audit)) without rowid;
${REVIEW_TABLES}
`;
