// Which rule answers which address.
import { finderOf, type Key } from './addresses.ts';
import {
  countObjects,
  createApplication,
  createServicePrincipal,
  deleteObject,
  getObject,
  listObjects,
  type Registered,
  updateObject,
} from './applications.ts';
import {
  createAssignment,
  deleteAssignment,
  getAssignment,
  listAssignments,
  refuseUpdate,
  type Side,
} from './assignments.ts';
import { getAudit, listAudits } from './audit.ts';
import { deleteForGood, getDeleted, listDeleted, restore } from './deleted-items.ts';
import { listDelta } from './delta.ts';
import { type DirectoryObject, readAny } from './directory-objects.ts';
import { checkMemberGroups, getAny, getByIds, getMemberGroups } from './directory-queries.ts';
import { badRequest, methodNotAllowed, notFound } from './errors.ts';
import { expanding } from './expand.ts';
import { createGroup, deleteGroup, updateGroup } from './groups.ts';
import { invite } from './invitations.ts';
import type { Relation } from './links.ts';
import { type Kind, readObject } from './objects.ts';
import { getDomain, getOrganization, getSku, listDomains, listOrganization, listSkus } from './organization.ts';
import {
  addReference,
  countRelated,
  getManager,
  getManagerReference,
  LISTED,
  listRelated,
  removeManager,
  removeReference,
  setManager,
} from './relations.ts';
import type { GraphRequest, GraphResponse, Tenant } from './request.ts';
import { REVIEW_RULES } from './reviews/routes.ts';
import type { DeletedKind } from './soft-delete.ts';
import { countUsers, createUser, deleteUser, getUser, listUsers, updateUser, visibleUser } from './users.ts';

/** `keys` are those of the address, from left to right. */
type Rule = (tenant: Tenant, request: GraphRequest, keys: readonly Key[]) => GraphResponse;
/** By method. */
type Rules = Readonly<Record<string, Rule>>;

/** A route's name is what statistics count it under: `GET /users/{id}`. */
export interface Route {
  readonly name: string;
  readonly keys: readonly Key[];
  readonly answer: (tenant: Tenant, request: GraphRequest) => GraphResponse;
}

/** Finds the rule for a request; throws Graph's error where there is none. */
export const routeOf = ({ method, path }: Pick<GraphRequest, 'method' | 'path'>): Route => {
  const { pattern, found, keys } = find(path);
  const rule = found[method];
  if (!rule) throw methodNotAllowed();
  return { name: `${method} ${pattern}`, keys, answer: (tenant, request) => rule(tenant, request, keys) };
};

/** A user is named by id or user principal name, whichever of the keys' names is given. */
const userKey = ([key]: readonly Key[]): string => {
  if (key!.property === 'id' || key!.property === 'userPrincipalName') return key!.value;
  throw badRequest(`'${key!.property}' is not a key of the resource.`);
};

const aUser =
  (rule: (tenant: Tenant, request: GraphRequest, user: string) => GraphResponse): Rule =>
  (tenant, request, keys) =>
    rule(tenant, request, userKey(keys));

const anObject =
  <K extends Kind>(kind: K, rule: (tenant: Tenant, request: GraphRequest, kind: K, key: Key) => GraphResponse): Rule =>
  (tenant, request, [key]) =>
    rule(tenant, request, kind, key!);

/** The addresses of a kind of object: the list, and one by its keys. */
const objects = (set: string, kind: Registered, create: Rule): Readonly<Record<string, Rules>> => ({
  [`/${set}`]: { GET: expanding(set, (tenant, request) => listObjects(tenant, request, kind)), POST: create },
  [`/${set}/$count`]: { GET: (tenant, request) => countObjects(tenant, request, kind) },
  [`/${set}/{id}`]: {
    GET: expanding(set, anObject(kind, getObject)),
    PATCH: anObject(kind, updateObject),
    DELETE: anObject(kind, deleteObject),
  },
});

/** Finds the object in an address as readers see it. */
type Find = (tenant: Tenant, keys: readonly Key[]) => DirectoryObject;

const findUser: Find = (tenant, keys) => {
  const named = userKey(keys);
  const object = visibleUser(tenant, named);
  if (!object) throw notFound(named);
  return { type: 'user', object };
};

const objectFinder =
  (kind: Kind): Find =>
  (tenant, [key]) => ({ type: kind, object: readObject(tenant, kind, key!) });

const findAny: Find = (tenant, [key]) => readAny(tenant, key!.value);

const CASTS: readonly DirectoryObject['type'][] = ['user', 'group', 'servicePrincipal'];

