// Applications and service principals: listed, found by their keys, registered, changed.
import { isDeepStrictEqual } from 'node:util';
import type { Key } from './addresses.ts';
import { type AppRole, replacedRoles } from './app-roles.ts';
import { audit } from './audit.ts';
import { badRequest, conflict, GraphError, notFound } from './errors.ts';
import { matches } from './object-filter.ts';
import { OBJECT_KINDS, type ObjectKind } from './object-kinds.ts';
import {
  insertObject,
  type Kind,
  primaryObject,
  readObject,
  removeObject,
  replaceObject,
  type Stored,
  shown,
  visible,
  visibleObject,
} from './objects.ts';
import { ownWhatIsCreated, refuseForeign } from './ownership.ts';
import { DEFAULT_PAGE, optionsFor, type QueryOptions } from './query-options.ts';
import { refuseBeyondQuota } from './quota.ts';
import {
  encodeToken,
  type GraphRequest,
  type GraphResponse,
  nextLink,
  objectBody,
  placeOf,
  type Tenant,
} from './request.ts';
import { isFound } from './search.ts';
import { missing } from './user-rules.ts';

const SETS: Readonly<Record<Kind, string>> = {
  application: 'applications',
  servicePrincipal: 'servicePrincipals',
  group: 'groups',
};
const KINDS: Readonly<Record<Kind, ObjectKind>> = OBJECT_KINDS;

/** The kinds whose writes this room checks; groups have one of their own. */
export type Registered = 'application' | 'servicePrincipal';

/** `GET /applications`, `GET /servicePrincipals`, `GET /groups`. */
export const listObjects = (tenant: Tenant, request: GraphRequest, kind: Kind): GraphResponse => {
  const options = optionsFor(KINDS[kind], request.query, request.headers);
  const size = options.top ?? DEFAULT_PAGE;
  const start = options.skipToken === undefined ? 0 : placeOf(options.skipToken);
  const all = found(tenant, kind, options);
  if (options.orderBy) all.sort(byName(options.orderBy.descending));
  const more = all.length > start + size ? encodeToken(start + size) : undefined;
  const names = options.select ? `(${options.select.join(',')})` : '';
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#${SETS[kind]}${names}`,
      ...(options.count && start === 0 && { '@odata.count': all.length }),
      ...(more !== undefined && { '@odata.nextLink': nextLink(request, more) }),
      value: all.slice(start, start + size).map((object) => picked(object, KINDS[kind], options.select)),
    },
  };
};

/** `GET /applications/$count` and its like. */
export const countObjects = (tenant: Tenant, request: GraphRequest, kind: Kind): GraphResponse => {
  const options = optionsFor(KINDS[kind], request.query, request.headers);
  if (!options.isEventual) throw badRequest('$count is not currently supported.');
  return { status: 200, body: String(found(tenant, kind, options).length), isText: true };
};

/** What readers see of a kind, as far as it is asked for. */
const found = (tenant: Tenant, kind: Kind, { filter, search }: QueryOptions): Stored[] =>
  visible(tenant, kind)
    .map((object) => shown(tenant, kind, object))
    .filter((object) => (!filter || matches(filter, object)) && (!search || isFound(search, object)));

/** `GET` of one, by id or by an alternate key. */
export const getObject = (tenant: Tenant, request: GraphRequest, kind: Kind, key: Key): GraphResponse => {
  const { select } = optionsFor(KINDS[kind], request.query, request.headers);
  const names = select ? `(${select.join(',')})` : '';
  const context = `${request.root}/$metadata#${SETS[kind]}${names}/$entity`;
  return {
    status: 200,
    body: { '@odata.context': context, ...picked(readObject(tenant, kind, key), KINDS[kind], select) },
  };
};

/** The properties that were asked for; all of them if none was named. */
export const picked = (
  object: Readonly<Record<string, unknown>>,
  { lists }: ObjectKind,
  select: readonly string[] | undefined,
): Readonly<Record<string, unknown>> => {
  if (!select) return object;
  return Object.fromEntries(select.map((name) => [name, object[name] ?? (lists.includes(name) ? [] : null)]));
};

const byName =
  (descending: boolean) =>
  (a: Stored, b: Stored): number => {
    const [one, other] = [a, b].map((object) => String(object['displayName']).toLowerCase()) as [string, string];
    return (one < other ? -1 : one > other ? 1 : 0) * (descending ? -1 : 1);
  };

