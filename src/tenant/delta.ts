// Delta queries: all objects of a kind once, and from then on what has changed.
// Source: https://learn.microsoft.com/graph/delta-query-overview
import { picked } from './applications.ts';
import { type Changed, changedObjects, forgetOldChanges, newestChange, type TrackedKind } from './changes.ts';
import { visibleAny } from './directory-objects.ts';
import { badRequest, GraphError, unsupportedQuery } from './errors.ts';
import type { Filter } from './filter.ts';
import { isLinked, linksOf, type Relation } from './links.ts';
import { GROUP } from './object-kinds.ts';
import { DEFAULT_PAGE, queryOptions, unknownProperty } from './query-options.ts';
import { decodeToken, encodeToken, type GraphRequest, type GraphResponse, type Tenant } from './request.ts';
import { deletedObject } from './soft-delete.ts';
import { DEFAULT_USER_PROPERTIES } from './user-attributes.ts';
import { checkSelection, shapedUser } from './users.ts';

const LIFETIME_MS = 7 * 24 * 3_600_000;
/** Objects that a filter can name. */
const MOST_IDS = 50;

interface Tracking {
  readonly set: string;
  readonly table: string;
  readonly relation: Relation;
  readonly edmName: string;
  readonly properties: readonly string[];
}

const TRACKINGS: Readonly<Record<TrackedKind, Tracking>> = {
  user: {
    set: 'users',
    table: 'users where 1',
    relation: 'manager',
    edmName: 'microsoft.graph.user',
    properties: DEFAULT_USER_PROPERTIES,
  },
  group: {
    set: 'groups',
    table: "objects where kind = 'group'",
    relation: 'members',
    edmName: 'microsoft.graph.group',
    properties: GROUP.properties,
  },
};

/** What a link remembers: the options of the first request, and how far the client has come. */
interface State {
  readonly tenant: string;
  readonly kind: TrackedKind;
  readonly issued: number;
  readonly select: readonly string[] | undefined;
  readonly ids: readonly string[] | undefined;
  /** The place of the log up to which the client knows everything, once it has all pages. */
  readonly since: number;
  /** Where the next page begins: behind a row of all objects, or behind a change. */
  readonly page?: { readonly of: 'all' | 'changes'; readonly after: number; readonly until: number };
}

interface Page {
  readonly value: readonly unknown[];
  /** Behind what the next page begins; undefined on the last. */
  readonly after: number | undefined;
}

/** `GET /users/delta` and `GET /groups/delta`. */
export const listDelta = (tenant: Tenant, request: GraphRequest, kind: TrackedKind): GraphResponse => {
  forgetOldChanges(tenant);
  const [token, query] = tokenOf(request.query);
  const isLatest = token?.toLowerCase() === 'latest';
  const isNew = token === undefined || isLatest;
  const state = isNew ? newState(tenant, { ...request, query }, kind) : known(tenant, request, token, kind);
  const until = state.page?.until ?? newestChange(tenant, kind);
  const of = state.page?.of ?? (token === undefined ? 'all' : 'changes');
  const after = state.page?.after ?? 0;
  const isMinimal = /\breturn=minimal\b/i.test(request.headers['prefer'] ?? '');
  let page: Page = { value: [], after: undefined };
  if (!isLatest)
    page = of === 'all' ? pageOfAll(tenant, state, after) : pageOfChanges(tenant, state, after, until, isMinimal);
  const { tenant: id, select, ids, since } = state;
  const issued = tenant.now();
  const next: State =
    page.after === undefined
      ? { tenant: id, kind, issued, select, ids, since: until }
      : { tenant: id, kind, issued, select, ids, since, page: { of, after: page.after, until } };
  const { set } = TRACKINGS[kind];
  const [link, name] = page.after === undefined ? ['deltaLink', '$deltatoken'] : ['nextLink', '$skiptoken'];
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#${set}${select ? `(${select.join(',')})` : ''}`,
      [`@odata.${link}`]: `${request.root}/${set}/delta?${name}=${encodeToken(next)}`,
      value: page.value,
    },
  };
};

const TOKEN = /^(?:\$|%24)(?:delta|skip)token=(.*)$/i;

/** The token of a link, and the other options. */
const tokenOf = (query: string): readonly [token: string | undefined, rest: string] => {
  const parts = query.split('&');
  const token = parts.map((part) => TOKEN.exec(part)?.[1]).find((found) => found !== undefined);
  return [token, parts.filter((part) => !TOKEN.test(part)).join('&')];
};

const newState = (tenant: Tenant, { query, headers }: GraphRequest, kind: TrackedKind): State => {
  const { select, filter, search, top, orderBy, expand } = queryOptions(query, headers);
  const refused = Object.entries({ $top: top, $orderby: orderBy, $search: search, $expand: expand[0] }).find(
    ([, value]) => value !== undefined,
  );
  if (refused) throw badRequest(`The query option '${refused[0]}' is not supported by delta queries.`);
  const { relation, edmName, properties } = TRACKINGS[kind];
  const asked = select?.filter((name) => name !== relation);
  if (kind === 'user') checkSelection(tenant.db, asked);
  const unknown = kind === 'group' ? asked?.find((name) => !properties.includes(name)) : undefined;
  if (unknown !== undefined) throw unknownProperty(unknown, edmName);
  return { tenant: tenant.tenantId, kind, issued: tenant.now(), select, ids: filter && idsOf(filter), since: 0 };
};

