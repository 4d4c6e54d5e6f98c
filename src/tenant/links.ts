// Links between directory objects: who is a member or an owner of what, and who manages whom.
import { noteChange } from './changes.ts';
import type { Tenant } from './request.ts';

/** `members` and `owners` of a source are its targets; the `manager` of a source is its one target. */
export type Relation = 'members' | 'owners' | 'manager';

export interface Link {
  readonly n: number;
  readonly source: string;
  readonly target: string;
}

/** What replication knows a link by. */
const nameOf = (relation: Relation, source: string, target: string): string => `${relation}/${source}/${target}`;

export const isLinked = ({ db }: Tenant, relation: Relation, source: string, target: string): boolean =>
  db.one('select 1 from links where relation = ? and source = ? and target = ?', relation, source, target) !==
  undefined;

/** The kind of object whose delta queries track a relation. */
const TRACKED_BY: Readonly<Partial<Record<Relation, string>>> = { members: 'group', manager: 'user' };

const note = (tenant: Tenant, relation: Relation, source: string, target: string): void => {
  noteChange(tenant, TRACKED_BY[relation] ?? '', source, [relation], target);
};

export const addLink = (tenant: Tenant, relation: Relation, source: string, target: string): void => {
  tenant.db.run('insert into links (relation, source, target) values (?, ?, ?)', relation, source, target);
  note(tenant, relation, source, target);
  tenant.replication.wrote(nameOf(relation, source, target), undefined);
};

interface Row extends Link {
  readonly relation: Relation;
}

/** Answers whether there was such a link. */
export const removeLink = (tenant: Tenant, relation: Relation, source: string, target: string): boolean => {
  const sql = 'select n, relation, source, target from links where source = ? and relation = ? and target = ?';
  const row = tenant.db.one<Row>(sql, source, relation, target);
  if (!row) return false;
  forget(tenant, row);
  note(tenant, relation, source, target);
  return true;
};

/** Takes all links of a relation from a source, those to deleted objects too. */
export const removeLinksFrom = (tenant: Tenant, relation: Relation, source: string): void => {
  const sql = 'select n, relation, source, target from links where source = ? and relation = ?';
  for (const row of tenant.db.all<Row>(sql, source, relation)) forget(tenant, row);
};

const forget = ({ db, replication }: Tenant, row: Row): void => {
  db.run('delete from links where n = ?', row.n);
  replication.removed('link', nameOf(row.relation, row.source, row.target), JSON.stringify(row));
};

const STEP = 500;

/** The links from a source, or to a target, behind a place; as readers see them, between objects that are there. */
export function* linksOf(
  { db, replication }: Tenant,
  relation: Relation,
  end: 'source' | 'target',
  id: string,
  place = 0,
): Generator<Link> {
  const sql = `select n, source, target from links where relation = ? and ${end} = ? and gone = 0 and n > ? order by n limit ?`;
  const removed = replication
    .ghosts('link')
    .map((body): Row => JSON.parse(body))
    .filter((row) => row.relation === relation && row[end] === id && row.n > place)
    .sort((a, b) => a.n - b.n);
  for (let after = place; ; ) {
    const rows = db.all<Link>(sql, relation, id, after, STEP);
    for (const row of rows) {
      after = row.n;
      while (removed[0] && removed[0].n < row.n) yield removed.shift()!;
      if (replication.isSeen(nameOf(relation, row.source, row.target))) yield row;
    }
    if (rows.length < STEP) break;
  }
  yield* removed;
}

/** All that a group holds or is held by, through whatever other groups; each once, sorted by id, without itself. */
export const reachedBy = (tenant: Tenant, end: 'source' | 'target', id: string): readonly string[] => {
  const reached = new Set([id]);
  // A set is walked through in the order in which it is added to, to the last that comes in.
  for (const one of reached) {
    for (const { source, target } of linksOf(tenant, 'members', end, one))
      reached.add(end === 'source' ? target : source);
  }
  reached.delete(id);
  return [...reached].sort();
};
