// App role assignments: who holds which role of which application.
import { createHash } from 'node:crypto';
import type { AppRole } from './app-roles.ts';
import { picked } from './applications.ts';
import { audit, type Doer } from './audit.ts';
import { type DirectoryObject, targetOf, visibleAny } from './directory-objects.ts';
import { badRequest, GraphError, methodNotAllowed, notFound } from './errors.ts';
import type { Filter } from './filter.ts';
import { matches } from './object-filter.ts';
import { ASSIGNED, ASSIGNED_TO } from './object-kinds.ts';
import { readObject, type Stored } from './objects.ts';
import { DEFAULT_PAGE, optionsFor } from './query-options.ts';
import {
  encodeToken,
  type GraphRequest,
  type GraphResponse,
  nextLink,
  objectBody,
  placeOf,
  type Tenant,
} from './request.ts';
import { missing } from './user-rules.ts';

const DEFAULT_ROLE = '00000000-0000-0000-0000-000000000000';
/** Of one principal, over all applications. Source: https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions */
const MOST_OF_A_PRINCIPAL = 1500;
const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const ASSIGNMENT_ID = /^[A-Za-z0-9_-]{43}$/;

interface Row {
  readonly n: number;
  readonly id: string;
  readonly principal: string;
  readonly principal_type: string;
  readonly resource: string;
  readonly role: string;
  readonly created: string;
}

/** 32 bytes as base64url: the principal's GUID as .NET writes its bytes, then 16 that are the assignment's own. */
const assignmentId = (principal: string, resource: string, role: string, now: number): string => {
  const bytes = Buffer.from(principal.replaceAll('-', ''), 'hex');
  const littleEndian = Buffer.concat([
    bytes.subarray(0, 4).reverse(),
    bytes.subarray(4, 6).reverse(),
    bytes.subarray(6, 8).reverse(),
    bytes.subarray(8),
  ]);
  const own = createHash('sha256').update(`${principal}${resource}${role}${now}`).digest().subarray(0, 16);
  return Buffer.concat([littleEndian, own]).toString('base64url');
};

/** Which side of an assignment an address stands on. */
export type Side = { readonly kind: 'resource' | 'principal'; readonly id: string; readonly set: string };

/** `GET …/appRoleAssignedTo` of a service principal, `GET …/appRoleAssignments` of a user. */
export const listAssignments = (tenant: Tenant, request: GraphRequest, side: Side): GraphResponse => {
  const kind = side.kind === 'resource' ? ASSIGNED_TO : ASSIGNED;
  const { select, filter, top, skipToken, count } = optionsFor(kind, request.query, request.headers);
  const size = top ?? DEFAULT_PAGE;
  const value: Record<string, unknown>[] = [];
  let last = 0;
  let more: string | undefined;
  for (const { n, one } of seenFrom(tenant, side, skipToken === undefined ? 0 : placeOf(skipToken), size)) {
    if (filter && !matches(filter, one)) continue;
    if (value.length === size) {
      more = encodeToken(last);
      break;
    }
    value.push(one);
    last = n;
  }
  const names = select ? `(${select.join(',')})` : '';
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#${side.set}${names}`,
      ...(count && skipToken === undefined && { '@odata.count': countSeen(tenant, side, filter) }),
      ...(more !== undefined && { '@odata.nextLink': nextLink(request, more) }),
      value: value.map((one) => picked(one, kind, select)),
    },
  };
};

interface Seen {
  readonly n: number;
  readonly one: Record<string, unknown>;
}

/** What readers see of a side's assignments after a place, read `step` rows at a time. */
function* seenFrom(tenant: Tenant, side: Side, place: number, step: number): Generator<Seen> {
  const sql = `select * from assignments where ${side.kind} = ? and gone = 0 and n > ? order by n limit ?`;
  const names = new Map<string, string | null>();
  const gone = ghosts(tenant, side).filter(({ n }) => n > place);
  const seen = (row: Row): Seen => ({ n: row.n, one: shaped(tenant, row, names) });
  for (let after = place; ; ) {
    const rows = tenant.db.all<Row>(sql, side.id, after, step + 1);
    for (const row of rows) {
      after = row.n;
      while (gone[0] && gone[0].n < row.n) yield seen(gone.shift()!);
      if (tenant.replication.isSeen(row.id)) yield seen(row);
    }
    if (rows.length <= step) break;
  }
  for (const row of gone) yield seen(row);
}

/** Assignments that are gone and still seen, in the order of their rows. */
const ghosts = ({ replication }: Tenant, side: Side): readonly Row[] =>
  replication
    .ghosts('assignment')
    .map((body): Row => JSON.parse(body))
    .filter((row) => row[side.kind] === side.id)
    .sort((a, b) => a.n - b.n);

