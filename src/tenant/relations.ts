// Relations between directory objects as addresses name them: who is in what, who owns what, who manages whom.
import { audit } from './audit.ts';
import { checkSelected, type DirectoryObject, readAny, shapedAny, targetOf, visibleAny } from './directory-objects.ts';
import { badRequest, notFound, unsupportedQuery } from './errors.ts';
import {
  addLink,
  isLinked,
  type Link,
  linksOf,
  type Relation,
  reachedBy,
  removeLink,
  removeLinksFrom,
} from './links.ts';
import { matches } from './object-filter.ts';
import { checkFilter, DIRECTORY_OBJECT } from './object-kinds.ts';
import { DEFAULT_PAGE, type QueryOptions, queryOptions, refuseExpand } from './query-options.ts';
import {
  decodeToken,
  encodeToken,
  type GraphRequest,
  type GraphResponse,
  nextLink,
  objectBody,
  type Tenant,
} from './request.ts';
import { checkSearch, isFound } from './search.ts';

type Type = DirectoryObject['type'];

/** A relation that can be listed: the links of an object, read from one of their ends, one step or all the way. */
export interface Listed {
  readonly relation: Relation;
  /** Which end of the links the object in the address is. */
  readonly end: 'source' | 'target';
  readonly isTransitive?: true;
}

export const LISTED = {
  members: { relation: 'members', end: 'source' },
  transitiveMembers: { relation: 'members', end: 'source', isTransitive: true },
  memberOf: { relation: 'members', end: 'target' },
  transitiveMemberOf: { relation: 'members', end: 'target', isTransitive: true },
  owners: { relation: 'owners', end: 'source' },
  ownedObjects: { relation: 'owners', end: 'target' },
  directReports: { relation: 'manager', end: 'target' },
} as const satisfies Record<string, Listed>;

interface Related {
  /** Where the list goes on behind this one. */
  readonly place: string | number;
  readonly one: DirectoryObject;
}

/** What an object is related to, as readers see it. */
export function* relatedTo(
  tenant: Tenant,
  { relation, end, isTransitive }: Listed,
  id: string,
  place?: string | number,
): Generator<Related> {
  if (isTransitive) {
    for (const other of reachedBy(tenant, end, id)) {
      if (typeof place === 'string' && other <= place) continue;
      const one = visibleAny(tenant, other);
      if (one) yield { place: other, one };
    }
    return;
  }
  const otherEnd = (link: Link): string => (end === 'source' ? link.target : link.source);
  for (const link of linksOf(tenant, relation, end, id, typeof place === 'number' ? place : 0)) {
    const one = visibleAny(tenant, otherEnd(link));
    if (one) yield { place: link.n, one };
  }
}

/** `GET` of a relation. `set` is what the answer's context names; with `type`, only objects of that type. */
export const listRelated = (
  tenant: Tenant,
  request: GraphRequest,
  listed: Listed,
  { id, set, type }: { readonly id: string; readonly set: string; readonly type?: Type | undefined },
): GraphResponse => {
  const options = relatedOptions(request);
  const { select, top, skipToken, count } = options;
  if (type && !options.isEventual)
    throw unsupportedQuery('A type cast in the address takes the header ConsistencyLevel: eventual.');
  const size = top ?? DEFAULT_PAGE;
  const isWanted = wanted(options, type);
  const value: Record<string, unknown>[] = [];
  let last: string | number = 0;
  let more: string | undefined;
  for (const { place, one } of relatedTo(
    tenant,
    listed,
    id,
    skipToken === undefined ? undefined : placeIn(skipToken),
  )) {
    if (!isWanted(one)) continue;
    if (value.length === size) {
      more = encodeToken(last);
      break;
    }
    value.push(shapedAny(one, select));
    last = place;
  }
  const names = select ? `(${select.join(',')})` : '';
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#${set}${names}`,
      ...(count && skipToken === undefined && { '@odata.count': countOf(relatedTo(tenant, listed, id), isWanted) }),
      ...(more !== undefined && { '@odata.nextLink': nextLink(request, more) }),
      value,
    },
  };
};

