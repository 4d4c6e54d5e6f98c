// The log of changes that delta queries are answered from: which object changed when, and in what.
import type { Tenant } from './request.ts';

/** Kinds that have delta queries. */
export type TrackedKind = 'user' | 'group';
const TRACKED: ReadonlySet<string> = new Set<TrackedKind>(['user', 'group']);

/** So long a change is remembered: the seven days of a token, and one for what was late when it was issued. */
const KEPT_MS = 8 * 24 * 3_600_000;

/**
 * Notes a change, as each write does. `properties` are those that changed; leave them out where the object is new, gone
 * or back. `other` is the object that a relation was changed to or from. Kinds without delta queries are left out.
 */
export const noteChange = (
  { db, now }: Pick<Tenant, 'db' | 'now'>,
  kind: string,
  id: string,
  properties?: readonly string[],
  other?: string,
): void => {
  if (!TRACKED.has(kind)) return;
  db.run(
    'insert into changes (kind, id, at, properties, other) values (?, ?, ?, ?, ?)',
    kind,
    id,
    now(),
    properties?.join(',') ?? null,
    other ?? null,
  );
};

/** All that happened to one object between two places of the log. */
export interface Changed {
  readonly id: string;
  /** The place of the newest change. */
  readonly last: number;
  /** Undefined: all may have changed. */
  readonly properties: ReadonlySet<string> | undefined;
  /** The other ends of relations that changed. */
  readonly others: readonly string[];
}

/** The newest place of the log that readers see. */
export const newestChange = ({ db, now, replication }: Tenant, kind: TrackedKind): number => {
  const at = now() - replication.lagMs;
  return db.one<{ n: number | null }>('select max(n) as n from changes where kind = ? and at <= ?', kind, at)?.n ?? 0;
};

/** The objects that changed after `since` and up to `until`, by their newest change, those behind `after`. */
export const changedObjects = (
  { db }: Tenant,
  kind: TrackedKind,
  { since, until, after }: { readonly since: number; readonly until: number; readonly after: number },
  limit: number,
): readonly Changed[] =>
  db
    .all<{ id: string; last: number; whole: number; names: string | null; others: string | null }>(
      `select id, max(n) as last, sum(properties is null) as whole, group_concat(properties) as names,
        group_concat(distinct other) as others
        from changes where kind = ? and n > ? and n <= ? group by id having max(n) > ? order by last limit ?`,
      kind,
      since,
      until,
      after,
      limit,
    )
    .map(({ id, last, whole, names, others }) => ({
      id,
      last,
      properties: whole > 0 ? undefined : new Set(names?.split(',')),
      others: others?.split(',') ?? [],
    }));

/** Forgets what no token can ask for any more. */
export const forgetOldChanges = ({ db, now }: Tenant): void => {
  db.run('delete from changes where at < ?', now() - KEPT_MS);
};
