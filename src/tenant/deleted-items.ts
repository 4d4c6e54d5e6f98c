// Deleted objects: listed, looked at, restored, deleted for good.
// Source: https://learn.microsoft.com/graph/api/resources/directory
import { audit } from './audit.ts';
import { authorise } from './authorise.ts';
import { noteChange } from './changes.ts';
import { checkSelected, shapedAny, targetOf } from './directory-objects.ts';
import { badRequest, conflict, GraphError, notFound, unsupportedQuery } from './errors.ts';
import { insertObject, primaryObject, type Stored, visibleObject } from './objects.ts';
import { DEFAULT_PAGE, queryOptions, refuseExpand } from './query-options.ts';
import { encodeToken, type GraphRequest, type GraphResponse, nextLink, placeOf, type Tenant } from './request.ts';
import { type Deleted, type DeletedKind, deletedObject, deletedOf, erase, takeBack } from './soft-delete.ts';
import { checkPrincipalName } from './user-rules.ts';
import { isAddressHeld, refuseTaken } from './user-uniqueness.ts';
import { insertUser } from './users.ts';

/** `GET /directory/deletedItems/microsoft.graph.user` and its like. */
export const listDeleted = (tenant: Tenant, request: GraphRequest, kind: DeletedKind): GraphResponse => {
  const { filter, orderBy, search, expand, select, top, skipToken } = queryOptions(request.query, request.headers);
  if (filter || orderBy || search)
    throw unsupportedQuery('The local tenant lists deleted objects whole, without $filter, $orderby and $search.');
  refuseExpand(expand);
  checkSelected(select);
  const size = top ?? DEFAULT_PAGE;
  const rows = deletedOf(tenant, kind, skipToken === undefined ? 0 : placeOf(skipToken), size + 1);
  const page = rows.slice(0, size);
  const names = select ? `(${select.join(',')})` : '';
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#directory/deletedItems/microsoft.graph.${kind}${names}`,
      ...(rows.length > size && { '@odata.nextLink': nextLink(request, encodeToken(page.at(-1)!.n)) }),
      value: page.map(({ object }) => {
        const { '@odata.type': _said, ...properties } = shapedAny({ type: kind, object }, select);
        return properties;
      }),
    },
  };
};

const deleted = (tenant: Tenant, id: string): Deleted => {
  const found = deletedObject(tenant, id);
  if (found) return found;
  throw notFound(id);
};

/** `GET /directory/deletedItems/{id}`. */
export const getDeleted = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const { expand, select } = queryOptions(request.query, request.headers);
  refuseExpand(expand);
  checkSelected(select);
  const { kind: type, object } = deleted(tenant, id);
  authorise(tenant, request, { name: `GET /directory/deletedItems/microsoft.graph.${type}`, keys: [] });
  return { status: 200, body: { '@odata.context': contextOf(request), ...shapedAny({ type, object }, select) } };
};

/** Whoever may delete objects of a kind may restore them, and delete them for good. */
const authoriseWrite = (tenant: Tenant, request: GraphRequest, kind: DeletedKind): void =>
  authorise(tenant, request, { name: `DELETE /${kind}s/{id}`, keys: [] });

const contextOf = ({ root }: GraphRequest): string => `${root}/$metadata#directoryObjects/$entity`;

/** `DELETE /directory/deletedItems/{id}`: for good. */
export const deleteForGood = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const { kind, object } = deleted(tenant, id);
  authoriseWrite(tenant, request, kind);
  tenant.db.transaction(() => {
    erase(tenant, object.id);
    // Without its application a service principal can never come back.
    const dependent = kind === 'application' ? servicePrincipalOf(tenant, String(object['appId'])) : undefined;
    if (dependent !== undefined) erase(tenant, dependent);
    auditDeleted(tenant, request, `Hard Delete ${NAMES[kind]}`, 'Delete', kind, object);
  });
  return { status: 204 };
};

/** `POST /directory/deletedItems/{id}/restore`. An application brings its service principal back. */
export const restore = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const { kind, object } = deleted(tenant, id);
  authoriseWrite(tenant, request, kind);
  const restored = tenant.db.transaction(() => {
    const { deletedDateTime: _past, ...kept } = object;
    const back =
      kind === 'user'
        ? restoreUser(tenant, kept, restoreOptions(request))
        : restoreObject(tenant, kind, { ...kept, deletedDateTime: null });
    auditDeleted(tenant, request, `Restore ${NAMES[kind]}`, 'Update', kind, back);
    return back;
  });
  return {
    status: 200,
    body: { '@odata.context': contextOf(request), ...shapedAny({ type: kind, object: restored }, undefined) },
  };
};