/** `GET …/$count` of a relation. */
export const countRelated = (tenant: Tenant, request: GraphRequest, listed: Listed, id: string): GraphResponse => {
  const options = relatedOptions(request);
  if (!options.isEventual) throw badRequest('$count is not currently supported.');
  return { status: 200, body: String(countOf(relatedTo(tenant, listed, id), wanted(options))), isText: true };
};

const relatedOptions = (request: GraphRequest): QueryOptions => {
  const options = queryOptions(request.query, request.headers);
  refuseExpand(options.expand);
  checkSelected(options.select);
  if (options.filter) checkFilter(DIRECTORY_OBJECT, options.filter, options.isAdvanced);
  if (options.search) checkSearch(options.search, DIRECTORY_OBJECT.searchable ?? []);
  if (options.orderBy) throw unsupportedQuery('Sorting not supported for current query.');
  return options;
};

const wanted =
  ({ filter, search }: QueryOptions, type?: Type) =>
  ({ type: own, object }: DirectoryObject): boolean =>
    (type === undefined || own === type) &&
    (!filter || matches(filter, object)) &&
    (!search || isFound(search, object));

const countOf = (related: Iterable<Related>, isWanted: (one: DirectoryObject) => boolean): number => {
  let count = 0;
  for (const { one } of related) if (isWanted(one)) count += 1;
  return count;
};

const placeIn = (token: string): string | number => {
  const place = decodeToken(token);
  if (typeof place === 'string' || Number.isSafeInteger(place)) return place as string | number;
  throw badRequest('The skip token is not valid.');
};

/** What may be linked, and what the audit log calls it. */
interface Rule {
  readonly relation: Relation;
  readonly accepts: readonly Type[];
  readonly add: string;
  readonly remove: string;
  readonly category: 'ApplicationManagement' | 'GroupManagement' | 'UserManagement';
}

const owners = (of: string, category: Rule['category']): Rule => ({
  relation: 'owners',
  accepts: ['user', 'servicePrincipal'],
  add: `Add owner to ${of}`,
  remove: `Remove owner from ${of}`,
  category,
});

/** By the kind of the object in the address, and the relation. */
const RULES: Readonly<Partial<Record<`${Type}/${Relation}`, Rule>>> = {
  'application/owners': owners('application', 'ApplicationManagement'),
  'servicePrincipal/owners': owners('service principal', 'ApplicationManagement'),
  'group/owners': owners('group', 'GroupManagement'),
  'group/members': {
    relation: 'members',
    accepts: ['user', 'group', 'servicePrincipal'],
    add: 'Add member to group',
    remove: 'Remove member from group',
    category: 'GroupManagement',
  },
  'user/manager': {
    relation: 'manager',
    accepts: ['user'],
    add: 'Set user manager',
    remove: 'Remove user manager',
    category: 'UserManagement',
  },
};

const ruleOf = (type: Type, relation: Relation): Rule => RULES[`${type}/${relation}`]!;

/** `POST …/$ref`: adds one. */
export const addReference = (
  tenant: Tenant,
  request: GraphRequest,
  holder: DirectoryObject,
  relation: Relation,
): GraphResponse => {
  const other = referenced(tenant, objectBody(request)['@odata.id']);
  tenant.db.transaction(() => link(tenant, request, holder, relation, [other]));
  return { status: 204 };
};

/** `PUT …/manager/$ref`: in place of the one before. */
export const setManager = (tenant: Tenant, request: GraphRequest, holder: DirectoryObject): GraphResponse => {
  const other = referenced(tenant, objectBody(request)['@odata.id']);
  tenant.db.transaction(() => {
    if (isLinked(tenant, 'manager', holder.object.id, other.object.id)) return;
    removeLinksFrom(tenant, 'manager', holder.object.id);
    link(tenant, request, holder, 'manager', [other]);
  });
  return { status: 204 };
};

