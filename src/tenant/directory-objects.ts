// Objects of whatever kind, found by id alone and shown with their type.
import { picked } from './applications.ts';
import { notFound } from './errors.ts';
import { APPLICATION, GROUP, type ObjectKind, SERVICE_PRINCIPAL } from './object-kinds.ts';
import { type Kind, type Stored, visibleObject } from './objects.ts';
import { unknownProperty } from './query-options.ts';
import type { Tenant } from './request.ts';
import { DEFAULT_USER_PROPERTIES, USER_ATTRIBUTES } from './user-attributes.ts';
import { shapedUser, visibleUser } from './users.ts';

export interface DirectoryObject {
  readonly type: Kind | 'user';
  readonly object: Stored;
}

const KINDS: Readonly<Record<Kind, ObjectKind>> = {
  application: APPLICATION,
  servicePrincipal: SERVICE_PRINCIPAL,
  group: GROUP,
};

const isUserProperty = (name: string): boolean => USER_ATTRIBUTES[name] !== undefined && !name.includes('/');

/** An object that readers can see by now. */
export const visibleAny = (tenant: Tenant, id: string): DirectoryObject | undefined => {
  const row = tenant.db.one<{ kind: Kind }>('select kind from objects where id = ?', id.toLowerCase());
  if (row) {
    const object = visibleObject(tenant, row.kind, { property: 'id', value: id });
    return object && { type: row.kind, object };
  }
  // A user principal name is no id.
  const user = id.includes('@') ? undefined : visibleUser(tenant, id);
  return user && { type: 'user', object: user };
};

/** The same; Graph's 404 where there is none. */
export const readAny = (tenant: Tenant, id: string): DirectoryObject => {
  const found = visibleAny(tenant, id);
  if (found) return found;
  throw notFound(id);
};

/** Refuses a property that no kind of object has. */
export const checkSelected = (select: readonly string[] | undefined): void => {
  const unknown = select?.find(
    (name) => !isUserProperty(name) && !Object.values(KINDS).some(({ properties }) => properties.includes(name)),
  );
  if (unknown !== undefined) throw unknownProperty(unknown, 'microsoft.graph.directoryObject');
};

/** An object as lists of mixed kinds carry it: its type, and of what was selected the properties that its kind has. */
export const shapedAny = (
  { type, object }: DirectoryObject,
  select: readonly string[] | undefined,
): Record<string, unknown> => ({
  '@odata.type': `#microsoft.graph.${type}`,
  ...(type === 'user'
    ? shapedUser(
        object,
        select?.filter((name) => isUserProperty(name) && name !== 'passwordProfile') ?? DEFAULT_USER_PROPERTIES,
      )
    : picked(
        object,
        KINDS[type],
        select?.filter((name) => KINDS[type].properties.includes(name)),
      )),
});

/** How audit events name an object. */
export const targetOf = ({ type, object }: DirectoryObject) => ({
  id: object.id,
  type: `${type[0]!.toUpperCase()}${type.slice(1)}`,
  displayName: String(object['displayName'] ?? ''),
  ...(type === 'user' && { userPrincipalName: String(object['userPrincipalName'] ?? '') }),
});
