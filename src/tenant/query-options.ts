// The query options of a request, read and checked for what every list has in common.
import { badRequest, malformed, unsupportedQuery } from './errors.ts';
import { type Filter, parseFilter } from './filter.ts';
import { checkFilter, type ObjectKind } from './object-kinds.ts';

export interface QueryOptions {
  readonly select: readonly string[] | undefined;
  readonly filter: Filter | undefined;
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

/** Reads the part behind the question mark. A `+` is a plus sign's blank, as in forms. */
export const queryOptions = (query: string, headers: Readonly<Record<string, string | undefined>>): QueryOptions => {
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
  if (search !== undefined) {
    throw unsupportedQuery(
      isEventual
        ? 'The local tenant has no index of words to answer $search from; use $filter with startsWith.'
        : "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    );
  }
  const filter = given.get('$filter');
  return {
    select: names(given.get('$select')),
    filter: filter === undefined ? undefined : parseFilter(filter),
    top: topOf(given.get('$top')),
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
  const options = queryOptions(query, headers);
  const { select, filter, orderBy, expand, isAdvanced } = options;
  refuseExpand(expand);
  const unknown = select?.find((name) => !kind.properties.includes(name));
  if (unknown !== undefined) throw unknownProperty(unknown, kind.edmName);
  if (filter) checkFilter(kind, filter, isAdvanced);
  const sortable = isAdvanced ? kind.orderBy.advanced : kind.orderBy.default;
  const isSorted =
    !orderBy || (sortable.includes(orderBy.property) && (!filter || isAdvanced || !kind.isDirectoryObject));
  if (!isSorted) throw unsupportedQuery('Sorting not supported for current query.');
  return options;
};

export const refuseExpand = (expand: readonly string[]): void => {
  if (expand.length > 0)
    throw badRequest(`The local tenant does not answer $expand, here of '${expand.join(',').slice(0, 100)}'.`);
};

export const unknownProperty = (name: string, edmName: string) =>
  malformed(`Parsing OData Select and Expand failed: Could not find a property named '${name}' on type '${edmName}'.`);

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

const topOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const top = Number(text);
  if (!Number.isInteger(top) || top < 1 || top > MAX_PAGE) {
    throw badRequest(`Invalid page size specified: '${text}'. Must be between 1 and ${MAX_PAGE} inclusive.`);
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