/** The addresses of a relation that is listed, whole, of one type, and counted. */
const related = (set: string, find: Find, name: keyof typeof LISTED): Readonly<Record<string, Rules>> => {
  const path = `/${set}/{id}/${name}`;
  const listed = LISTED[name];
  const list =
    (type?: DirectoryObject['type']): Rule =>
    (tenant, request, keys) =>
      listRelated(tenant, request, listed, { id: find(tenant, keys).object.id, set: 'directoryObjects', type });
  return {
    [path]: { GET: list() },
    [`${path}/$count`]: {
      GET: (tenant, request, keys) => countRelated(tenant, request, listed, find(tenant, keys).object.id),
    },
    ...Object.fromEntries(CASTS.map((type) => [`${path}/microsoft.graph.${type}`, { GET: list(type) }])),
  };
};

/** The addresses that add to a relation and take from it. */
const references = (set: string, find: Find, relation: Relation): Readonly<Record<string, Rules>> => ({
  [`/${set}/{id}/${relation}/$ref`]: {
    POST: (tenant, request, keys) => addReference(tenant, request, find(tenant, keys), relation),
  },
  [`/${set}/{id}/${relation}/{id}/$ref`]: {
    DELETE: (tenant, request, keys) => removeReference(tenant, request, find(tenant, keys), relation, keys[1]!.value),
  },
});

const memberships = (set: string, find: Find): Readonly<Record<string, Rules>> => ({
  ...related(set, find, 'memberOf'),
  ...related(set, find, 'transitiveMemberOf'),
  [`/${set}/{id}/getMemberGroups`]: {
    POST: (tenant, request, keys) => getMemberGroups(tenant, request, find(tenant, keys)),
  },
  [`/${set}/{id}/checkMemberGroups`]: {
    POST: (tenant, request, keys) => checkMemberGroups(tenant, request, find(tenant, keys)),
  },
});

const listOfDeleted =
  (kind: DeletedKind): Rule =>
  (tenant, request) =>
    listDeleted(tenant, request, kind);

/** What was deleted is restored among the deleted items, not where it was. */
const restoreInPlace: Rule = (tenant, _request, keys) => {
  throw badRequest(`The user '${findUser(tenant, keys).object.id}' is not deleted.`);
};

/** The addresses of one side's assignments. */
const assignments = (set: string, find: Find, kind: Side['kind']): Readonly<Record<string, Rules>> => {
  const relation = kind === 'resource' ? 'appRoleAssignedTo' : 'appRoleAssignments';
  const path = `/${set}/{id}/${relation}`;
  const sideOf = (tenant: Tenant, keys: readonly Key[]): Side => {
    const { id } = find(tenant, keys).object;
    return { kind, id, set: `${set}('${id}')/${relation}` };
  };
  return {
    [path]: {
      GET: (tenant, request, keys) => listAssignments(tenant, request, sideOf(tenant, keys)),
      POST: (tenant, request, keys) => createAssignment(tenant, request, sideOf(tenant, keys)),
    },
    [`${path}/{id}`]: {
      GET: (tenant, request, keys) => getAssignment(tenant, request, sideOf(tenant, keys), keys[1]!.value),
      DELETE: (tenant, request, keys) => deleteAssignment(tenant, request, sideOf(tenant, keys), keys[1]!.value),
      PATCH: refuseUpdate,
    },
  };
};

const onApplication: Rule = () => {
  throw badRequest('This request is currently not supported in the target entity group');
};
const REFUSED: Rules = { GET: onApplication, POST: onApplication, PATCH: onApplication, DELETE: onApplication };

const [findApplication, findServicePrincipal, findGroup] = (['application', 'servicePrincipal', 'group'] as const).map(
  objectFinder,
) as [Find, Find, Find];

