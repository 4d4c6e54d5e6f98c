// Lists of reviews, page by page: what can be asked of them, and how a page looks.
import { malformed } from '../errors.ts';
import type { Filter } from '../filter.ts';
import { unsupportedClause } from '../filter-limits.ts';
import { type QueryOptions, queryOptions, refuseExpand, unknownProperty } from '../query-options.ts';
import { encodeToken, type GraphRequest, type GraphResponse, nextLink } from '../request.ts';

/** Of every list, and at most. */
export const PAGE = 100;

/** What a list can be asked for besides `$select`. */
interface Listed {
  /** The type's name in Graph's metadata. */
  readonly type: string;
  readonly properties: readonly string[];
  /** Takes `$top` and `$skip`. */
  readonly isPaged?: true;
  /** Paths that `eq` compares. */
  readonly equals?: readonly string[];
  /** Paths that `contains` looks into. */
  readonly contains?: readonly string[];
  readonly orderBy?: readonly string[];
}

const words = (list: string): readonly string[] => list.trim().split(/\s+/);

const SPAN = 'id startDateTime endDateTime status reviewers fallbackReviewers';

export const DEFINITIONS: Listed = {
  type: 'AccessReviewScheduleDefinition',
  properties: words(`
    id displayName createdDateTime lastModifiedDateTime status descriptionForAdmins descriptionForReviewers scope
    instanceEnumerationScope createdBy reviewers fallbackReviewers settings stageSettings
    additionalNotificationRecipients`),
  isPaged: true,
  equals: ['status'],
  contains: ['scope/microsoft.graph.accessReviewQueryScope/query'],
};
export const INSTANCES: Listed = {
  type: 'AccessReviewInstance',
  properties: words(`${SPAN} scope`),
  equals: ['status'],
};
export const STAGES: Listed = { type: 'AccessReviewStage', properties: words(SPAN), equals: ['status'] };
export const DECISIONS: Listed = {
  type: 'AccessReviewInstanceDecisionItem',
  properties: words(`
    id accessReviewId reviewedDateTime decision justification appliedDateTime applyResult recommendation principalLink
    resourceLink reviewedBy appliedBy principal resource`),
  equals: ['decision', 'applyResult', 'recommendation'],
  orderBy: ['decision', 'applyResult', 'recommendation'],
};
export const CONTACTED: Listed = {
  type: 'AccessReviewReviewer',
  properties: words('id displayName userPrincipalName createdDateTime'),
};
export const HISTORIES: Listed = {
  type: 'AccessReviewHistoryDefinition',
  properties: words(`
    id displayName reviewHistoryPeriodStartDateTime reviewHistoryPeriodEndDateTime decisions status createdDateTime
    createdBy scopes scheduleSettings`),
};
export const HISTORY_INSTANCES: Listed = {
  type: 'AccessReviewHistoryInstance',
  properties: words(`
    id reviewHistoryPeriodStartDateTime reviewHistoryPeriodEndDateTime status runDateTime fulfilledDateTime
    expirationDateTime downloadUri`),
};

export interface ListOptions extends QueryOptions {
  readonly size: number;
  readonly skip: number;
}

const SKIP = /^(?:\$|%24)skip=/i;

/** Reads the query of a list. Throws Graph's 400 for what it does not take. */
export const listOptions = (listed: Listed, { query, headers }: GraphRequest): ListOptions => {
  const { type, isPaged, orderBy: sortable = [] } = listed;
  const parts = query.split('&');
  const skips = parts.filter((part) => SKIP.test(part));
  if (skips.length > 0 && !isPaged) throw malformed(`'$skip' is not supported on '${type}'.`);
  const options = queryOptions(parts.filter((part) => !SKIP.test(part)).join('&'), headers, PAGE);
  const { filter, search, expand, select, orderBy, top } = options;
  refuseExpand(expand);
  if (search) throw malformed(`'$search' is not supported on '${type}'.`);
  if (top !== undefined && !isPaged) throw malformed(`'$top' is not supported on '${type}'.`);
  checkSelect(listed, select);
  if (filter) checkFilter(listed, filter);
  if (orderBy && !sortable.includes(orderBy.property))
    throw malformed(`'$orderby' by '${orderBy.property}' is not supported on '${type}'.`);
  return { ...options, size: top ?? PAGE, skip: skipOf(skips[0]) };
};

const skipOf = (part: string | undefined): number => {
  if (part === undefined) return 0;
  const text = part.slice(part.indexOf('=') + 1);
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw malformed(`Invalid value '${text.slice(0, 50)}' for '$skip': it is a whole number.`);
};

const checkSelect = ({ type, properties }: Listed, select: readonly string[] | undefined): void => {
  const unknown = select?.find((name) => !properties.includes(name));
  if (unknown !== undefined)
    throw unknownProperty(unknown, `microsoft.graph.${type[0]!.toLowerCase()}${type.slice(1)}`);
};

const checkFilter = (listed: Listed, filter: Filter): void => {
  const { type, equals = [], contains = [] } = listed;
  switch (filter.kind) {
    case 'and':
    case 'or':
      checkFilter(listed, filter.left);
      checkFilter(listed, filter.right);
      return;
    case 'compare':
      if (filter.operator === 'eq' && equals.includes(filter.path) && typeof filter.value === 'string') return;
      break;
    case 'text':
      if (filter.function === 'contains' && contains.includes(filter.path)) return;
      break;
    default:
  }
  throw unsupportedClause('path' in filter ? filter.path : 'not', type);
};

/** One to be listed, and where the list goes on behind it. */
export interface Row {
  readonly place: unknown;
  readonly shown: Readonly<Record<string, unknown>>;
}

const picked = (shown: Row['shown'], select: readonly string[] | undefined): Row['shown'] =>
  select ? Object.fromEntries(select.map((name) => [name, shown[name] ?? null])) : shown;

/** A page of rows, which begin behind the request's place. `set` is what the context names. */
export const pageOf = (
  request: GraphRequest,
  set: string,
  rows: Iterable<Row>,
  { size, skip, select, skipToken }: ListOptions,
): GraphResponse => {
  const value: Row['shown'][] = [];
  let toSkip = skipToken === undefined ? skip : 0;
  let last: unknown;
  let more: string | undefined;
  for (const { place, shown } of rows) {
    if (toSkip > 0) {
      toSkip -= 1;
      continue;
    }
    if (value.length === size) {
      more = encodeToken(last);
      break;
    }
    value.push(picked(shown, select));
    last = place;
  }
  const names = select ? `(${select.join(',')})` : '';
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#${set}${names}`,
      ...(more !== undefined && { '@odata.nextLink': nextLink(request, more) }),
      value,
    },
  };
};

/** One of a list. */
export const oneOf = (listed: Listed, request: GraphRequest, set: string, shown: Row['shown']): GraphResponse => {
  const { select, expand, filter, orderBy, top } = queryOptions(request.query, request.headers);
  refuseExpand(expand);
  if (filter || orderBy || top !== undefined)
    throw malformed('Query options $filter, $orderby, $top can be applied only on collections.');
  checkSelect(listed, select);
  const names = select ? `(${select.join(',')})` : '';
  return {
    status: 200,
    body: { '@odata.context': `${request.root}/$metadata#${set}${names}/$entity`, ...picked(shown, select) },
  };
};