/** Links objects to a holder, each with its event. The caller holds the transaction. */
export const link = (
  tenant: Tenant,
  request: GraphRequest,
  holder: DirectoryObject,
  relation: Relation,
  others: readonly DirectoryObject[],
): void => {
  const { accepts, add, category } = ruleOf(holder.type, relation);
  for (const other of others) {
    if (!accepts.includes(other.type) || !fitsInto(holder, relation, other)) {
      throw badRequest(
        `The reference target '${other.object.id}' of type '${other.type}' is invalid for the '${relation}' reference.`,
      );
    }
    if (isLinked(tenant, relation, holder.object.id, other.object.id)) {
      throw badRequest(
        `One or more added object references already exist for the following modified properties: '${relation}'.`,
      );
    }
    addLink(tenant, relation, holder.object.id, other.object.id);
    audit(tenant, request, {
      activity: add,
      category,
      operation: 'Assign',
      targets: [targetOf(other), targetOf(holder)],
    });
  }
};

/** A Microsoft 365 group holds people, and no group holds itself. */
const fitsInto = (
  { object: holder }: DirectoryObject,
  relation: Relation,
  { type, object }: DirectoryObject,
): boolean => {
  if (relation !== 'members') return true;
  const isUnified = (holder['groupTypes'] as readonly string[]).includes('Unified');
  return holder.id !== object.id && !(isUnified && type === 'group');
};

/** `DELETE …/{id}/$ref`. */
export const removeReference = (
  tenant: Tenant,
  request: GraphRequest,
  holder: DirectoryObject,
  relation: Relation,
  id: string,
): GraphResponse => {
  const other = readAny(tenant, id);
  const { remove, category } = ruleOf(holder.type, relation);
  tenant.db.transaction(() => {
    if (!removeLink(tenant, relation, holder.object.id, other.object.id)) throw notFound(id);
    audit(tenant, request, {
      activity: remove,
      category,
      operation: 'Unassign',
      targets: [targetOf(other), targetOf(holder)],
    });
  });
  return { status: 204 };
};

/** `DELETE …/manager/$ref`. */
export const removeManager = (tenant: Tenant, request: GraphRequest, holder: DirectoryObject): GraphResponse =>
  removeReference(tenant, request, holder, 'manager', managerOf(tenant, holder.object.id).object.id);

/** The manager that readers see, if there is one: the last that was set, where they see two. */
export const managerIn = (tenant: Tenant, id: string): DirectoryObject | undefined =>
  [...linksOf(tenant, 'manager', 'source', id)].map(({ target }) => visibleAny(tenant, target)).findLast(Boolean);

const managerOf = (tenant: Tenant, id: string): DirectoryObject => {
  const manager = managerIn(tenant, id);
  if (manager) return manager;
  throw notFound('manager');
};

/** `GET …/manager`. */
export const getManager = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const { select } = relatedOptions(request);
  const names = select ? `(${select.join(',')})` : '';
  const context = `${request.root}/$metadata#directoryObjects${names}/$entity`;
  return { status: 200, body: { '@odata.context': context, ...shapedAny(managerOf(tenant, id), select) } };
};

/** `GET /users/{id}/manager/$ref`: where the manager is, and nothing of who it is. */
export const getManagerReference = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const { object } = managerOf(tenant, id);
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#$ref`,
      '@odata.id': `${request.root}/directoryObjects/${object.id}`,
    },
  };
};

const ADDRESS = /\/(directoryObjects|users|groups|servicePrincipals|applications)(?:\/([^/()?#]+)|\('([^'()]+)'\))$/;
const TYPES: Readonly<Record<string, Type>> = {
  users: 'user',
  groups: 'group',
  servicePrincipals: 'servicePrincipal',
  applications: 'application',
};

/** The object that an `@odata.id` points at; Graph's refusal where it points at none. */
export const referenced = (tenant: Tenant, address: unknown): DirectoryObject => {
  const [, set = '', plain, quoted] = (typeof address === 'string' && ADDRESS.exec(address)) || [];
  const id = plain ?? quoted;
  if (id === undefined)
    throw badRequest("Invalid value specified for property '@odata.id' of resource 'DirectoryObject'.");
  const found = readAny(tenant, decodeURIComponent(id));
  if (set !== 'directoryObjects' && TYPES[set] !== found.type) throw notFound(id);
  return found;
};
