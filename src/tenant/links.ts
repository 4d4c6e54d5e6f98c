// Links between directory objects: who is a member or an owner of what, and who manages whom.
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

export const addLink = ({ db, replication }: Tenant, relation: Relation, source: string, target: string): void => {
  db.run('insert into links (relation, source, target) values (?, ?, ?)', relation, source, target);
  replication.wrote(nameOf(relation, source, target), undefined);
};

/** Answers whether there was such a link. */
export const removeLink = ({ db }: Tenant, relation: Relation, source: string, target: string): boolean =>
  db.run('delete from links where relation = ? and source = ? and target = ?', relation, source, target).changes > 0;

/** Takes all links of a relation from a source, those to deleted objects too. */
export const removeLinksFrom = ({ db }: Tenant, relation: Relation, source: string): void => {
  db.run('delete from links where relation = ? and source = ?', relation, source);
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
  for (let after = place; ; ) {
    const rows = db.all<Link>(sql, relation, id, after, STEP);
    for (const row of rows) {
      after = row.n;
      if (replication.isSeen(nameOf(relation, row.source, row.target))) yield row;
    }
    if (rows.length < STEP) return;
  }
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
