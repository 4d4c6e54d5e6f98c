// Removals as the store keeps them: each as it is now, with the history of what happened to it.
import { setImmediate } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Removal, RemovalEvent, RemovalState } from '../model/removal.ts';
import type { Tables } from './tables.ts';

/** Rows that are read and written at once. */
const CHUNK = 1000;

/** A removal with what has just happened to it; no event where only the newest look at it is kept. */
export interface RemovalChange {
  readonly removal: Removal;
  readonly events: readonly RemovalEvent[];
}

export class RemovalStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Keeps removals as they are now, and adds to their histories: all of them, or none. */
  async save(changes: readonly RemovalChange[]): Promise<void> {
    const now = JSON.stringify(
      changes.map(({ removal }) => [removal.id, removal.application, removal.state, JSON.stringify(removal)]),
    );
    const events = JSON.stringify(
      changes.flatMap(({ removal, events }) => events.map((event) => [removal.id, JSON.stringify(event)])),
    );
    await this.#db.transaction().execute(async (step) => {
      await sql`insert into removals (id, application, state, body)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3 from json_each(${now}) where true
        on conflict (id) do update set state = excluded.state, body = excluded.body`.execute(step);
      // Rows are numbered as they come: several events of one removal have followed one another.
      await sql`insert into removal_events (removal, n, body)
        select value ->> 0, coalesce((select max(n) from removal_events where removal = value ->> 0), 0) + key + 1, value ->> 1
        from json_each(${events})`.execute(step);
    });
  }

  async find(id: string): Promise<Removal | undefined> {
    const row = await this.#db.selectFrom('removals').select('body').where('id', '=', id).executeTakeFirst();
    return row && JSON.parse(row.body);
  }

  /** The removals of an application, by id; of some states alone, if they are named. What changes meanwhile may be met or not. */
  async *all(application: string, states?: readonly RemovalState[]): AsyncGenerator<Removal> {
    for (let last = ''; ; ) {
      let query = this.#db
        .selectFrom('removals')
        .select(['id', 'body'])
        .where('application', '=', application)
        .where('id', '>', last)
        .orderBy('id')
        .limit(CHUNK);
      if (states) query = query.where('state', 'in', states);
      const rows = await query.execute();
      for (const { body } of rows) yield JSON.parse(body);
      if (rows.length < CHUNK) return;
      last = rows.at(-1)!.id;
      await setImmediate();
    }
  }

  /** How many there are in each state. */
  async counts(application: string): Promise<Readonly<Partial<Record<RemovalState, number>>>> {
    const rows = await this.#db
      .selectFrom('removals')
      .select(['state', ({ fn }) => fn.countAll<number>().as('count')])
      .where('application', '=', application)
      .groupBy('state')
      .execute();
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  /** What happened to a removal, in order. */
  async history(id: string): Promise<readonly RemovalEvent[]> {
    const rows = await this.#db
      .selectFrom('removal_events')
      .select('body')
      .where('removal', '=', id)
      .orderBy('n')
      .execute();
    return rows.map(({ body }) => JSON.parse(body));
  }
}