const RULES: Readonly<Record<string, Rules>> = {
  '/users': { GET: expanding('users', listUsers), POST: createUser },
  '/users/delta': { GET: (tenant, request) => listDelta(tenant, request, 'user') },
  '/users/$count': { GET: countUsers },
  '/users/{id}': { GET: expanding('users', aUser(getUser)), PATCH: aUser(updateUser), DELETE: aUser(deleteUser) },
  '/users/{id}/restore': { POST: restoreInPlace },
  '/users/{id}/manager': {
    GET: (tenant, request, keys) => getManager(tenant, request, findUser(tenant, keys).object.id),
  },
  '/users/{id}/manager/$ref': {
    GET: (tenant, request, keys) => getManagerReference(tenant, request, findUser(tenant, keys).object.id),
    PUT: (tenant, request, keys) => setManager(tenant, request, findUser(tenant, keys)),
    DELETE: (tenant, request, keys) => removeManager(tenant, request, findUser(tenant, keys)),
  },
  ...related('users', findUser, 'directReports'),
  ...related('users', findUser, 'ownedObjects'),
  ...memberships('users', findUser),
  ...assignments('users', findUser, 'principal'),

  '/groups/delta': { GET: (tenant, request) => listDelta(tenant, request, 'group') },
  '/groups': {
    GET: expanding('groups', (tenant, request) => listObjects(tenant, request, 'group')),
    POST: (tenant, request) => createGroup(tenant, request),
  },
  '/groups/$count': { GET: (tenant, request) => countObjects(tenant, request, 'group') },
  '/groups/{id}': {
    GET: expanding('groups', anObject('group', getObject)),
    PATCH: (tenant, request, [key]) => updateGroup(tenant, request, key!),
    DELETE: (tenant, request, [key]) => deleteGroup(tenant, request, key!),
  },
  ...related('groups', findGroup, 'members'),
  ...related('groups', findGroup, 'transitiveMembers'),
  ...related('groups', findGroup, 'owners'),
  ...references('groups', findGroup, 'members'),
  ...references('groups', findGroup, 'owners'),
  ...memberships('groups', findGroup),
  ...assignments('groups', findGroup, 'principal'),

  ...objects('applications', 'application', (tenant, request) => createApplication(tenant, request)),
  ...related('applications', findApplication, 'owners'),
  ...references('applications', findApplication, 'owners'),
  // Assignments are the service principal's, not the application's.
  '/applications/{id}/appRoleAssignedTo': REFUSED,
  '/applications/{id}/appRoleAssignments': REFUSED,

  ...objects('servicePrincipals', 'servicePrincipal', (tenant, request) => createServicePrincipal(tenant, request)),
  ...related('servicePrincipals', findServicePrincipal, 'owners'),
  ...related('servicePrincipals', findServicePrincipal, 'ownedObjects'),
  ...references('servicePrincipals', findServicePrincipal, 'owners'),
  ...memberships('servicePrincipals', findServicePrincipal),
  ...assignments('servicePrincipals', findServicePrincipal, 'resource'),
  ...assignments('servicePrincipals', findServicePrincipal, 'principal'),

  '/invitations': { POST: invite },

  '/directoryObjects/getByIds': { POST: getByIds },
  '/directoryObjects/microsoft.graph.getByIds': { POST: getByIds },
  '/directoryObjects/{id}': { GET: (tenant, request, [key]) => getAny(tenant, request, key!.value) },
  '/directoryObjects/{id}/getMemberGroups': {
    POST: (tenant, request, keys) => getMemberGroups(tenant, request, findAny(tenant, keys)),
  },
  '/directoryObjects/{id}/checkMemberGroups': {
    POST: (tenant, request, keys) => checkMemberGroups(tenant, request, findAny(tenant, keys)),
  },
  '/directory/deletedItems/microsoft.graph.user': { GET: listOfDeleted('user') },
  '/directory/deletedItems/microsoft.graph.group': { GET: listOfDeleted('group') },
  '/directory/deletedItems/microsoft.graph.application': { GET: listOfDeleted('application') },
  '/directory/deletedItems/microsoft.graph.servicePrincipal': { GET: listOfDeleted('servicePrincipal') },
  '/directory/deletedItems/{id}': {
    GET: (tenant, request, [key]) => getDeleted(tenant, request, key!.value),
    DELETE: (tenant, request, [key]) => deleteForGood(tenant, request, key!.value),
  },
  '/directory/deletedItems/{id}/restore': {
    POST: (tenant, request, [key]) => restore(tenant, request, key!.value),
  },

  ...REVIEW_RULES,

  '/auditLogs/directoryAudits': { GET: listAudits },
  '/auditLogs/directoryAudits/{id}': { GET: (tenant, request, [key]) => getAudit(tenant, request, key!.value) },
  '/organization': { GET: listOrganization },
  '/organization/{id}': { GET: (tenant, request, [key]) => getOrganization(tenant, request, key!.value) },
  '/domains': { GET: listDomains },
  '/domains/{id}': { GET: (tenant, request, [key]) => getDomain(tenant, request, key!.value) },
  '/subscribedSkus': { GET: listSkus },
  '/subscribedSkus/{id}': { GET: (tenant, request, [key]) => getSku(tenant, request, key!.value) },
};

const find = finderOf(RULES);

/** The names of all routes. */
export const ROUTE_NAMES: readonly string[] = Object.entries(RULES).flatMap(([pattern, rules]) =>
  Object.keys(rules).map((method) => `${method} ${pattern}`),
);
