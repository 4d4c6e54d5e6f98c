// A filter over users as SQL over indexed columns, refused where Graph refuses it.
import type { SQLInputValue } from 'node:sqlite';
import { malformed, unsupportedQuery } from './errors.ts';
import type { Comparator, Filter, Literal } from './filter.ts';
import {
  checkSize,
  incompatible,
  MISSING_HEADER,
  operatorRefusal,
  tooLongToStart,
  unsupportedClause,
} from './filter-limits.ts';
import { checkSearch, isSearchedByWords, type Search } from './search.ts';
import {
  columnOf,
  extensionAttribute,
  fold,
  identityKey,
  USER_ATTRIBUTES,
  type UserAttribute,
} from './user-attributes.ts';

/** A condition with its values, to be put into a statement. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

const SQL_COMPARATORS: Readonly<Partial<Record<Comparator, string>>> = { eq: '=', ne: '<>', ge: '>=', le: '<=' };
/** Behind every text: the last code point there is. */
const LAST = '\u{10FFFF}';

/**
 * `isAdvanced`: the request says `ConsistencyLevel: eventual` and `$count=true`. `isDeclared` tells of the name of an
 * extension whether the directory has it.
 */
export const userCondition = (
  filter: Filter,
  isAdvanced: boolean,
  isDeclared: (name: string) => boolean = () => false,
): Condition => {
  if (!isAdvanced) checkSize(filter);
  const values: SQLInputValue[] = [];
  return { sql: translate(filter, { values, isAdvanced, isDeclared }), values };
};

interface Context {
  readonly values: SQLInputValue[];
  readonly isAdvanced: boolean;
  readonly isDeclared: (name: string) => boolean;
}

