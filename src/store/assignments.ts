// Who held which role when the directory was last compared with a roster: what is missing since then was taken away.
import { type Kysely, sql } from 'kysely';
import { PairSet } from '../model/pairs.ts';
import type { Tables } from './tables.ts';

const CHUNK = 2000;

export class AssignmentStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Keeps assignments, by ids of user and role, in the place of those that are kept; all of them, or none. */
  async save(application: string, pairs: AsyncIterable<readonly [principal: string, role: string]>): Promise<void> {
    const before = await this.#generation(application);
    const generation = (before ?? 0) + 1;
    const notOf = (kept: number | undefined) => {
      const all = this.#db.deleteFrom('assignments').where('application', '=', application);
      return (kept === undefined ? all : all.where('generation', '<>', kept)).execute();
    };
    // What a killed process has left half written.
    await notOf(before);
    let chunk: (readonly [string, string])[] = [];
    const keep = async () => {
      await sql`insert or ignore into assignments (application, generation, principal, role)
        select ${application}, ${generation}, value ->> 0, value ->> 1 from json_each(${JSON.stringify(chunk)})`.execute(
        this.#db,
      );
      chunk = [];
    };
    for await (const pair of pairs) {
      chunk.push(pair);
      if (chunk.length === CHUNK) await keep();
    }
    await keep();
    const body = JSON.stringify({ generation });
    await this.#db
      .insertInto('summaries')
      .values({ application, stage: 'assignments', body })
      .onConflict((conflict) => conflict.columns(['application', 'stage']).doUpdateSet({ body }))
      .execute();
    await notOf(generation);
  }

  /** Those that are kept; undefined where the directory was never compared. */
  async kept(application: string): Promise<PairSet | undefined> {
    const generation = await this.#generation(application);
    if (generation === undefined) return undefined;
    const pairs = new PairSet();
    for (let last = ['', '']; ; ) {
      const rows = await this.#db
        .selectFrom('assignments')
        .select(['principal', 'role'])
        .where('application', '=', application)
        .where('generation', '=', generation)
        .where(sql<boolean>`(principal, role) > (${last[0]}, ${last[1]})`)
        .orderBy('principal')
        .orderBy('role')
        .limit(CHUNK)
        .execute();
      for (const { principal, role } of rows) pairs.add(principal, role);
      if (rows.length < CHUNK) return pairs;
      const { principal, role } = rows.at(-1)!;
      last = [principal, role];
    }
  }

  async #generation(application: string): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('summaries')
      .select('body')
      .where('application', '=', application)
      .where('stage', '=', 'assignments')
      .executeTakeFirst();
    return row && JSON.parse(row.body).generation;
  }
}
