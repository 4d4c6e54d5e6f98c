// The queries by which a definition says what is reviewed, whose access, and by whom.
// Sources: https://learn.microsoft.com/graph/accessreviews-scope-concept, …/accessreviews-reviewers-concept
import { malformed } from '../errors.ts';

export type Plain = Readonly<Record<string, unknown>>;

export const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Refuses a property that a type does not have. */
export const checkNames = (value: Plain, names: readonly string[], type: string): void => {
  const unknown = Object.keys(value).find((name) => name !== '@odata.type' && !names.includes(name));
  if (unknown !== undefined)
    throw malformed(`The property '${unknown}' does not exist on type 'microsoft.graph.${type}'.`);
};

/** Whose access to which application. */
export interface Scope {
  readonly servicePrincipal: string;
  readonly isGuestsOnly: boolean;
  /** Only users who have not signed in for so long. Days. */
  readonly inactiveDays: number | undefined;
}

export type Reviewer =
  | { readonly kind: 'user' | 'members' | 'owners'; readonly id: string }
  | { readonly kind: 'manager' };

const GUID = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
const RESOURCE = new RegExp(`^/servicePrincipals/(${GUID})$`, 'i');
const GUESTS = /^\/users\?\$filter=\(?userType eq 'Guest'\)?$/i;
const PEOPLE: readonly (readonly [RegExp, 'user' | 'members' | 'owners'])[] = [
  [new RegExp(`^/users/(${GUID})$`, 'i'), 'user'],
  [new RegExp(`^/groups/(${GUID})/transitiveMembers$`, 'i'), 'members'],
  [new RegExp(`^/groups/(${GUID})/owners$`, 'i'), 'owners'],
];
const TYPES = '#microsoft.graph.';
const INACTIVE = 'accessReviewInactiveUsersQueryScope';
const QUERY = ['query', 'queryType', 'queryRoot'];
const MOST_INACTIVE_DAYS = 730;

/** Reads a scope. Throws Graph's 400 for what is no review of an application. */
export const readScope = (scope: unknown): Scope => {
  const whole = typed(scope, 'scope');
  if (whole.type !== 'principalResourceMembershipsScope')
    throw malformed(
      `The scope of type '${whole.type}' is not one of an application: that is principalResourceMembershipsScope, and others the local tenant does not review.`,
    );
  checkNames(whole.value, ['principalScopes', 'resourceScopes'], whole.type);
  const { principalScopes, resourceScopes } = whole.value;
  const principals = single(principalScopes, 'principalScopes');
  checkNames(
    principals.value,
    [...QUERY, ...(principals.type === INACTIVE ? ['inactiveDuration'] : [])],
    principals.type,
  );
  const resource = single(resourceScopes, 'resourceScopes');
  checkNames(resource.value, QUERY, resource.type);
  if (resource.type !== 'accessReviewQueryScope') throw wrongQuery('resourceScopes', resource.type);
  const servicePrincipal = RESOURCE.exec(queryOf(resource.value, 'resourceScopes'))?.[1];
  if (servicePrincipal === undefined) throw wrongQuery('resourceScopes', String(resource.value['query']));
  const query = queryOf(principals.value, 'principalScopes');
  const isGuestsOnly = GUESTS.test(query);
  if (!isGuestsOnly && query !== '/users') throw wrongQuery('principalScopes', query);
  return { servicePrincipal: servicePrincipal.toLowerCase(), isGuestsOnly, inactiveDays: inactiveDaysOf(principals) };
};

const single = (list: unknown, name: string): Typed => {
  if (!Array.isArray(list) || list.length !== 1)
    throw malformed(`'${name}' of the scope holds exactly one query: a review is of one application.`);
  return typed(list[0], name);
};

interface Typed {
  readonly type: string;
  readonly value: Plain;
}

const typed = (value: unknown, name: string): Typed => {
  if (!isPlain(value)) throw malformed(`Invalid value specified for property '${name}'.`);
  const type = value['@odata.type'];
  if (typeof type !== 'string' || !type.startsWith(TYPES))
    throw malformed(`A type named in '@odata.type' is required for '${name}' of the access review's scope.`);
  return { type: type.slice(TYPES.length), value };
};

const queryOf = ({ query, queryType }: Plain, name: string): string => {
  if (queryType !== 'MicrosoftGraph') throw malformed(`The queryType of '${name}' is 'MicrosoftGraph'.`);
  if (typeof query !== 'string') throw malformed(`'${name}' has no query.`);
  return query;
};

const wrongQuery = (name: string, query: string) =>
  malformed(`The query '${query.slice(0, 200)}' is not supported in '${name}' of an access review.`);

const inactiveDaysOf = ({ type, value }: Typed): number | undefined => {
  if (type === 'accessReviewQueryScope') return undefined;
  if (type !== INACTIVE) throw wrongQuery('principalScopes', type);
  const days = durationDays(value['inactiveDuration']);
  if (days === undefined || days > MOST_INACTIVE_DAYS)
    throw malformed(`'inactiveDuration' is a duration of 1 to ${MOST_INACTIVE_DAYS} days, such as P30D.`);
  return days;
};

/** The whole days of a duration such as P30D; undefined for what is none, or shorter than a day. */
export const durationDays = (duration: unknown): number | undefined => {
  const days = /^P(\d{1,5})D$/.exec(String(duration))?.[1];
  return days === undefined || Number(days) === 0 ? undefined : Number(days);
};

/** Reads the reviewers of a definition, an instance or a stage. Throws Graph's 400 for others than those that can review. */
export const readReviewers = (reviewers: unknown, name: string): readonly Reviewer[] => {
  if (reviewers === undefined || reviewers === null) return [];
  if (!Array.isArray(reviewers)) throw malformed(`Invalid value specified for property '${name}'.`);
  return reviewers.map((scope) => readReviewer(scope, name));
};

const readReviewer = (scope: unknown, name: string): Reviewer => {
  if (!isPlain(scope)) throw malformed(`Invalid value specified for property '${name}'.`);
  checkNames(scope, QUERY, 'accessReviewReviewerScope');
  const query = queryOf(scope, name);
  if (query === './manager') {
    if (scope['queryRoot'] !== 'decisions') throw malformed("The query './manager' takes the queryRoot 'decisions'.");
    return { kind: 'manager' };
  }
  for (const [pattern, kind] of PEOPLE) {
    const id = pattern.exec(query)?.[1];
    if (id !== undefined) return { kind, id: id.toLowerCase() };
  }
  throw wrongQuery(name, query);
};
