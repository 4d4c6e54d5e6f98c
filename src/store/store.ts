// What Rollcall remembers between commands: rosters, outcomes, plans, removals and leases, in one file beside the configuration.
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Account, Roster } from '../model/account.ts';
import { RollcallError } from '../model/errors.ts';
import type { Outcome, OutcomeCounts } from '../model/outcome.ts';
import type { ActionKind, ActionResult } from '../model/plan.ts';
import { AssignmentStore } from './assignments.ts';
import { type Lease, takeLease } from './lease.ts';
import { RemovalStore } from './removals.ts';
import { openSqlite } from './sqlite.ts';
import { migrate, type Tables } from './tables.ts';

/** One matching of one roster: which configuration it used, what came out, and what it cost. */
export interface Matching {
  readonly id: number;
  readonly roster: string;
  readonly configuration: string;
  /** Digest over all outcomes. */
  readonly digest: string;
  readonly counts: OutcomeCounts;
  readonly spent: Spent;
  readonly matchedAt: string;
}

export interface Spent {
  readonly requests: number;
  readonly resourceUnits: number;
  readonly seconds: number;
}

/** Rows are written and read in chunks of this many, so that memory does not grow with the roster. */
const CHUNK = 2000;

/**
 * SQLite answers at once, so a loop over rows alone would keep everything else waiting: signals, the lease that is to be
 * renewed, and the release of what statements have held. Between chunks they have their turn.
 */
const breath = setImmediate;

export class Store {
  readonly #db: Kysely<Tables>;
  readonly removals: RemovalStore;
  readonly assignments: AssignmentStore;

  private constructor(db: Kysely<Tables>) {
    this.#db = db;
    this.removals = new RemovalStore(db);
    this.assignments = new AssignmentStore(db);
  }

  /** Opens the store in a state folder, making both if need be. Throws {@link RollcallError} if that cannot be. */
  static async open(stateFolder: string): Promise<Store> {
    const file = join(stateFolder, 'rollcall.db');
    let db: Kysely<Tables> | undefined;
    try {
      db = openSqlite(file);
      await migrate(db);
      return new Store(db);
    } catch (error) {
      await db?.destroy();
      throw new RollcallError(
        `The store ${file} cannot be opened: ${(error as Error).message}.`,
        'Check that the folder can be written to and that the file was written by this version of Rollcall or an older one.',
        { cause: error },
      );
    }
  }

  close(): Promise<void> {
    return this.#db.destroy();
  }

