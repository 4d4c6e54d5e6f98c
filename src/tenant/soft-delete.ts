// What happens to an object that is deleted: set aside for 30 days with all that links to it, brought back, or erased.
import { noteChange } from './changes.ts';
import type { Kind, Stored } from './objects.ts';
import type { Tenant } from './request.ts';

const KEPT_MS = 30 * 24 * 3_600_000;

export type DeletedKind = Kind | 'user';

export interface Deleted {
  readonly n: number;
  readonly kind: DeletedKind;
  readonly object: Stored;
}

interface Row {
  readonly n: number;
  readonly id: string;
  readonly kind: DeletedKind;
  readonly body: string;
}

/** Keeps an object that has been taken out of its table. Its links and assignments vanish from what is read. */
export const setAside = (tenant: Tenant, kind: DeletedKind, object: Stored): void => {
  const deletedDateTime = `${new Date(tenant.now()).toISOString().slice(0, 19)}Z`;
  tenant.db.run(
    'insert into deleted (id, kind, at, body) values (?, ?, ?, ?)',
    object.id,
    kind,
    tenant.now(),
    JSON.stringify({ ...object, deletedDateTime }),
  );
  countEnds(tenant, object.id, '+');
  noteChange(tenant, kind, object.id);
};

/** Takes an object out of those kept; what is linked shows again where its other end is there. */
export const takeBack = (tenant: Tenant, id: string): void => {
  tenant.db.run('delete from deleted where id = ?', id);
  countEnds(tenant, id, '-');
};

/** A link or assignment shows while none of its ends is deleted; `gone` counts those that are. */
const countEnds = ({ db }: Tenant, id: string, sign: '+' | '-'): void => {
  db.run(`update links set gone = gone ${sign} 1 where source = ? or target = ?`, id, id);
  db.run(`update assignments set gone = gone ${sign} 1 where principal = ? or resource = ?`, id, id);
};

/** Forgets all that links to an object, and the object if it was kept. */
export const erase = (tenant: Tenant, id: string): void => {
  const { db } = tenant;
  const kept = db.one<Pick<Row, 'kind'>>('select kind from deleted where id = ?', id);
  if (kept) noteChange(tenant, kept.kind, id);
  db.run('delete from deleted where id = ?', id);
  db.run('delete from links where source = ? or target = ?', id, id);
  db.run('delete from assignments where principal = ? or resource = ?', id, id);
};

/** Erases what was deleted 30 days ago or earlier, by the tenant's clock. */
export const purge = (tenant: Tenant): void => {
  const due = tenant.db.all<Row>('select id from deleted where at <= ?', tenant.now() - KEPT_MS);
  if (due.length === 0) return;
  tenant.db.transaction(() => {
    for (const { id } of due) erase(tenant, id);
  });
};

const read = ({ n, kind, body }: Row): Deleted => ({ n, kind, object: JSON.parse(body) });

export const deletedObject = ({ db }: Tenant, id: string): Deleted | undefined => {
  const row = db.one<Row>('select * from deleted where id = ?', id.toLowerCase());
  return row && read(row);
};

/** The deleted objects of a kind behind a place. */
export const deletedOf = ({ db }: Tenant, kind: DeletedKind, place: number, limit: number): readonly Deleted[] =>
  db.all<Row>('select * from deleted where kind = ? and n > ? order by n limit ?', kind, place, limit).map(read);
