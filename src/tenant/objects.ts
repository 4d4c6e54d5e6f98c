// Applications and service principals as they are kept: few, each a JSON object.
import type { Tenant } from './request.ts';

export type Kind = 'application' | 'servicePrincipal';
export type Stored = { readonly id: string } & Readonly<Record<string, unknown>>;

interface Row {
  readonly id: string;
  readonly body: string;
}

/** What readers see of a kind. */
export const visible = ({ db, replication }: Tenant, kind: Kind): readonly Stored[] =>
  db.all<Row>('select id, body from objects where kind = ? order by n', kind).flatMap(({ id, body }) => {
    const seen = replication.seen(id, body);
    return seen === undefined ? [] : [JSON.parse(seen)];
  });

/** What the primary replica has of a kind: uniqueness is decided here. */
export const primary = ({ db }: Tenant, kind: Kind): readonly Stored[] =>
  db.all<Row>('select id, body from objects where kind = ? order by n', kind).map(({ body }) => JSON.parse(body));

export const insertObject = ({ db, replication }: Tenant, kind: Kind, object: Stored): void => {
  db.run('insert into objects (id, kind, body) values (?, ?, ?)', object.id, kind, JSON.stringify(object));
  replication.wrote(object.id, undefined);
};

export const replaceObject = ({ db, replication }: Tenant, object: Stored): void => {
  const before = db.one<Row>('select id, body from objects where id = ?', object.id)!.body;
  db.run('update objects set body = ? where id = ?', JSON.stringify(object), object.id);
  replication.wrote(object.id, before);
};

export const removeObject = ({ db, now }: Tenant, kind: Kind, object: Stored): void => {
  db.run('delete from objects where id = ?', object.id);
  db.run(
    'insert or replace into deleted (id, kind, at, body) values (?, ?, ?, ?)',
    object.id,
    kind,
    now(),
    JSON.stringify(object),
  );
};