const TEXTS: Readonly<Record<Registered, readonly string[]>> = {
  application: ['displayName', 'description', 'notes', 'signInAudience', 'uniqueName', 'serviceManagementReference'],
  servicePrincipal: [
    'displayName',
    'description',
    'notes',
    'homepage',
    'loginUrl',
    'servicePrincipalType',
    'preferredSingleSignOnMode',
  ],
};
const LISTS: Readonly<Record<Registered, readonly string[]>> = {
  application: ['tags', 'identifierUris'],
  servicePrincipal: ['tags', 'alternativeNames', 'notificationEmailAddresses'],
};
const FLAGS: Readonly<Record<Registered, readonly string[]>> = {
  application: ['isFallbackPublicClient'],
  servicePrincipal: ['accountEnabled', 'appRoleAssignmentRequired'],
};

/** Checks what is written, and answers the properties to be kept. */
const checkedProperties = (
  body: Readonly<Record<string, unknown>>,
  kind: Registered,
  before: Stored | undefined,
): Record<string, unknown> => {
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const invalid = () =>
      badRequest(`Invalid value specified for property '${name}' of resource '${KINDS[kind].name}'.`);
    if (TEXTS[kind].includes(name)) {
      if (
        value !== null &&
        (typeof value !== 'string' || (name === 'displayName' && (value === '' || value.length > 256)))
      )
        throw invalid();
    } else if (LISTS[kind].includes(name)) {
      if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) throw invalid();
    } else if (FLAGS[kind].includes(name)) {
      if (typeof value !== 'boolean') throw invalid();
    } else if (name === 'appRoles' && kind === 'application') {
      properties[name] = replacedRoles(value, (before?.['appRoles'] as AppRole[] | undefined) ?? []);
      continue;
    } else if (name === 'appRoles') {
      // They are the application's: what is said of them here must be what the application has.
      if (before && isDeepStrictEqual(value, before['appRoles'])) continue;
      throw badRequest('Property appRoles on the service principal does not match the application object.');
    } else if (name === 'appId' && kind === 'servicePrincipal' && (!before || before['appId'] === value)) {
      continue;
    } else
      throw badRequest(
        `Property '${name}' does not exist as a declared property, or cannot be set, on resource '${KINDS[kind].name}'.`,
      );
    if (name === 'uniqueName' && before?.['uniqueName'] && before['uniqueName'] !== value) {
      throw badRequest("Property 'uniqueName' is immutable and cannot be changed once it is set.");
    }
    properties[name] = value;
  }
  return properties;
};

const MOST_ENTRIES = 1200;

/** All lists of an application together hold no more than its manifest takes. */
const checkSize = (application: Readonly<Record<string, unknown>>): void => {
  const lists = Object.values(application).filter((value) => Array.isArray(value));
  if (lists.reduce((sum, { length }) => sum + length, 0) <= MOST_ENTRIES) return;
  throw new GraphError(400, 'Directory_QuotaExceeded', `The manifest may hold at most ${MOST_ENTRIES} entries.`);
};

/** `POST /applications`, and an upsert by unique name that finds nothing. */
export const createApplication = (tenant: Tenant, request: GraphRequest, uniqueName?: string): GraphResponse => {
  const body = objectBody(request);
  if (typeof body['displayName'] !== 'string') throw missing('displayName', 'Application');
  const properties = checkedProperties(body, 'application', undefined);
  checkSize(properties);
  const name = uniqueName ?? properties['uniqueName'];
  if (name !== undefined && primaryObject(tenant, 'application', { property: 'uniqueName', value: String(name) })) {
    throw conflict('uniqueName');
  }
  refuseBeyondQuota(tenant);
  const application: Stored = {
    id: crypto.randomUUID(),
    deletedDateTime: null,
    appId: crypto.randomUUID(),
    createdDateTime: seconds(tenant.now()),
    description: null,
    identifierUris: [],
    notes: null,
    publisherDomain: tenant.domains[0],
    signInAudience: 'AzureADMyOrg',
    tags: [],
    appRoles: [],
    ...properties,
    uniqueName: name ?? null,
  };
  tenant.db.transaction(() => {
    insertObject(tenant, 'application', application);
    ownWhatIsCreated(tenant, request, application.id);
    auditObject(tenant, request, 'Add application', 'Add', 'application', application);
  });
  return created(request, 'application', application);
};