  /** Keeps others out of `name` until released. See {@link takeLease}. */
  lease(name: string, purpose: string): Promise<Lease> {
    return takeLease(this.#db, name, purpose);
  }

  /**
   * Saves a roster as its rows arrive. `finish` is given the accounts and answers what is known when the last has
   * passed; if it throws, nothing is kept. A roster of the same content is kept once.
   */
  async saveRoster(
    application: string,
    columns: readonly string[],
    rows: AsyncIterable<Account>,
    finish: () => Roster,
  ): Promise<Roster> {
    await this.#sweepRosters(application);
    const { id } = await this.#db
      .insertInto('rosters')
      .values({ application, hash: null, columns: JSON.stringify(columns), rows: 0, source: '', collected_at: '' })
      .returning('id')
      .executeTakeFirstOrThrow();
    try {
      for await (const chunk of chunks(rows, CHUNK)) {
        const values = JSON.stringify(chunk.map(({ n, line, cells }) => [n, line ?? null, JSON.stringify(cells)]));
        await sql`insert into accounts (roster, n, line, cells)
          select ${id}, value ->> 0, value ->> 1, value ->> 2 from json_each(${values})`.execute(this.#db);
      }
      const roster = finish();
      await this.#publish(id, roster);
      return roster;
    } catch (error) {
      await this.#db.deleteFrom('rosters').where('id', '=', id).execute();
      throw error;
    }
  }

  async #publish(id: number, roster: Roster): Promise<void> {
    await this.#db.transaction().execute(async (step) => {
      const { application, hash, rows, source, collectedAt, notes } = roster;
      const older = step.deleteFrom('rosters').where('application', '=', application).where('hash', '=', hash);
      await older.execute();
      await step
        .updateTable('rosters')
        .set({ hash, rows, source, collected_at: collectedAt, notes: JSON.stringify(notes) })
        .where('id', '=', id)
        .execute();
    });
  }

  async #sweepRosters(application: string): Promise<void> {
    await this.#db.deleteFrom('rosters').where('application', '=', application).where('hash', 'is', null).execute();
  }

  /** The newest complete roster, if there is one. */
  latestRoster(application: string): Promise<Roster | undefined> {
    return this.#newestRoster(application, '');
  }

  /** The newest roster that was collected by a moment (ISO 8601, UTC), if one of that age is kept. */
  async rosterBy(application: string, moment: string): Promise<Roster | undefined> {
    const row = await this.#db
      .selectFrom('rosters')
      .select('hash')
      .where('application', '=', application)
      .where('hash', 'is not', null)
      .where('collected_at', '<=', moment)
      .orderBy('collected_at', 'desc')
      .orderBy('id', 'desc')
      .executeTakeFirst();
    return row && this.#newestRoster(application, row.hash!);
  }

  /** The newest roster whose hash begins so, if it is kept here. */
  roster(application: string, hash: string): Promise<Roster | undefined> {
    return this.#newestRoster(application, hash);
  }

  async #newestRoster(application: string, hash: string): Promise<Roster | undefined> {
    const row = await this.#db
      .selectFrom('rosters')
      .selectAll()
      .where('application', '=', application)
      .where(sql<boolean>`substr(hash, 1, ${hash.length}) = ${hash}`)
      .orderBy('id', 'desc')
      .executeTakeFirst();
    return (
      row && {
        hash: row.hash!,
        application,
        columns: JSON.parse(row.columns),
        rows: row.rows,
        source: row.source,
        collectedAt: row.collected_at,
        notes: JSON.parse(row.notes),
      }
    );
  }

  /** The accounts of a roster, in row order. */
  async *accounts(roster: Roster): AsyncGenerator<Account> {
    const { id } = await this.#db
      .selectFrom('rosters')
      .select('id')
      .where('application', '=', roster.application)
      .where('hash', '=', roster.hash)
      .executeTakeFirstOrThrow();
    for (let last = 0; ; ) {
      const rows = await this.#db
        .selectFrom('accounts')
        .select(['n', 'line', 'cells'])
        .where('roster', '=', id)
        .where('n', '>', last)
        .orderBy('n')
        .limit(CHUNK)
        .execute();
      for (const { n, line, cells } of rows) yield { n, ...(line !== null && { line }), cells: JSON.parse(cells) };
      if (rows.length < CHUNK) return;
      last = rows.at(-1)!.n;
      await breath();
    }
  }

  /**
   * Saves outcomes as they arrive; an incomplete matching is never seen. Of an application these are kept: the newest, the
   * one that was reconciled last, and those that plans rested on which were carried out (see {@link keepMatching}). Of
   * those that are alike the newest takes the place of the others.
   */
  async saveMatching(
    application: string,
    roster: string,
    configuration: string,
    outcomes: AsyncIterable<Outcome>,
    finish: () => { digest: string; counts: OutcomeCounts; spent: Spent; matchedAt: string },
  ): Promise<Matching> {
    const unfinished = this.#db
      .deleteFrom('matchings')
      .where('application', '=', application)
      .where('digest', 'is', null);
    await unfinished.execute();
    const { id } = await this.#db
      .insertInto('matchings')
      .values({ application, roster, configuration, digest: null, counts: '{}', spent: '{}', matched_at: '' })
      .returning('id')
      .executeTakeFirstOrThrow();
    try {
      for await (const chunk of chunks(outcomes, CHUNK)) {
        const values = JSON.stringify(chunk.map((outcome) => [outcome.n, outcome.kind, JSON.stringify(outcome)]));
        await sql`insert into outcomes (matching, n, kind, body)
          select ${id}, value ->> 0, value ->> 1, value ->> 2 from json_each(${values})`.execute(this.#db);
      }
      const { digest, counts, spent, matchedAt } = finish();
      await this.#db.transaction().execute(async (step) => {
        const alike = sql<boolean>`roster = ${roster} and configuration = ${configuration} and digest = ${digest}`;
        const older = step.selectFrom('matchings').where('application', '=', application).where('id', '<>', id);
        const before = await older.select('id').where('is_kept', '=', 1).where(alike).executeTakeFirst();
        // What the next reconciliation compares with is kept.
        const reconciled = sql<number>`coalesce((select body ->> 'matching' from summaries
          where application = ${application} and stage = 'reconcile'), 0)`;
        await step
          .deleteFrom('matchings')
          .where('application', '=', application)
          .where('id', '<>', id)
          .where('id', '<>', reconciled)
          .where((where) => where.or([where('is_kept', '=', 0), alike]))
          .execute();
        await step
          .updateTable('matchings')
          .set({
            digest,
            counts: JSON.stringify(counts),
            spent: JSON.stringify(spent),
            matched_at: matchedAt,
            is_kept: before ? 1 : 0,
          })
          .where('id', '=', id)
          .execute();
      });
      return { id, roster, configuration, digest, counts, spent, matchedAt };
    } catch (error) {
      await this.#db.deleteFrom('matchings').where('id', '=', id).execute();
      throw error;
    }
  }

  /** Keeps the newest matching for good: a plan that rests on it is being carried out. */
  async keepMatching(application: string): Promise<void> {
    const newest = await this.#newestMatching(application);
    if (newest) await this.#db.updateTable('matchings').set({ is_kept: 1 }).where('id', '=', newest.id).execute();
  }

  latestMatching(application: string): Promise<Matching | undefined> {
    return this.#newestMatching(application);
  }

  /** Outcomes by their number or by their digest, if they are still kept; of those that are alike, the newest. */
  matching(
    application: string,
    by: { readonly id: number } | { readonly digest: string },
  ): Promise<Matching | undefined> {
    return this.#newestMatching(application, by);
  }

  async #newestMatching(
    application: string,
    by: { readonly id?: number; readonly digest?: string } = {},
  ): Promise<Matching | undefined> {
    let query = this.#db
      .selectFrom('matchings')
      .selectAll()
      .where('application', '=', application)
      .where('digest', 'is not', null);
    if (by.id !== undefined) query = query.where('id', '=', by.id);
    if (by.digest !== undefined) query = query.where('digest', '=', by.digest);
    const row = await query.orderBy('id', 'desc').executeTakeFirst();
    return (
      row && {
        id: row.id,
        roster: row.roster,
        configuration: row.configuration,
        digest: row.digest!,
        // An older Rollcall did not count this.
        counts: { sharesUser: 0, ...JSON.parse(row.counts) },
        spent: JSON.parse(row.spent),
        matchedAt: row.matched_at,
      }
    );
  }

  /** The outcomes of a matching, in row order. */
  async *outcomes(matching: Matching): AsyncGenerator<Outcome> {
    for (let last = 0; ; ) {
      const rows = await this.#db
        .selectFrom('outcomes')
        .select(['n', 'body'])
        .where('matching', '=', matching.id)
        .where('n', '>', last)
        .orderBy('n')
        .limit(CHUNK)
        .execute();
      for (const { body } of rows) yield JSON.parse(body);
      if (rows.length < CHUNK) return;
      last = rows.at(-1)!.n;
      await breath();
    }
  }

  async rememberPlan(application: string, hash: string, file: string, plannedAt: string): Promise<void> {
    await this.#db
      .insertInto('plans')
      .values({ application, hash, file, planned_at: plannedAt })
      .onConflict((conflict) => conflict.column('hash').doUpdateSet({ file, planned_at: plannedAt }))
      .execute();
  }

  /** The file of the newest plan made here. */
  async latestPlan(application: string): Promise<{ hash: string; file: string } | undefined> {
    return await this.#db
      .selectFrom('plans')
      .select(['hash', 'file'])
      .where('application', '=', application)
      .orderBy('planned_at', 'desc')
      .executeTakeFirst();
  }

  /** Where the file of a plan was when it was last made or carried out here. */
  async planFile(hash: string): Promise<string | undefined> {
    const row = await this.#db.selectFrom('plans').select('file').where('hash', '=', hash).executeTakeFirst();
    return row?.file;
  }

  /** Keeps what became of actions; a later result for the same action takes the place of the earlier. */
  async saveResults(plan: string, results: readonly SavedResult[]): Promise<void> {
    const values = JSON.stringify(
      results.map(({ n, row, kind, status, id, reason }) => [n, row, kind, status, id ?? null, reason ?? null]),
    );
    await sql`insert or replace into results (plan, n, row, kind, status, object, reason)
      select ${plan}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
      from json_each(${values})`.execute(this.#db);
  }

  /** The results that belong to the rows from `first` to `last`. */
  async resultsOfRows(plan: string, first: number, last: number): Promise<readonly SavedResult[]> {
    const rows = await this.#db
      .selectFrom('results')
      .selectAll()
      .where('plan', '=', plan)
      .where('row', '>=', first)
      .where('row', '<=', last)
      .execute();
    return rows.map(({ n, row, kind, status, object, reason }) => ({
      n,
      row,
      kind,
      status,
      ...(object !== null && { id: object }),
      ...(reason !== null && { reason }),
    })) as readonly SavedResult[];
  }

  /** Keeps where the newest record of the evidence stands, and what seals it. */
  saveEvidence(application: string, position: { readonly seq: number; readonly hash: string }): Promise<void> {
    return this.saveSummary(application, 'evidence', position);
  }

  async lastEvidence(application: string): Promise<{ readonly seq: number; readonly hash: string } | undefined> {
    return await this.summary(application, 'evidence');
  }

  /** The users that a plan has made, or found made, by the rows of their accounts. */
  async createdUsers(plan: string): Promise<ReadonlyMap<number, string>> {
    const rows = await this.#db
      .selectFrom('results')
      .select(['row', 'object'])
      .where('plan', '=', plan)
      .where('kind', '=', 'createUser')
      .where('row', 'is not', null)
      .where('object', 'is not', null)
      .execute();
    return new Map(rows.map(({ row, object }) => [row!, object!]));
  }

  /** Keeps the newest summary of a stage. `body` is plain JSON. */
  async saveSummary(application: string, stage: string, body: unknown): Promise<void> {
    const text = JSON.stringify(body);
    await this.#db
      .insertInto('summaries')
      .values({ application, stage, body: text })
      .onConflict((conflict) => conflict.columns(['application', 'stage']).doUpdateSet({ body: text }))
      .execute();
  }

  async summary<T>(application: string, stage: string): Promise<T | undefined> {
    const row = await this.#db
      .selectFrom('summaries')
      .select('body')
      .where('application', '=', application)
      .where('stage', '=', stage)
      .executeTakeFirst();
    return row && JSON.parse(row.body);
  }
}

/** What became of an action, with the account it was for. */
export interface SavedResult extends ActionResult {
  readonly row: number | null;
  readonly kind: ActionKind;
}

async function* chunks<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}