const translate = (filter: Filter, context: Context): string => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${translate(filter.left, context)} ${filter.kind} ${translate(filter.right, context)})`;
    case 'not':
      needAdvanced(context, 'NotMatch');
      return `not coalesce(${translate(filter.of, context)}, 0)`;
    case 'compare':
      return compare(filter, context);
    case 'in':
      return oneOf(filter.path, filter.values, context);
    case 'text':
      return textMatch(filter, context);
    case 'any':
      return filter.path === 'identities' ? identityMatch(filter, context) : anyMatch(filter, context);
    case 'count':
      return countMatch(filter, context);
    case 'all':
      throw unsupportedQuery(`The 'all' operator is not supported for property '${filter.path}'.`);
    default:
      return filter satisfies never;
  }
};

/** Relations that users have and that no filter on users takes. Open extensions are one. */
const RELATIONS: ReadonlySet<string> = new Set([
  'appRoleAssignments',
  'directReports',
  'extensions',
  'manager',
  'memberOf',
  'ownedObjects',
  'transitiveMemberOf',
]);

const attributeOf = (path: string, { isDeclared }: Context): UserAttribute => {
  const known = USER_ATTRIBUTES[path];
  if (known) return known;
  const extension = extensionAttribute(path);
  if (extension && isDeclared(path)) return extension;
  const [first = ''] = path.split('/');
  if (RELATIONS.has(first)) throw unsupported(first);
  throw malformed(`Invalid filter clause: Could not find a property named '${first}' on type 'microsoft.graph.user'.`);
};

const unsupported = (path: string) => unsupportedClause(path.split('/').at(-1)!, 'User');

const needAdvanced = ({ isAdvanced }: Context, operator: string): void => {
  if (!isAdvanced) throw operatorRefusal(operator);
};

/** Throws unless the attribute can be filtered so. */
const checkUse = (path: string, level: UserAttribute['filter'] | undefined, { isAdvanced }: Context): void => {
  if (level === undefined || level === 'none' || level === (isAdvanced ? 'plain' : 'advanced')) throw unsupported(path);
};

/**
 * A test of an attribute's value, where its values are: in a column, or among the values of lists. `test` is told how
 * the value is called, and adds its own values to the context.
 */
const whereItIs = (
  path: string,
  attribute: UserAttribute,
  { values }: Context,
  test: (value: string) => string,
): string => {
  if (!attribute.isListed) return test(sqlColumn(path, attribute));
  values.push(path);
  return `users.n in (select user from user_lists where attribute = ? and ${test('value')})`;
};

const compare = (
  { path, operator, value }: { readonly path: string; readonly operator: Comparator; readonly value: Literal },
  context: Context,
): string => {
  const attribute = attributeOf(path, context);
  if (operator === 'ne') needAdvanced(context, 'NotEqualsMatch');
  if (value === null) return compareNull(path, attribute, operator, context);
  // Moments are compared by order, all else by equality; "gt" and "lt" are supported nowhere.
  const isOrdered = operator === 'ge' || operator === 'le';
  if (isOrdered !== (attribute.type === 'date') || isList(attribute)) throw unsupported(path);
  checkUse(path, attribute.filter, context);
  if (attribute.filter === 'silent') return '0';
  const wanted = sqlValue(path, attribute, value, operator);
  const test = (comparator: string) =>
    whereItIs(path, attribute, context, (found) => {
      context.values.push(wanted);
      return `${found} ${comparator} ?`;
    });
  // What has no value at all is not equal, either.
  return operator === 'ne' ? `not coalesce(${test('=')}, 0)` : test(SQL_COMPARATORS[operator]!);
};

const compareNull = (path: string, attribute: UserAttribute, operator: Comparator, context: Context): string => {
  if (!attribute.null || isList(attribute) || !context.isAdvanced || (operator !== 'eq' && operator !== 'ne'))
    throw unsupported(path);
  if (!attribute.isListed) return `${sqlColumn(path, attribute)} is ${operator === 'ne' ? 'not ' : ''}null`;
  return `${operator === 'eq' ? 'not ' : ''}${whereItIs(path, attribute, context, () => '1')}`;
};

const isList = ({ type }: UserAttribute): boolean => type === 'texts' || type === 'objects';

const oneOf = (path: string, wanted: readonly Literal[], context: Context): string => {
  const attribute = attributeOf(path, context);
  if (attribute.type !== 'text' && attribute.type !== 'boolean') throw unsupported(path);
  checkUse(path, attribute.filter, context);
  if (attribute.filter === 'silent') return '0';
  return whereItIs(path, attribute, context, (found) => {
    for (const value of wanted) context.values.push(sqlValue(path, attribute, value, 'eq'));
    return `${found} in (${wanted.map(() => '?').join(',')})`;
  });
};

const textMatch = (
  { function: name, path, value }: { readonly function: string; readonly path: string; readonly value: string },
  context: Context,
): string => {
  const attribute = attributeOf(path, context);
  if (attribute.type !== 'text') throw unsupported(path);
  if (name === 'startsWith') checkStart(path, attribute, value, context);
  else checkEnd(name, path, attribute, context);
  return whereItIs(path, attribute, context, (found) => textTest(name, found, value, context.values));
};

const checkStart = (path: string, attribute: UserAttribute, value: string, context: Context): void => {
  checkUse(path, attribute.startsWith, context);
  if (!context.isAdvanced && tooLongToStart(value)) throw unsupported(path);
};

const checkEnd = (name: string, path: string, attribute: UserAttribute, { isAdvanced }: Context): void => {
  if (name !== 'endsWith' || !attribute.endsWith) throw unsupported(path);
  if (!isAdvanced) throw unsupportedQuery(MISSING_HEADER);
};

const textTest = (name: string, found: string, value: string, values: SQLInputValue[]): string => {
  const folded = fold(value);
  values.push(folded, name === 'startsWith' ? folded + LAST : folded);
  return name === 'startsWith' ? `(${found} >= ? and ${found} < ?)` : `substr(${found}, -length(?)) = ?`;
};

type Any = Extract<Filter, { kind: 'any' }>;

const anyMatch = ({ path, variable, of }: Any, context: Context): string => {
  const attribute = attributeOf(path, context);
  if (attribute.type !== 'texts') throw unsupported(path);
  checkUse(path, attribute.filter, context);
  context.values.push(path);
  const inner = of ? ` and (${element(of, { path, variable, attribute }, context)})` : '';
  return `users.n in (select user from user_lists where attribute = ?${inner})`;
};

interface ListElement {
  readonly path: string;
  readonly variable: string;
  readonly attribute: UserAttribute;
}

/** A condition on one element of a list. */
const element = (filter: Filter, list: ListElement, context: Context): string => {
  const { path, variable, attribute } = list;
  if (filter.kind === 'and' || filter.kind === 'or')
    return `(${element(filter.left, list, context)} ${filter.kind} ${element(filter.right, list, context)})`;
  if (!('path' in filter) || filter.path !== variable) throw unsupported(path);
  if (filter.kind === 'compare' && filter.operator === 'eq' && filter.value !== null) {
    context.values.push(sqlValue(path, TEXT, filter.value, 'eq'));
    return 'value = ?';
  }
  if (filter.kind === 'in') {
    for (const value of filter.values) context.values.push(sqlValue(path, TEXT, value, 'eq'));
    return `value in (${filter.values.map(() => '?').join(',')})`;
  }
  if (filter.kind !== 'text') throw unsupported(path);
  if (filter.function === 'startsWith') checkStart(path, attribute, filter.value, context);
  else checkEnd(filter.function, path, attribute, context);
  return textTest(filter.function, 'value', filter.value, context.values);
};

const TEXT: UserAttribute = { type: 'text', filter: 'default' };

/** An identity is found by its issuer and its name there, both at once, and in no other way. */
const identityMatch = ({ path, variable, of }: Any, context: Context): string => {
  checkUse(path, USER_ATTRIBUTES[path]!.filter, context);
  if (of?.kind !== 'and') throw unsupported(path);
  const part = (name: string): string => {
    for (const one of [of.left, of.right]) {
      const isIt = one.kind === 'compare' && one.operator === 'eq' && one.path === `${variable}/${name}`;
      if (isIt && typeof one.value === 'string') return one.value;
    }
    throw unsupported(path);
  };
  context.values.push(path, identityKey(part('issuer'), part('issuerAssignedId')));
  return 'users.n in (select user from user_lists where attribute = ? and value = ?)';
};

const countMatch = (
  { path, operator, value }: { readonly path: string; readonly operator: Comparator; readonly value: number },
  context: Context,
): string => {
  const attribute = attributeOf(path, context);
  const isAsked = value === 0 && (operator === 'eq' || operator === 'ne');
  if (attribute.type !== 'texts' || !attribute.null || !isAsked || !context.isAdvanced) throw unsupported(path);
  context.values.push(path);
  return `users.n ${operator === 'eq' ? 'not ' : ''}in (select user from user_lists where attribute = ?)`;
};

/** Users can be searched by these. */
const SEARCHABLE = ['displayName', 'givenName', 'mail', 'mailNickname', 'surname', 'userPrincipalName'];

/** The same for a search, which the caller has held to be allowed. */
export const searchCondition = (search: Search): Condition => {
  checkSearch(search, SEARCHABLE);
  const values: SQLInputValue[] = [];
  const part = (one: Search): string => {
    if (one.kind !== 'clause') return `(${part(one.left)} ${one.kind} ${part(one.right)})`;
    if (!isSearchedByWords(one.property)) return textTest('startsWith', columnOf(one.property), one.text, values);
    values.push(one.text);
    // The name as it is written: a change of case parts words.
    return 'has_words(display_name, ?)';
  };
  return { sql: part(search), values };
};

const sqlColumn = (path: string, attribute: UserAttribute): string => {
  if (path === 'id') return 'users.id';
  if (path === 'accountEnabled') return 'account_enabled';
  if (path === 'onPremisesSyncEnabled') return 'sync_enabled';
  if (path === 'createdDateTime') return 'created';
  if (attribute.type !== 'text' || attribute.filter === 'none') throw unsupported(path);
  return columnOf(path);
};

const sqlValue = (
  path: string,
  { type }: Pick<UserAttribute, 'type'>,
  value: Literal,
  operator: Comparator,
): SQLInputValue => {
  if (type === 'boolean' && typeof value === 'boolean') return value ? 1 : 0;
  if (type === 'date' && typeof value === 'object' && value !== null) {
    const ms = Date.parse(value.bare);
    if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  }
  if (type === 'text' && typeof value === 'string') return fold(value);
  throw incompatible(type, value, operator, path);
};