/** The first of a side's assignments. */
export const firstAssignments = (tenant: Tenant, side: Side, most: number): readonly Record<string, unknown>[] => {
  const first: Record<string, unknown>[] = [];
  for (const { one } of seenFrom(tenant, side, 0, most)) {
    first.push(one);
    if (first.length === most) break;
  }
  return first;
};

const COUNT_STEP = 1000;

const countSeen = (tenant: Tenant, side: Side, filter: Filter | undefined): number => {
  let count = 0;
  for (const { one } of seenFrom(tenant, side, 0, COUNT_STEP)) if (!filter || matches(filter, one)) count += 1;
  return count;
};

/** `GET …/appRoleAssignedTo/{id}`. */
export const getAssignment = (tenant: Tenant, request: GraphRequest, side: Side, id: string): GraphResponse => {
  const { select } = optionsFor(ASSIGNED, request.query, request.headers);
  const row = tenant.db.one<Row>(
    `select * from assignments where id = ? and ${side.kind} = ? and gone = 0`,
    id,
    side.id,
  );
  const seen = row && tenant.replication.isSeen(row.id) ? row : ghosts(tenant, side).find((ghost) => ghost.id === id);
  if (!seen) throw notFound(id);
  const one = picked(shaped(tenant, seen, new Map()), ASSIGNED, select);
  const names = select ? `(${select.join(',')})` : '';
  return { status: 200, body: { '@odata.context': `${request.root}/$metadata#${side.set}${names}/$entity`, ...one } };
};

const shaped = ({ db }: Tenant, row: Row, names: Map<string, string | null>): Record<string, unknown> => {
  const nameOf = (id: string): string | null => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const found =
      db.one<{ name: string }>("select json_extract(body, '$.displayName') as name from users where id = ?", id) ??
      db.one<{ name: string }>("select json_extract(body, '$.displayName') as name from objects where id = ?", id);
    names.set(id, found?.name ?? null);
    return found?.name ?? null;
  };
  return {
    id: row.id,
    deletedDateTime: null,
    appRoleId: row.role,
    createdDateTime: row.created,
    principalDisplayName: nameOf(row.principal),
    principalId: row.principal,
    principalType: row.principal_type,
    resourceDisplayName: nameOf(row.resource),
    resourceId: row.resource,
  };
};

/** `POST` on either side. */
export const createAssignment = (tenant: Tenant, request: GraphRequest, side: Side): GraphResponse => {
  const body = objectBody(request);
  const given = (name: string): string => {
    const value = body[name];
    if (value === undefined || value === null) throw missing(name, 'AppRoleAssignment');
    if (typeof value !== 'string' || !GUID.test(value))
      throw badRequest(`Invalid value specified for property '${name}' of resource 'AppRoleAssignment'.`);
    return value.toLowerCase();
  };
  for (const name of Object.keys(body)) {
    if (!['principalId', 'resourceId', 'appRoleId', '@odata.type'].includes(name)) {
      throw badRequest(
        `Property '${name}' does not exist as a declared property, or cannot be set, on resource 'AppRoleAssignment'.`,
      );
    }
  }
  const [principalId, resourceId, roleId] = [given('principalId'), given('resourceId'), given('appRoleId')];
  if ((side.kind === 'resource' ? resourceId : principalId) !== side.id)
    throw badRequest('Not a valid reference update.');
  const principal = findPrincipal(tenant, principalId);
  const resource = readObject(tenant, 'servicePrincipal', { property: 'id', value: resourceId });
  const refuse = (error: GraphError): GraphError => {
    auditAssignment(tenant, request, principal, resource, 'Add', error.message);
    return error;
  };
  checkRole(resource, roleId, principal.type, refuse);
  const { db } = tenant;
  if (
    db.one(
      'select 1 from assignments where principal = ? and resource = ? and role = ?',
      principalId,
      resourceId,
      roleId,
    )
  ) {
    throw refuse(badRequest('Permission being assigned already exists on the object'));
  }
  const held = db.one<{ count: number }>(
    'select count(*) as count from assignments where principal = ? and gone = 0',
    principalId,
  )!.count;
  if (held >= MOST_OF_A_PRINCIPAL) {
    throw refuse(
      new GraphError(
        400,
        'Directory_QuotaExceeded',
        'The directory object quota limit for app role assignments has been exceeded.',
      ),
    );
  }
  const id = assignmentId(principalId, resourceId, roleId, tenant.now());
  const createdAt = new Date(tenant.now()).toISOString();
  db.transaction(() => {
    db.run(
      'insert into assignments (id, principal, principal_type, resource, role, created) values (?, ?, ?, ?, ?, ?)',
      id,
      principalId,
      principal.type,
      resourceId,
      roleId,
      createdAt,
    );
    auditAssignment(tenant, request, principal, resource, 'Add');
  });
  tenant.replication.wrote(id, undefined);
  const row = {
    n: 0,
    id,
    principal: principalId,
    principal_type: principal.type,
    resource: resourceId,
    role: roleId,
    created: createdAt,
  };
  const names = new Map([
    [principalId, principal.displayName],
    [resourceId, String(resource['displayName'])],
  ]);
  return {
    status: 201,
    body: { '@odata.context': `${request.root}/$metadata#${side.set}/$entity`, ...shaped(tenant, row, names) },
  };
};

