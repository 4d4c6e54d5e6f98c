// The query options of a request, read and checked for what every list has in common.
import { badRequest, GraphError, malformed, unsupportedQuery } from './errors.ts';
import { alternatives, type Filter, parseFilter } from './filter.ts';
import { MAX_ADDRESS, MAX_ALTERNATIVES } from './filter-limits.ts';
import { checkFilter, type ObjectKind } from './object-kinds.ts';
import type { GraphRequest } from './request.ts';
import { checkSearch, parseSearch, type Search } from './search.ts';

export interface QueryOptions {
  readonly select: readonly string[] | undefined;
  readonly filter: Filter | undefined;
  readonly search: Search | undefined;
  readonly top: number | undefined;
  readonly count: boolean;
  readonly orderBy: { readonly property: string; readonly descending: boolean } | undefined;
  readonly expand: readonly string[];
  /** Where the page begins; from a nextLink. */
  readonly skipToken: string | undefined;
  /** The request says ConsistencyLevel: eventual. */
  readonly isEventual: boolean;
  /** An advanced query: eventual, and `$count=true`. */
  readonly isAdvanced: boolean;
}

const KNOWN = new Set([
  '$select',
  '$filter',
  '$top',
  '$count',
  '$search',
  '$orderby',
  '$expand',
  '$skiptoken',
  '$format',
]);
export const DEFAULT_PAGE = 100;
export const MAX_PAGE = 999;

/**
 * Reads the part behind the question mark. A `+` is a plus sign's blank, as in forms. An option without a `$` that is
 * unknown is ignored, as the service may do; one with a `$` is refused. `maxPage` is what `$top` may be at most.
 */
export const queryOptions = (
  query: string,
  headers: Readonly<Record<string, string | undefined>>,
  maxPage = MAX_PAGE,
): QueryOptions => {
  const given = new Map<string, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const [rawName, ...rest] = part.split('=');
    const name = decode(rawName!).toLowerCase();
    if (name === '$skip') throw badRequest("'$skip' is not supported by the service.");
    if (name.startsWith('$') && !KNOWN.has(name)) throw malformed(`The query parameter '${name}' is not supported.`);
    if (given.has(name))
      throw malformed(`Query option '${name}' was specified more than once, but it must be specified at most once.`);
    given.set(name, decode(rest.join('=')));
  }
  const isEventual = headers['consistencylevel']?.toLowerCase() === 'eventual';
  const count = given.get('$count')?.toLowerCase() === 'true';
  const search = given.get('$search');
  if (search !== undefined && !isEventual) {
    throw unsupportedQuery(
      "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    );
  }
  const filter = given.get('$filter');
  return {
    select: names(given.get('$select')),
    filter: filter === undefined ? undefined : parseFilter(filter),
    search: search === undefined ? undefined : parseSearch(search),
    top: topOf(given.get('$top'), maxPage),
    count: count && isEventual,
    orderBy: orderOf(given.get('$orderby')),
    expand: names(given.get('$expand')) ?? [],
    skipToken: given.get('$skiptoken'),
    isEventual,
    isAdvanced: isEventual && count,
  };
};

/** The same, checked against what a kind of object has and what can be asked of it. */
export const optionsFor = (
  kind: ObjectKind,
  query: string,
  headers: Readonly<Record<string, string | undefined>>,
): QueryOptions => {
  const options = queryOptions(query, headers, kind.maxPage);
  const { select, filter, search, orderBy, expand, isAdvanced } = options;
  refuseExpand(expand);
  const unknown = select?.find((name) => !kind.properties.includes(name));
  if (unknown !== undefined) throw unknownProperty(unknown, kind.edmName);
  if (filter) checkFilter(kind, filter, isAdvanced);
  if (search) checkSearch(search, kind.searchable ?? []);
  if (orderBy && !kind.properties.includes(orderBy.property)) throw unknownOrder(orderBy.property, kind.edmName);
  checkOrder(options, isAdvanced ? kind.orderBy.advanced : kind.orderBy.default, kind.name, kind.isDirectoryObject);
  return options;
};

/** Throws unless the order is one of those that can be had, and can be had together with the filter. */
export const checkOrder = (
  { orderBy, filter, isAdvanced }: QueryOptions,
  sortable: readonly string[],
  resource: string,
  isDirectoryObject = true,
): void => {
  if (!orderBy) return;
  if (!sortable.includes(orderBy.property)) {
    throw unsupportedQuery(
      isAdvanced
        ? 'An unsupported property was specified.'
        : `Unsupported sort property '${orderBy.property}' for '${resource}'.`,
    );
  }
  if (filter && !isAdvanced && isDirectoryObject) throw unsupportedQuery('Sorting not supported for current query.');
};

/** Throws where an advanced query of many alternatives has an address that is too long to be sent alone. */
export const checkAddress = (
  { root, path, query, isBatched }: GraphRequest,
  { filter, skipToken, isAdvanced }: QueryOptions,
): void => {
  // What a link of the service's own says is not the client's choice; inside a batch the address stands in a body.
  if (!filter || !isAdvanced || isBatched || skipToken !== undefined) return;
  if (root.length + path.length + query.length + 1 <= MAX_ADDRESS || alternatives(filter) <= MAX_ALTERNATIVES) return;
  throw new GraphError(414, 'UriTooLong', `The request URI is longer than ${MAX_ADDRESS} characters.`);
};

export const refuseExpand = (expand: readonly string[]): void => {
  if (expand.length > 0)
    throw badRequest(`The local tenant does not answer $expand, here of '${expand.join(',').slice(0, 100)}'.`);
};

export const unknownProperty = (name: string, edmName: string) =>
  malformed(`Parsing OData Select and Expand failed: Could not find a property named '${name}' on type '${edmName}'.`);

export const unknownOrder = (name: string, edmName: string) =>
  malformed(`Could not find a property named '${name}' on type '${edmName}'.`);

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw badRequest('The request URI is malformed: it contains an invalid percent-encoding.');
  }
};

const names = (text: string | undefined): readonly string[] | undefined =>
  text
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

const topOf = (text: string | undefined, maxPage: number): number | undefined => {
  if (text === undefined) return undefined;
  const top = Number(text);
  if (!Number.isInteger(top) || top < 1 || top > maxPage) {
    throw badRequest(`Invalid page size specified: '${text}'. Must be between 1 and ${maxPage} inclusive.`);
  }
  return top;
};

const orderOf = (text: string | undefined): QueryOptions['orderBy'] => {
  if (text === undefined) return undefined;
  const [property, direction = 'asc', ...more] = text.trim().split(/\s+/);
  if (!property || more.length > 0 || !/^(?:asc|desc)$/i.test(direction))
    throw badRequest(`Invalid $orderby clause '${text}'.`);
  return { property, descending: direction.toLowerCase() === 'desc' };
};
