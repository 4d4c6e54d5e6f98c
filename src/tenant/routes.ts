// Which rule answers which address.
import { finderOf, type Key } from './addresses.ts';
import {
  createApplication,
  createServicePrincipal,
  deleteObject,
  getObject,
  listObjects,
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
import { listAudits } from './audit.ts';
import { badRequest, methodNotAllowed, notFound } from './errors.ts';
import { type Kind, readObject } from './objects.ts';
import { listOrganization, listSkus } from './organization.ts';
import type { GraphRequest, GraphResponse, Tenant } from './request.ts';
import {
  countUsers,
  createUser,
  deleteUser,
  getUser,
  listDeletedUsers,
  listUsers,
  updateUser,
  visibleUser,
} from './users.ts';

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
  (kind: Kind, rule: (tenant: Tenant, request: GraphRequest, kind: Kind, key: Key) => GraphResponse): Rule =>
  (tenant, request, [key]) =>
    rule(tenant, request, kind, key!);

/** The addresses of a kind of object: the list, and one by its keys. */
const objects = (set: string, kind: Kind, create: Rule): Readonly<Record<string, Rules>> => ({
  [`/${set}`]: { GET: (tenant, request) => listObjects(tenant, request, kind), POST: create },
  [`/${set}/{id}`]: {
    GET: anObject(kind, getObject),
    PATCH: anObject(kind, updateObject),
    DELETE: anObject(kind, deleteObject),
  },
});

type SideOf = (tenant: Tenant, keys: readonly Key[]) => Side;

const userSide: SideOf = (tenant, keys) => {
  const named = userKey(keys);
  const user = visibleUser(tenant, named);
  if (!user) throw notFound(named);
  return { kind: 'principal', id: user.id, set: `users('${user.id}')/appRoleAssignments` };
};

const servicePrincipalSide =
  (kind: Side['kind'], relation: string): SideOf =>
  (tenant, [key]) => {
    const { id } = readObject(tenant, 'servicePrincipal', key!);
    return { kind, id, set: `servicePrincipals('${id}')/${relation}` };
  };

/** The addresses of one side's assignments. */
const assignments = (path: string, sideOf: SideOf): Readonly<Record<string, Rules>> => ({
  [path]: {
    GET: (tenant, request, keys) => listAssignments(tenant, request, sideOf(tenant, keys)),
    POST: (tenant, request, keys) => createAssignment(tenant, request, sideOf(tenant, keys)),
  },
  [`${path}/{id}`]: {
    GET: (tenant, request, keys) => getAssignment(tenant, request, sideOf(tenant, keys), keys[1]!.value),
    DELETE: (tenant, request, keys) => deleteAssignment(tenant, request, sideOf(tenant, keys), keys[1]!.value),
    PATCH: refuseUpdate,
  },
});

const onApplication: Rule = () => {
  throw badRequest('This request is currently not supported in the target entity group');
};
const REFUSED: Rules = { GET: onApplication, POST: onApplication, PATCH: onApplication, DELETE: onApplication };

const RULES: Readonly<Record<string, Rules>> = {
  '/users': { GET: listUsers, POST: createUser },
  '/users/$count': { GET: countUsers },
  '/users/{id}': { GET: aUser(getUser), PATCH: aUser(updateUser), DELETE: aUser(deleteUser) },
  ...assignments('/users/{id}/appRoleAssignments', userSide),
  ...objects('applications', 'application', (tenant, request) => createApplication(tenant, request)),
  // Assignments are the service principal's, not the application's.
  '/applications/{id}/appRoleAssignedTo': REFUSED,
  '/applications/{id}/appRoleAssignments': REFUSED,
  ...objects('servicePrincipals', 'servicePrincipal', (tenant, request) => createServicePrincipal(tenant, request)),
  ...assignments('/servicePrincipals/{id}/appRoleAssignedTo', servicePrincipalSide('resource', 'appRoleAssignedTo')),
  ...assignments('/servicePrincipals/{id}/appRoleAssignments', servicePrincipalSide('principal', 'appRoleAssignments')),
  '/directory/deletedItems/microsoft.graph.user': { GET: listDeletedUsers },
  '/auditLogs/directoryAudits': { GET: listAudits },
  '/organization': { GET: listOrganization },
  '/subscribedSkus': { GET: listSkus },
};

const find = finderOf(RULES);

/** The names of all routes. */
export const ROUTE_NAMES: readonly string[] = Object.entries(RULES).flatMap(([pattern, rules]) =>
  Object.keys(rules).map((method) => `${method} ${pattern}`),
);
