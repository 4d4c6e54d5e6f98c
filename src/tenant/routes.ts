// Which rule answers which address. The first segment chooses the room.
import {
  createApplication,
  createServicePrincipal,
  deleteObject,
  getObject,
  type Key,
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
import type { Kind } from './objects.ts';
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

type Answer = (tenant: Tenant, request: GraphRequest) => GraphResponse;

/** A route's name is what statistics count it under. */
export interface Route {
  readonly name: string;
  readonly answer: Answer;
}

/** Finds the rule for a request; throws Graph's error where there is none. */
export const routeOf = ({ method, path }: Pick<GraphRequest, 'method' | 'path'>): Route => {
  const segments = splitPath(path);
  const [first = '', ...rest] = segments;
  const set = /^(\w+)\((?:(\w+)=)?'(.*)'\)$/s.exec(first);
  const room = ROOMS.get(set ? set[1]! : first);
  if (!room) throw badRequest(`Resource not found for the segment '${first}'.`);
  const key = set && { property: set[2] ?? 'id', value: set[3]!.replaceAll("''", "'") };
  const keyed = key ? rest : rest.slice(1);
  const name = [
    set ? set[1] : first,
    ...(key || rest.length > 0 ? ['{id}'] : []),
    ...keyed.map((part, i) => (i % 2 ? '{id}' : part)),
  ].join('/');
  const answer = room(method, key ?? (rest[0] === undefined ? undefined : { property: 'id', value: rest[0] }), keyed);
  return { name: `${method} /${name}`, answer };
};

/** Segments, decoded one by one: a slash inside the quotes of a key in parentheses belongs to the key. */
const splitPath = (path: string): readonly string[] => {
  const segments = path.match(/[^/(]+(?:\((?:[^')]|'[^']*')*\))?/g) ?? [];
  try {
    return segments.map(decodeURIComponent);
  } catch {
    throw badRequest('The request URI is malformed: it contains an invalid percent-encoding.');
  }
};

type Room = (method: string, key: { property: string; value: string } | undefined, rest: readonly string[]) => Answer;

const byMethod = (method: string, answers: Readonly<Record<string, Answer>>): Answer => {
  const answer = answers[method];
  if (!answer) throw methodNotAllowed();
  return answer;
};

const users: Room = (method, key, rest) => {
  if (!key) return byMethod(method, { GET: listUsers, POST: createUser });
  const { value: id } = key;
  if (id === '$count') return byMethod(method, { GET: countUsers });
  if (rest.length === 0) {
    return byMethod(method, {
      GET: (tenant, request) => getUser(tenant, request, id),
      PATCH: (tenant, request) => updateUser(tenant, request, id),
      DELETE: (tenant, request) => deleteUser(tenant, request, id),
    });
  }
  if (rest[0] !== 'appRoleAssignments') throw badRequest(`Resource not found for the segment '${rest[0]}'.`);
  return assignmentsOf(method, rest.slice(1), (tenant) => {
    const user = visibleUser(tenant, id);
    if (!user) throw notFound(id);
    return { kind: 'principal', id: user.id, set: `users('${user.id}')/appRoleAssignments` };
  });
};

const objects =
  (kind: Kind, create: Answer): Room =>
  (method, key, rest) => {
    if (!key) return byMethod(method, { GET: (tenant, request) => listObjects(tenant, request, kind), POST: create });
    if (
      key.property !== 'id' &&
      key.property !== 'appId' &&
      !(key.property === 'uniqueName' && kind === 'application')
    ) {
      throw badRequest(`'${key.property}' is not a key of the resource.`);
    }
    const named = key as Key;
    if (rest.length === 0) {
      return byMethod(method, {
        GET: (tenant, request) => getObject(tenant, request, kind, named),
        PATCH: (tenant, request) => updateObject(tenant, request, kind, named),
        DELETE: (tenant, request) => deleteObject(tenant, request, kind, named),
      });
    }
    if (kind === 'application' || (rest[0] !== 'appRoleAssignedTo' && rest[0] !== 'appRoleAssignments')) {
      throw badRequest('This request is currently not supported in the target entity group');
    }
    const side = rest[0] === 'appRoleAssignedTo' ? 'resource' : 'principal';
    return assignmentsOf(method, rest.slice(1), (tenant, request) => {
      const answer = getObject(tenant, { ...request, query: '' }, kind, named);
      const id = String((answer.body as { id: string }).id);
      return { kind: side, id, set: `servicePrincipals('${id}')/${rest[0]}` };
    });
  };

const assignmentsOf = (
  method: string,
  rest: readonly string[],
  sideOf: (tenant: Tenant, request: GraphRequest) => Side,
): Answer => {
  const [id] = rest;
  if (id === undefined) {
    return byMethod(method, {
      GET: (tenant, request) => listAssignments(tenant, request, sideOf(tenant, request)),
      POST: (tenant, request) => createAssignment(tenant, request, sideOf(tenant, request)),
    });
  }
  return byMethod(method, {
    GET: (tenant, request) => getAssignment(tenant, request, sideOf(tenant, request), id),
    DELETE: (tenant, request) => deleteAssignment(tenant, request, sideOf(tenant, request), id),
    PATCH: refuseUpdate,
  });
};

const single =
  (path: readonly string[], answer: Answer): Room =>
  (method, key, rest) => {
    const asked = [...(key ? [key.value] : []), ...rest].join('/');
    if (asked !== path.join('/')) throw badRequest(`Resource not found for the segment '${asked}'.`);
    return byMethod(method, { GET: answer });
  };

const ROOMS: ReadonlyMap<string, Room> = new Map([
  ['users', users],
  ['applications', objects('application', (tenant, request) => createApplication(tenant, request))],
  ['servicePrincipals', objects('servicePrincipal', (tenant, request) => createServicePrincipal(tenant, request))],
  ['directory', single(['deletedItems', 'microsoft.graph.user'], listDeletedUsers)],
  ['auditLogs', single(['directoryAudits'], listAudits)],
  ['organization', single([], listOrganization)],
  ['subscribedSkus', single([], listSkus)],
]);
