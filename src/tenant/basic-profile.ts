// What a caller sees of users with User.ReadBasic.All alone: the basic profile, and nothing besides.
import { holds, isSelf } from './authorise.ts';
import { denied } from './errors.ts';
import { READ_BASIC, READ_USERS } from './permissions.ts';
import type { GraphRequest, GraphResponse } from './request.ts';
import type { Route } from './routes.ts';
import { USER_ATTRIBUTES } from './user-attributes.ts';

/** Source: https://learn.microsoft.com/graph/permissions-reference#userreadbasicall */
const BASIC = ['id', 'displayName', 'givenName', 'surname', 'mail', 'userPrincipalName'];

const isNarrow = ({ claims }: GraphRequest, { name, keys }: Route): boolean =>
  /^GET \/users(?:\/\{id\}|\/\$count)?$/.test(name) &&
  !(claims.scp !== undefined && isSelf(claims, keys[0])) &&
  holds(claims, READ_BASIC[0]!) &&
  !READ_USERS.some((permission) => holds(claims, permission));

/** Property names that an expression speaks of, outside its quoted values. */
const namesIn = (expression: string): readonly string[] =>
  expression.replace(/'(?:[^']|'')*'/g, '').match(/[A-Za-z_]\w*/g) ?? [];

/** Refuses to select, filter or sort by more than the basic profile, and to expand. Throws Graph's 403. */
export const checkBasicProfile = (request: GraphRequest, route: Route): void => {
  if (!isNarrow(request, route)) return;
  const query = new URLSearchParams(request.query);
  if (query.has('$expand')) throw denied();
  const asked = ['$select', '$filter', '$orderby'].flatMap((option) => namesIn(query.get(option) ?? ''));
  if (asked.some((name) => Object.hasOwn(USER_ATTRIBUTES, name) && !BASIC.includes(name))) throw denied();
};

/** The answer without what is beyond the basic profile. */
export const toBasicProfile = (request: GraphRequest, route: Route, response: GraphResponse): GraphResponse => {
  if (!isNarrow(request, route) || typeof response.body !== 'object' || response.body === null) return response;
  const body = response.body as Readonly<Record<string, unknown>>;
  const narrowed = Array.isArray(body['value']) ? { ...body, value: body['value'].map(narrow) } : narrow(body);
  return { ...response, body: narrowed };
};

const narrow = (user: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(user).map(([name, value]) => {
      if (name.startsWith('@') || BASIC.includes(name)) return [name, value];
      return [name, Array.isArray(value) ? [] : null];
    }),
  );
