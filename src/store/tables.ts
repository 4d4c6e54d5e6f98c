// The tables of the store and how they come to be. A change of shape is a new step at the end, never a changed one.
import { type Generated, type Kysely, sql } from 'kysely';

export interface Tables {
  rosters: {
    id: Generated<number>;
    application: string;
    /** Null while rows are still coming in: such a roster is invisible, and swept away by the next writer. */
    hash: string | null;
    columns: string;
    rows: number;
    source: string;
    collected_at: string;
    /** A list of texts, as JSON. */
    notes: Generated<string>;
  };
  accounts: { roster: number; n: number; line: number | null; cells: string };
  matchings: {
    id: Generated<number>;
    application: string;
    roster: string;
    configuration: string;
    /** Digest of all outcomes; null while they are still coming in. */
    digest: string | null;
    counts: string;
    spent: string;
    matched_at: string;
    /** 1 where a plan that rests on it was carried out: the evidence tells of it for good. */
    is_kept: Generated<number>;
  };
  outcomes: { matching: number; n: number; kind: string; body: string };
  plans: { hash: string; application: string; file: string; planned_at: string };
  /** What became of each action of the newest plan that was applied. */
  results: {
    plan: string;
    n: number;
    row: number | null;
    kind: string;
    status: string;
    object: string | null;
    reason: string | null;
  };
  /** The newest summary of each stage, as JSON. */
  summaries: { application: string; stage: string; body: string };
  leases: { name: string; owner: string; expires_at: number };
  /** Each removal as it is now, as JSON. */
  removals: { id: string; application: string; state: string; body: string };
  /** What happened to each removal, in order, as JSON. */
  removal_events: { removal: string; n: number; body: string };
  /** Who held which role when the directory was last read. */
  assignments: { application: string; generation: number; principal: string; role: string };
  shape: { version: number };
}

const STEPS: readonly ((db: Kysely<Tables>) => Promise<void>)[] = [
  async (db) => {
    const make = (statement: string) => sql.raw(statement).execute(db);
    await make(
      'create table rosters (id integer primary key, application text not null, hash text, columns text not null, rows integer not null, source text not null, collected_at text not null)',
    );
    await make('create index rosters_by_application on rosters (application, hash)');
    await make(
      'create table accounts (roster integer not null references rosters (id) on delete cascade, n integer not null, line integer, cells text not null, primary key (roster, n)) without rowid',
    );
    await make(
      'create table matchings (id integer primary key, application text not null, roster text not null, configuration text not null, digest text, counts text not null, spent text not null, matched_at text not null)',
    );
    await make(
      'create table outcomes (matching integer not null references matchings (id) on delete cascade, n integer not null, kind text not null, body text not null, primary key (matching, n)) without rowid',
    );
    await make(
      'create table plans (hash text primary key, application text not null, file text not null, planned_at text not null)',
    );
    await make(
      'create table results (plan text not null references plans (hash) on delete cascade, n integer not null, row integer, kind text not null, status text not null, object text, reason text, primary key (plan, n)) without rowid',
    );
    await make('create index results_by_row on results (plan, row)');
    await make(
      'create table summaries (application text not null, stage text not null, body text not null, primary key (application, stage))',
    );
    await make('create table leases (name text primary key, owner text not null, expires_at integer not null)');
  },
  async (db) => {
    await sql`alter table rosters add column notes text not null default '[]'`.execute(db);
  },
  async (db) => {
    const make = (statement: string) => sql.raw(statement).execute(db);
    await make(
      'create table removals (id text primary key, application text not null, state text not null, body text not null) without rowid',
    );
    await make('create index removals_by_state on removals (application, state, id)');
    await make(
      'create table removal_events (removal text not null references removals (id) on delete cascade, n integer not null, body text not null, primary key (removal, n)) without rowid',
    );
    await make(
      'create table assignments (application text not null, generation integer not null, principal text not null, role text not null, primary key (application, generation, principal, role)) without rowid',
    );
  },
  async (db) => {
    await sql`alter table matchings add column is_kept integer not null default 0`.execute(db);
  },
];

/**
 * Brings a database to today's shape; of several processes that open a new one at once, the first does it. Refuses a
 * database that a later Rollcall has written.
 */
export const migrate = async (db: Kysely<Tables>): Promise<void> => {
  if ((await versionOf(db)) === STEPS.length) return;
  await db.connection().execute(async (one) => {
    // The lock comes before the look, so that nobody else changes the shape in between.
    await sql`begin immediate`.execute(one);
    try {
      const version = await versionOf(one);
      for (const change of STEPS.slice(version)) await change(one);
      await one.deleteFrom('shape').execute();
      await one.insertInto('shape').values({ version: STEPS.length }).execute();
      await sql`commit`.execute(one);
    } catch (error) {
      await sql`rollback`.execute(one);
      throw error;
    }
  });
};

const versionOf = async (db: Kysely<Tables>): Promise<number> => {
  await sql`create table if not exists shape (version integer not null)`.execute(db);
  const version = (await db.selectFrom('shape').select('version').executeTakeFirst())?.version ?? 0;
  if (version > STEPS.length)
    throw new RangeError(`version ${version} is newer than this Rollcall knows (${STEPS.length})`);
  return version;
};