const NAMES: Readonly<Record<DeletedKind, string>> = {
  user: 'user',
  group: 'group',
  application: 'application',
  servicePrincipal: 'service principal',
};

interface RestoreOptions {
  readonly newUserPrincipalName: string | undefined;
  readonly autoReconcileProxyConflict: boolean;
}

/** The action's parameters; a body is not needed. */
const restoreOptions = ({ body }: GraphRequest): RestoreOptions => {
  const given = (body ?? {}) as Readonly<Record<string, unknown>>;
  const { newUserPrincipalName: name, autoReconcileProxyConflict: reconcile } = given;
  const isText = name === undefined || name === null || typeof name === 'string';
  if (!isText || (reconcile !== undefined && reconcile !== null && typeof reconcile !== 'boolean'))
    throw badRequest('Invalid parameters for the action restore.');
  return { newUserPrincipalName: name ?? undefined, autoReconcileProxyConflict: reconcile === true };
};

/** A deleted user's name has the id in front of it, without dashes. */
const PREFIX_LENGTH = 32;

const restoreUser = (
  tenant: Tenant,
  user: Stored,
  { newUserPrincipalName, autoReconcileProxyConflict }: RestoreOptions,
): Stored => {
  const name = newUserPrincipalName ?? String(user['userPrincipalName']).slice(PREFIX_LENGTH);
  if (newUserPrincipalName !== undefined) checkPrincipalName(name, tenant.domains);
  refuseTaken(tenant.db, { userPrincipalName: name });
  const addresses = (user['proxyAddresses'] ?? []) as readonly string[];
  const free = addresses.filter((address) => !isAddressHeld(tenant.db, address));
  if (free.length < addresses.length && !autoReconcileProxyConflict) throw conflict('proxyAddresses');
  const back: Stored = { ...user, userPrincipalName: name, ...(addresses.length > 0 && { proxyAddresses: free }) };
  insertUser(tenant.db, back);
  takeBack(tenant, user.id);
  noteChange(tenant, 'user', user.id);
  tenant.replication.wrote(user.id, undefined);
  return back;
};

const restoreObject = (tenant: Tenant, kind: Exclude<DeletedKind, 'user'>, object: Stored): Stored => {
  const key = { property: 'appId', value: String(object['appId']) };
  const { uniqueName } = object;
  if (typeof uniqueName === 'string' && primaryObject(tenant, kind, { property: 'uniqueName', value: uniqueName }))
    throw conflict('uniqueName');
  if (kind === 'servicePrincipal') checkServicePrincipal(tenant, key);
  insertObject(tenant, kind, object);
  takeBack(tenant, object.id);
  if (kind === 'application') restoreServicePrincipal(tenant, String(object['appId']));
  return object;
};

const checkServicePrincipal = (tenant: Tenant, key: { readonly property: string; readonly value: string }): void => {
  if (!visibleObject(tenant, 'application', key)) {
    const message = `The appId '${key.value}' of the service principal does not reference a valid application object.`;
    throw badRequest(message, [{ code: 'NoBackingApplicationObject', message, target: 'appId' }]);
  }
  if (!primaryObject(tenant, 'servicePrincipal', key)) return;
  const message = `The service principal cannot be created, updated, or restored because the service principal name ${key.value} is already in use.`;
  throw new GraphError(409, 'Request_MultipleObjectsWithSameKeyValue', message, {
    details: [{ code: 'ConflictingObjects', message, target: 'servicePrincipalNames' }],
  });
};

/** The newest deleted service principal of an application: a tenant can have deleted several. */
const servicePrincipalOf = ({ db }: Tenant, appId: string): string | undefined =>
  db.one<{ id: string }>(
    "select id from deleted where kind = 'servicePrincipal' and json_extract(body, '$.appId') = ? order by n desc limit 1",
    appId,
  )?.id;

const restoreServicePrincipal = (tenant: Tenant, appId: string): void => {
  const id = servicePrincipalOf(tenant, appId);
  if (id === undefined) return;
  insertObject(tenant, 'servicePrincipal', { ...deletedObject(tenant, id)!.object, deletedDateTime: null });
  takeBack(tenant, id);
};

const auditDeleted = (
  tenant: Tenant,
  request: GraphRequest,
  activity: string,
  operation: 'Update' | 'Delete',
  type: DeletedKind,
  object: Stored,
): void => {
  const category = type === 'user' ? 'UserManagement' : type === 'group' ? 'GroupManagement' : 'ApplicationManagement';
  audit(tenant, request, { activity, category, operation, targets: [targetOf({ type, object })] });
};