/** The ids of a filter that names objects; no other filter is taken. */
const idsOf = (filter: Filter): readonly string[] => {
  const ids: string[] = [];
  const collect = (part: Filter): void => {
    if (part.kind === 'or') {
      collect(part.left);
      collect(part.right);
    } else if (
      part.kind === 'compare' &&
      part.path === 'id' &&
      part.operator === 'eq' &&
      typeof part.value === 'string'
    )
      ids.push(part.value.toLowerCase());
    else throw unsupportedQuery("A delta query can be filtered by ids alone: id eq '…' or id eq '…'.");
  };
  collect(filter);
  if (ids.length > MOST_IDS)
    throw unsupportedQuery(`A delta query can be filtered by at most ${MOST_IDS} ids; there are ${ids.length}.`);
  return ids;
};

/** What a link's token says. Throws where it is too old, or of another directory: the client has to begin anew. */
const known = ({ tenantId, now }: Tenant, { root }: GraphRequest, token: string, kind: TrackedKind): State => {
  const state = decodeToken(token) as Partial<State> | null;
  if (
    typeof state !== 'object' ||
    state?.kind !== kind ||
    typeof state.issued !== 'number' ||
    typeof state.since !== 'number'
  )
    throw badRequest('The delta token is not valid.');
  const lost = 'The sync state generation is not found; the directory must be synchronized again.';
  if (state.tenant !== tenantId)
    throw new GraphError(410, 'syncStateNotFound', lost, {
      headers: { Location: `${root}/${TRACKINGS[kind].set}/delta` },
    });
  if (state.issued + LIFETIME_MS <= now()) throw new GraphError(400, 'syncStateNotFound', lost);
  return state as State;
};

const pageOfAll = (tenant: Tenant, state: State, after: number): Page => {
  const { table } = TRACKINGS[state.kind];
  const ids = state.ids ? ` and id in (${state.ids.map(() => '?').join(',')})` : '';
  const rows = tenant.db.all<{ n: number; id: string }>(
    `select n, id from ${table} and n > ?${ids} order by n limit ?`,
    after,
    ...(state.ids ?? []),
    DEFAULT_PAGE + 1,
  );
  const shown = rows.slice(0, DEFAULT_PAGE);
  const value = shown.flatMap(({ id }) => {
    const object = visibleAny(tenant, id)?.object;
    return object ? [shapedObject(tenant, state, object)] : [];
  });
  return { value, after: rows.length > DEFAULT_PAGE ? shown.at(-1)!.n : undefined };
};

const pageOfChanges = (tenant: Tenant, state: State, after: number, until: number, isMinimal: boolean): Page => {
  const { kind, ids, since } = state;
  const changes = changedObjects(tenant, kind, { since, until, after }, DEFAULT_PAGE + 1);
  const shown = changes.slice(0, DEFAULT_PAGE);
  const value = shown.flatMap((change) =>
    ids && !ids.includes(change.id) ? [] : (shapedChange(tenant, state, change, isMinimal) ?? []),
  );
  return { value, after: changes.length > DEFAULT_PAGE ? shown.at(-1)!.last : undefined };
};

/** What is told of a changed object; nothing where no more changed than what is not tracked. */
const shapedChange = (tenant: Tenant, state: State, change: Changed, isMinimal: boolean): unknown => {
  const object = visibleAny(tenant, change.id)?.object;
  if (!object) {
    // It is there, but readers do not see it yet: a later change will tell of it.
    if (tenant.db.one(`select 1 from ${TRACKINGS[state.kind].table} and id = ?`, change.id)) return undefined;
    const reason = deletedObject(tenant, change.id) ? 'changed' : 'deleted';
    return { id: change.id, '@removed': { reason } };
  }
  const { properties } = change;
  if (properties === undefined) return shapedObject(tenant, state, object);
  const { relation } = TRACKINGS[state.kind];
  const tracked = state.select ?? TRACKINGS[state.kind].properties;
  const changed = tracked.filter((name) => properties.has(name));
  if (changed.length === 0) return undefined;
  return {
    ...shapedProperties(state.kind, object, isMinimal ? changed : tracked),
    ...(changed.includes(relation) && {
      [`${relation}@delta`]: changedEnds(tenant, relation, object.id, change.others),
    }),
  };
};

type Found = Parameters<typeof shapedUser>[0];

/** An object that the client does not know yet: all that is tracked, with all that it is linked to. */
const shapedObject = (tenant: Tenant, { kind, select }: State, object: Found): Record<string, unknown> => {
  const { relation, properties } = TRACKINGS[kind];
  const shape = shapedProperties(kind, object, select ?? properties);
  if (!select?.includes(relation)) return shape;
  const ends = [...linksOf(tenant, relation, 'source', object.id)].flatMap(({ target }) => end(tenant, target));
  return ends.length > 0 ? { ...shape, [`${relation}@delta`]: ends } : shape;
};

/** The properties, and always the id. */
const shapedProperties = (kind: TrackedKind, object: Found, names: readonly string[]): Record<string, unknown> => {
  const own = [...new Set(['id', ...names.filter((name) => name !== TRACKINGS[kind].relation)])];
  return kind === 'user' ? shapedUser(object, own) : picked(object, GROUP, own);
};

const end = (tenant: Tenant, id: string): readonly Record<string, unknown>[] => {
  const found = visibleAny(tenant, id);
  return found ? [{ '@odata.type': `#microsoft.graph.${found.type}`, id }] : [];
};

const changedEnds = (tenant: Tenant, relation: Relation, id: string, others: readonly string[]): readonly unknown[] =>
  others.flatMap((other): readonly unknown[] => {
    if (isLinked(tenant, relation, id, other)) return end(tenant, other);
    return [
      {
        '@odata.type': `#microsoft.graph.${visibleAny(tenant, other)?.type ?? 'directoryObject'}`,
        id: other,
        '@removed': { reason: 'deleted' },
      },
    ];
  });