interface Principal {
  readonly type: 'User' | 'Group' | 'ServicePrincipal';
  readonly displayName: string;
  readonly object: DirectoryObject;
}

const PRINCIPALS: Readonly<Partial<Record<DirectoryObject['type'], Principal['type']>>> = {
  user: 'User',
  group: 'Group',
  servicePrincipal: 'ServicePrincipal',
};

const findPrincipal = (tenant: Tenant, id: string): Principal => {
  const object = visibleAny(tenant, id);
  const type = object && PRINCIPALS[object.type];
  if (!type) throw notFound(id);
  return { type, displayName: String(object.object['displayName']), object };
};

/** The default role only where the application has none; else an enabled one that is for this kind of principal. */
const checkRole = (
  resource: Stored,
  roleId: string,
  type: Principal['type'],
  refuse: (error: GraphError) => GraphError,
): void => {
  const roles = resource['appRoles'] as readonly AppRole[];
  if (roleId === DEFAULT_ROLE && roles.length === 0) return;
  const role = roles.find(({ id }) => id.toLowerCase() === roleId);
  const member = type === 'ServicePrincipal' ? 'Application' : 'User';
  if (role?.isEnabled && role.allowedMemberTypes.includes(member)) return;
  throw refuse(badRequest(`Permission being assigned was not found on application '${resource['appId']}'.`));
};

/** `DELETE …/appRoleAssignedTo/{id}`. */
export const deleteAssignment = (tenant: Tenant, request: GraphRequest, side: Side, id: string): GraphResponse => {
  if (!ASSIGNMENT_ID.test(id)) throw badRequest('Invalid resource identifier for EntitlementGrant.');
  const { db } = tenant;
  const row = db.one<Row>(`select * from assignments where id = ? and ${side.kind} = ? and gone = 0`, id, side.id);
  if (!row) throw badRequest('EntitlementGrant being updated or deleted is not found.');
  remove(tenant, request, row);
  return { status: 204 };
};

const remove = (tenant: Tenant, doer: Doer, row: Row): void => {
  const { db } = tenant;
  db.transaction(() => {
    db.run('delete from assignments where n = ?', row.n);
    const resource = readObject(tenant, 'servicePrincipal', { property: 'id', value: row.resource });
    auditAssignment(tenant, doer, findPrincipal(tenant, row.principal), resource, 'Remove');
  });
  tenant.replication.removed('assignment', row.id, JSON.stringify(row));
};

/** Removes all that a principal holds of an application by itself, whatever the role; answers how many it were. */
export const removeDirect = (tenant: Tenant, doer: Doer, principal: string, resource: string): number => {
  const sql = 'select * from assignments where principal = ? and resource = ? and gone = 0';
  const rows = tenant.db.all<Row>(sql, principal, resource);
  for (const row of rows) remove(tenant, doer, row);
  return rows.length;
};

/** An assignment is made and removed, never changed. */
export const refuseUpdate = (): never => {
  throw methodNotAllowed();
};

/** What the audit log calls an assignment, by the kind of its principal. */
const AUDITED = {
  User: {
    category: 'UserManagement',
    activities: {
      Add: 'Add app role assignment grant to user',
      Remove: 'Remove app role assignment from user',
    },
  },
  Group: {
    category: 'GroupManagement',
    activities: { Add: 'Add app role assignment to group', Remove: 'Remove app role assignment from group' },
  },
  ServicePrincipal: {
    category: 'ApplicationManagement',
    activities: {
      Add: 'Add app role assignment to service principal',
      Remove: 'Remove app role assignment from service principal',
    },
  },
} as const;

const auditAssignment = (
  tenant: Tenant,
  request: Doer,
  principal: Principal,
  resource: Stored,
  verb: 'Add' | 'Remove',
  failure?: string,
): void => {
  const { activities, category } = AUDITED[principal.type];
  audit(tenant, request, {
    activity: activities[verb],
    category,
    operation: verb === 'Add' ? 'Assign' : 'Unassign',
    targets: [
      { id: resource.id, type: 'ServicePrincipal', displayName: String(resource['displayName']) },
      targetOf(principal.object),
    ],
    ...(failure !== undefined && { failure }),
  });
};
