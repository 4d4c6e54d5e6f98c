// Applications, service principals and groups as they are kept: each a JSON object, found by its keys.
import { isDeepStrictEqual } from 'node:util';
import type { Key } from './addresses.ts';
import { noteChange } from './changes.ts';
import { badRequest, notFound } from './errors.ts';
import type { Tenant } from './request.ts';
import { setAside } from './soft-delete.ts';

export type Kind = 'application' | 'servicePrincipal' | 'group';
export type Stored = { readonly id: string } & Readonly<Record<string, unknown>>;

/** By which properties an object is named besides its id. */
const ALTERNATE_KEYS: Readonly<Record<Kind, readonly string[]>> = {
  application: ['appId', 'uniqueName'],
  servicePrincipal: ['appId'],
  group: ['uniqueName'],
};
const KEY_COLUMNS: Readonly<Record<string, string>> = { id: 'id', appId: 'app_id', uniqueName: 'unique_name' };

interface Row {
  readonly id: string;
  readonly body: string;
}

/** What readers see of a kind. */
export const visible = ({ db, replication }: Tenant, kind: Kind): readonly Stored[] =>
  [
    ...db
      .all<Row>('select id, body from objects where kind = ? order by n', kind)
      .flatMap(({ id, body }) => replication.seen(id, body) ?? []),
    ...replication.ghosts(kind),
  ].map((body) => JSON.parse(body));

const rowOf = ({ db }: Tenant, kind: Kind, { property, value }: Key): Row | undefined => {
  if (property !== 'id' && !ALTERNATE_KEYS[kind].includes(property))
    throw badRequest(`'${property}' is not a key of the resource.`);
  const column = KEY_COLUMNS[property]!;
  return db.one<Row>(`select id, body from objects where kind = ? and ${column} = ?`, kind, value.toLowerCase());
};

/** What the primary replica has under a key: uniqueness is decided here. */
export const primaryObject = (tenant: Tenant, kind: Kind, key: Key): Stored | undefined => {
  const row = rowOf(tenant, kind, key);
  return row && JSON.parse(row.body);
};

/** An object that readers can see by now. */
export const visibleObject = (tenant: Tenant, kind: Kind, key: Key): Stored | undefined => {
  const row = rowOf(tenant, kind, key);
  const seen = row
    ? tenant.replication.seen(row.id, row.body)
    : tenant.replication.ghosts(kind).find((body) => hasKey(JSON.parse(body), key));
  return seen === undefined ? undefined : shown(tenant, kind, JSON.parse(seen));
};

const hasKey = (object: Stored, { property, value }: Key): boolean =>
  String(object[property] ?? '').toLowerCase() === value.toLowerCase();

/** The same; Graph's 404 where there is none. */
export const readObject = (tenant: Tenant, kind: Kind, key: Key): Stored => {
  const found = visibleObject(tenant, kind, key);
  if (found) return found;
  throw notFound(key.value);
};

/** A service principal shows the roles and tags of its application besides its own; it learns of a change late. */
export const shown = (tenant: Tenant, kind: Kind, object: Stored): Stored => {
  if (kind !== 'servicePrincipal') return object;
  const row = rowOf(tenant, 'application', { property: 'appId', value: String(object['appId']) });
  const application: Stored | undefined = row && JSON.parse(tenant.replication.mirrored(row.id, row.body));
  const own = (object['tags'] as string[] | undefined) ?? [];
  const shared = (application?.['tags'] as string[] | undefined) ?? [];
  return { ...object, appRoles: application?.['appRoles'] ?? [], tags: [...new Set([...own, ...shared])] };
};

const keysOf = (object: Stored): readonly (string | null)[] =>
  ['appId', 'uniqueName'].map((name) => {
    const value = object[name];
    return typeof value === 'string' ? value.toLowerCase() : null;
  });

export const insertObject = (tenant: Tenant, kind: Kind, object: Stored): void => {
  tenant.db.run(
    'insert into objects (id, kind, body, app_id, unique_name) values (?, ?, ?, ?, ?)',
    object.id,
    kind,
    JSON.stringify(object),
    ...keysOf(object),
  );
  noteChange(tenant, kind, object.id);
  tenant.replication.wrote(object.id, undefined);
};

export const replaceObject = (tenant: Tenant, object: Stored): void => {
  const { db } = tenant;
  const { kind, body } = db.one<Row & { kind: Kind }>('select id, kind, body from objects where id = ?', object.id)!;
  db.run(
    'update objects set body = ?, app_id = ?, unique_name = ? where id = ?',
    JSON.stringify(object),
    ...keysOf(object),
    object.id,
  );
  noteChange(tenant, kind, object.id, changedBetween(JSON.parse(body), object));
  tenant.replication.wrote(object.id, body);
};

const changedBetween = (before: Stored, after: Stored): readonly string[] =>
  Object.keys(after).filter((name) => !isDeepStrictEqual(before[name], after[name]));

/** Takes an object out of the directory for 30 days. */
export const removeObject = (tenant: Tenant, kind: Kind, object: Stored): void => {
  tenant.db.run('delete from objects where id = ?', object.id);
  tenant.replication.removed(kind, object.id, JSON.stringify(object));
  setAside(tenant, kind, object);
};