/** `POST /servicePrincipals`. One for each appId. */
export const createServicePrincipal = (tenant: Tenant, request: GraphRequest, key?: string): GraphResponse => {
  const body = objectBody(request);
  const appId = key ?? body['appId'];
  if (typeof appId !== 'string') throw missing('appId', 'ServicePrincipal');
  const application = visibleObject(tenant, 'application', { property: 'appId', value: appId });
  if (!application) {
    const message = `The appId '${appId}' of the service principal does not reference a valid application object.`;
    throw badRequest(message, [{ code: 'NoBackingApplicationObject', message, target: 'appId' }]);
  }
  refuseForeign(tenant, request, application.id);
  if (primaryObject(tenant, 'servicePrincipal', { property: 'appId', value: appId })) {
    const message = `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`;
    throw new GraphError(409, 'Request_MultipleObjectsWithSameKeyValue', message, {
      details: [{ code: 'ConflictingObjects', message, target: 'servicePrincipalNames' }],
    });
  }
  refuseBeyondQuota(tenant);
  const principal: Stored = {
    id: crypto.randomUUID(),
    deletedDateTime: null,
    accountEnabled: true,
    alternativeNames: [],
    appDisplayName: application['displayName'],
    appId: application['appId'],
    appOwnerOrganizationId: tenant.tenantId,
    appRoleAssignmentRequired: false,
    description: null,
    displayName: application['displayName'],
    homepage: null,
    loginUrl: null,
    notes: null,
    notificationEmailAddresses: [],
    servicePrincipalNames: [application['appId']],
    servicePrincipalType: 'Application',
    signInAudience: application['signInAudience'],
    tags: [],
    ...checkedProperties(body, 'servicePrincipal', undefined),
  };
  tenant.db.transaction(() => {
    insertObject(tenant, 'servicePrincipal', principal);
    ownWhatIsCreated(tenant, request, principal.id);
    auditObject(tenant, request, 'Add service principal', 'Add', 'servicePrincipal', principal);
  });
  return created(request, 'servicePrincipal', shown(tenant, 'servicePrincipal', principal));
};

export const created = (request: GraphRequest, kind: Kind, object: Stored): GraphResponse => ({
  status: 201,
  body: { '@odata.context': `${request.root}/$metadata#${SETS[kind]}/$entity`, ...object },
});

/** `PATCH`; by an alternate key and with `Prefer: create-if-missing` it creates what is not there. */
export const updateObject = (tenant: Tenant, request: GraphRequest, kind: Registered, key: Key): GraphResponse => {
  const before = primaryObject(tenant, kind, key);
  // An application is made by a name of the caller's choice, a service principal for an application that is there.
  const chosen = kind === 'application' ? 'uniqueName' : 'appId';
  const mayCreate =
    key.property === chosen && request.headers['prefer']?.toLowerCase().includes('create-if-missing') === true;
  if (!before) {
    if (!mayCreate) throw notFound(key.value);
    return kind === 'application'
      ? createApplication(tenant, request, key.value)
      : createServicePrincipal(tenant, request, key.value);
  }
  const properties = checkedProperties(objectBody(request), kind, shown(tenant, kind, before));
  if (kind === 'application') checkSize({ ...before, ...properties });
  tenant.db.transaction(() => {
    replaceObject(tenant, { ...before, ...properties });
    auditObject(
      tenant,
      request,
      kind === 'application' ? 'Update application' : 'Update service principal',
      'Update',
      kind,
      before,
    );
  });
  return { status: 204 };
};

/** `DELETE`: soft; an application takes its service principal with it, and either what is linked to it. */
export const deleteObject = (tenant: Tenant, request: GraphRequest, kind: Registered, key: Key): GraphResponse => {
  const object = primaryObject(tenant, kind, key);
  if (!object) throw notFound(key.value);
  tenant.db.transaction(() => {
    removeObject(tenant, kind, object);
    const principal =
      kind === 'application' &&
      primaryObject(tenant, 'servicePrincipal', { property: 'appId', value: String(object['appId']) });
    if (principal) removeObject(tenant, 'servicePrincipal', principal);
    const activity = kind === 'application' ? 'Delete application' : 'Remove service principal';
    auditObject(tenant, request, activity, 'Delete', kind, object);
  });
  return { status: 204 };
};

const auditObject = (
  tenant: Tenant,
  request: GraphRequest,
  activity: string,
  operation: 'Add' | 'Update' | 'Delete',
  kind: Kind,
  object: Stored,
): void => {
  const displayName = String(object['displayName'] ?? '');
  const targets = [{ id: object.id, type: KINDS[kind].name, displayName }];
  audit(tenant, request, { activity, category: 'ApplicationManagement', operation, targets });
};

const seconds = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`;
